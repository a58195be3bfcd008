import { type Dataset, hostTensor, type HostTensors, readSafetensors, type RankedQuery, ReidError } from '@reidkit/core-tensor';
import type { Sides } from './extract-sides.ts';
import type { RunFolder } from './run-folder.ts';

/** The beginning of the ranking of every judged query, by positions in the splits of the data set. */
export interface Rankings {
  /** Items kept per query. */
  readonly length: number;
  /** Places of the query: its position in its split, and in the numbers of every query. */
  readonly queries: readonly { readonly position: number; readonly judged: number }[];
  /** The ranking of one of `queries`, nearest first. */
  ranking(at: number): readonly { readonly position: number; readonly distance: number; readonly match: boolean }[];
}

/** Ranked lists as tensors for a file: `queries [n, 2]`, `items`, `distances` and `matches [n, length]`, −1 where a ranking ends. */
export function rankingTensors(
  ranked: readonly RankedQuery[],
  { query, gallery }: Sides,
  length: number,
  { dataset, splits }: { readonly dataset: Dataset; readonly splits: { readonly query: string; readonly gallery: string } },
): HostTensors | undefined {
  const placesIn = (split: string): Map<unknown, number> => new Map((dataset.splits[split] ?? []).map((record, at) => [record, at]));
  const [asked, held] = [placesIn(splits.query), placesIn(splits.gallery)];
  const isKnown = query.records.every((record) => asked.has(record)) && gallery.records.every((record) => held.has(record));
  if (!isKnown) return undefined;
  const size = ranked.length * length;
  const [queries, items] = [new Int32Array(ranked.length * 2), new Int32Array(size).fill(-1)];
  const [distances, matches] = [new Float32Array(size), new Int32Array(size)];
  ranked.forEach(({ query: judged, ranking }, row) => {
    queries.set([asked.get(query.records[judged])!, judged], row * 2);
    ranking.forEach(({ gallery: place, distance, match }, rank) => {
      items[row * length + rank] = held.get(gallery.records[place])!;
      distances[row * length + rank] = distance;
      matches[row * length + rank] = Number(match);
    });
  });
  const shape = [ranked.length, length];
  return {
    queries: hostTensor(queries, [ranked.length, 2]),
    items: hostTensor(items, shape),
    distances: hostTensor(distances, shape),
    matches: hostTensor(matches, shape),
  };
}

/** Reads the rankings of a run that was trained to its end. Throws FILE_NOT_FOUND or FILE_INVALID. */
export async function readRankings(folder: RunFolder): Promise<Rankings> {
  const { tensors } = await readSafetensors(folder.rankings).catch((cause: unknown) => {
    if (!ReidError.is(cause) || cause.code !== 'FILE_NOT_FOUND') throw cause;
    throw new ReidError('FILE_NOT_FOUND', `The run in "${folder.path}" keeps no rankings.`, {
      cause,
      hint: `a run keeps them since its last evaluation by training, where queries and gallery are images: \`reidkit train --resume ${folder.path}\` evaluates again.`,
    });
  });
  const { queries, items, distances, matches } = tensors;
  const [count, length] = items?.shape ?? [];
  const isWhole = [distances, matches].every((tensor) => tensor?.shape[0] === count && tensor?.shape[1] === length);
  if (!queries || !items || !isWhole || queries.shape[0] !== count || queries.shape[1] !== 2) {
    throw new ReidError('FILE_INVALID', `"${folder.rankings}" holds no rankings.`);
  }
  return {
    length: length!,
    queries: Array.from({ length: count! }, (_, at) => ({ position: queries.data[at * 2]!, judged: queries.data[at * 2 + 1]! })),
    ranking: (at) =>
      Array.from({ length: length! }, (_, rank) => at * length! + rank)
        .filter((place) => items.data[place]! >= 0)
        .map((place) => ({ position: items.data[place]!, distance: distances!.data[place]!, match: matches!.data[place] === 1 })),
  };
}
