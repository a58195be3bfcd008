import { Random } from '@reidkit/core-tensor/base';

/** What descriptors are laid out with; told below the picture. */
export const LAYOUT = { neighbours: 15, minDistance: 0.1, epochs: 400 } as const;

/** Fewer points than this say nothing. */
const FEWEST = 5;

function unit(row: ArrayLike<number>): number[] {
  const values = Array.from(row);
  const norm = Math.max(1e-12, Math.hypot(...values));
  return values.map((value) => value / norm);
}

/**
 * Places descriptors in the plane by UMAP so that neighbours stay near: each is divided by its norm, distances are Euclidean. The same seed
 * gives the same picture. Null for fewer than 5 rows or numbers that are not finite.
 * @see "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction".
 */
export async function layOut(rows: readonly ArrayLike<number>[], seed: number): Promise<{ x: number; y: number }[] | null> {
  const vectors = rows.map(unit);
  if (rows.length < FEWEST || !vectors.every((row) => row.every(Number.isFinite))) return null;
  const { UMAP } = await import('umap-js');
  const stream = Random.seed(seed).fork('layout').stream();
  const map = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(LAYOUT.neighbours, rows.length - 1),
    minDist: LAYOUT.minDistance,
    nEpochs: LAYOUT.epochs,
    random: () => stream.uniform(),
  });
  return map.fit(vectors).map(([x, y]) => ({ x: x!, y: y! }));
}
