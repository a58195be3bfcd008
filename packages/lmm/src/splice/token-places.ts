import { gatherNd, hostTensor, type HostTensor, type Tensor } from '@reidkit/core-tensor';
import type { SplicePlan, SpliceRow } from './splice-plan.ts';

/** Whose state stands for a token: the one that tells it, a place before, or its own. */
export type StateAt = 'predict' | 'token';

/** A token of interest in a batch. */
export interface TokenPlace {
  /** Number of its text. */
  readonly row: number;
  readonly id: number;
  /** Place of its state in the spliced text. */
  readonly place: number;
}

/** Places of some tokens in a batch, in the order of texts and words; those that were cut away, or that nothing stands before, have none. */
export function tokenPlaces(
  rows: readonly Pick<SpliceRow, 'ids'>[],
  { places, ids }: Pick<SplicePlan, 'places' | 'ids'>,
  tokens: readonly number[],
  at: StateAt = 'predict',
): TokenPlace[] {
  const wanted = new Set(tokens);
  const [, length] = ids.shape as [number, number];
  return rows.flatMap((row, number) =>
    row.ids.flatMap((id, i): TokenPlace[] => {
      const place = places[number]![i]!;
      if (!wanted.has(id) || place < 0 || (at === 'predict' && i === 0)) return [];
      return place < length ? [{ row: number, id, place: at === 'predict' ? place - 1 : place }] : [];
    }),
  );
}

/** Rows and places as a batch takes them: `[K, 2]` int32. */
export function placeRows(places: readonly TokenPlace[]): HostTensor<'int32'> {
  return hostTensor(Int32Array.from(places.flatMap(({ row, place }) => [row, place])), [places.length, 2], 'int32');
}

/** States at given places: `states [B, S, D]`, `places [K, 2]` int32 → `[K, D]`. Gradients flow. */
export function statesAt(states: Tensor, places: Tensor): Tensor {
  return gatherNd(states, places);
}
