import { Random, type RetrievalFacts } from '@reidkit/core-tensor/base';
import type { DistanceRow } from './match-ranks.ts';
import type { MakeWatcher, RankingWatcher, SeenRanking } from './ranking-watcher.ts';

/** Galleries of one image per person for a query, as positions; for protocols whose draws are given. */
export type GivenDraws = (query: number) => readonly ArrayLike<number>[];

/** How galleries of one image per person are drawn. */
export interface SingleShotOptions {
  readonly repeats: number;
  readonly seed: number;
  readonly draws?: GivenDraws;
}

/** How many drawn items come before the first match among them, or −1 without one. */
function firstMatchAmong(drawn: ArrayLike<number>, { block, begin }: DistanceRow, isMatch: (gallery: number) => boolean): number {
  let first = -1;
  for (let i = 0; i < drawn.length; i++) {
    if (isMatch(drawn[i]!) && (first < 0 || comesBefore(block, begin, drawn[i]!, first))) first = drawn[i]!;
  }
  if (first < 0) return -1;
  let before = 0;
  for (let i = 0; i < drawn.length; i++) if (drawn[i] !== first && comesBefore(block, begin, drawn[i]!, first)) before++;
  return before;
}

function comesBefore(block: Float32Array, begin: number, a: number, b: number): boolean {
  const [x, y] = [block[begin + a]!, block[begin + b]!];
  return x < y || (x === y && a < b);
}

/** Draws from the images of every person that the query's ranking keeps. */
function drawGallery(people: readonly (readonly number[])[], leftOut: ReadonlySet<number>, random: Random): number[] {
  const stream = random.stream();
  return people.flatMap((images) => {
    const kept = leftOut.size === 0 ? images : images.filter((image) => !leftOut.has(image));
    return kept.length > 0 ? [stream.choice(kept)] : [];
  });
}

function peopleOf({ identities }: RetrievalFacts): number[][] {
  const people = new Map<number, number[]>();
  identities.forEach((identity, position) => {
    const held = people.get(identity);
    if (held) held.push(position);
    else people.set(identity, [position]);
  });
  return [...people.values()];
}

/**
 * Cumulative matching over galleries that keep one image of every person, drawn anew for each query and repeat from what its ranking keeps;
 * average precision stays that of the whole gallery.
 */
export function singleShot({ repeats, seed, draws }: SingleShotOptions): MakeWatcher {
  return ({ query, gallery, length }): RankingWatcher => {
    const people = peopleOf(gallery);
    const root = Random.seed(seed).fork('single-shot');
    const found = new Float64Array(length);
    let judged = 0;
    const galleriesOf = ({ query: q, relevance }: SeenRanking): readonly ArrayLike<number>[] => {
      if (draws) return draws(q);
      const leftOut = new Set(relevance.leftOut);
      return Array.from({ length: repeats }, (_, repeat) => drawGallery(people, leftOut, root.fork(q, repeat)));
    };
    return {
      see(seen) {
        if (!seen.ranks) return;
        judged++;
        const galleries = galleriesOf(seen);
        const isMatch = (g: number): boolean => gallery.identities[g] === query.identities[seen.query];
        for (const drawn of galleries) {
          const rank = firstMatchAmong(drawn, seen.row, isMatch);
          if (rank >= 0 && rank < length) found[rank]! += 1 / galleries.length;
        }
      },
      cmc: () => {
        let sum = 0;
        return Array.from(found, (count) => Math.min(1, (sum += count) / judged));
      },
    };
  };
}
