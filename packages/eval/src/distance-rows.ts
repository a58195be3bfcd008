import { ReidError, type Descriptors, type PreparedGallery, type RankingOptions } from '@reidkit/core-tensor/base';
import { takeDescriptors } from './descriptor-rows.ts';
import type { DistanceRow } from './match-ranks.ts';

const DEFAULT_BLOCK_BYTES = 8 * 2 ** 20;
/** Below this many rows matrix products slow down; only a `blockBytes` of the caller's goes lower. */
const FEWEST_ROWS = 64;
const MOST_ROWS = 256;

/** How many queries are compared at once so that their distances fit the memory for a block. */
function rowsPerBlock(gallery: number, blockBytes?: number): number {
  const rows = Math.floor((blockBytes ?? DEFAULT_BLOCK_BYTES) / (4 * Math.max(1, gallery)));
  return Math.min(MOST_ROWS, Math.max(blockBytes === undefined ? FEWEST_ROWS : 1, rows));
}

/** Lets timers and signals run. */
const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * Computes distances of some queries to the whole gallery block by block and visits them one query at a time, in order; never holds more
 * than one block. `visit` must not keep the row. Throws INTERRUPTED when `signal` is aborted.
 */
export async function visitDistanceRows(
  gallery: PreparedGallery,
  {
    queries,
    positions,
    reads,
  }: { readonly queries: Descriptors; readonly positions: ArrayLike<number>; readonly reads: readonly string[] },
  { blockBytes, onProgress, signal, visit }: RankingOptions & { readonly visit: (query: number, row: DistanceRow) => void },
): Promise<void> {
  const rows = rowsPerBlock(gallery.count, blockBytes);
  const total = positions.length;
  const out = new Float32Array(Math.min(rows, total) * gallery.count);
  for (let done = 0; done < total;) {
    if (signal?.aborted)
      throw new ReidError('INTERRUPTED', `Ranking was stopped after ${done} of ${total} queries.`, { cause: signal.reason });
    const chosen = Array.from({ length: Math.min(rows, total - done) }, (_, i) => positions[done + i]!);
    const block = await gallery.distances(takeDescriptors(queries, chosen, reads), out);
    chosen.forEach((query, i) => visit(query, { block, begin: i * gallery.count, length: gallery.count }));
    done += chosen.length;
    onProgress?.(done, total);
    if (onProgress || signal) await breathe();
  }
}
