import { Random, ReidError, type RetrievalFacts } from '@reidkit/core-tensor/base';

/** How many galleries to draw, and from which seed. */
export interface TrialOptions {
  readonly trials: number;
  readonly seed: number;
}

function cellsOf({ identities, cameras }: RetrievalFacts): number[][] {
  const order = Array.from(identities.keys()).sort((a, b) => identities[a]! - identities[b]! || cameras[a]! - cameras[b]! || a - b);
  const cells: number[][] = [];
  for (const at of order) {
    const last = cells.at(-1)?.[0];
    if (last !== undefined && identities[last] === identities[at] && cameras[last] === cameras[at]) cells.at(-1)!.push(at);
    else cells.push([at]);
  }
  return cells;
}

/**
 * Galleries with one image of every person and camera, as positions: those that the facts give, or drawn ones, people and cameras in the
 * order of their numbers. Throws INVALID_ARGUMENT for given positions that are not in the gallery.
 */
export function trialGalleries(gallery: RetrievalFacts, { trials, seed }: TrialOptions): readonly Int32Array[] {
  const count = gallery.identities.length;
  for (const [trial, positions] of (gallery.galleries ?? []).entries()) {
    const wrong = positions.find((at) => !(at >= 0 && at < count));
    if (wrong === undefined) continue;
    throw new ReidError('INVALID_ARGUMENT', `The gallery of trial ${trial} holds position ${wrong}; expected 0 to ${count - 1}.`);
  }
  if (gallery.galleries && gallery.galleries.length > 0) return gallery.galleries;
  const cells = cellsOf(gallery);
  const root = Random.seed(seed).fork('galleries');
  return Array.from({ length: trials }, (_, trial) => {
    const stream = root.fork(trial).stream();
    return Int32Array.from(cells, (cell) => stream.choice(cell));
  });
}
