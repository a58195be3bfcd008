import { ReidError, defineComponent, type Descriptors, type PreparedGallery, type RankingOptions, type Reranker, type RerankedRetrieval, type Scorer } from '@reidkit/core-tensor/base'; // prettier-ignore
import { z } from 'zod';
import { takeDescriptors } from '../descriptor-rows.ts';
import { joinDescriptors } from './join-descriptors.ts';
import { neighbourLists, rescale, type NeighbourLists, type Rescaling } from './neighbour-lists.ts';
import { roundHalfEven, visitReciprocalSets } from './reciprocal-sets.ts';
import { SparseRowsBuilder, transposeRows, type SparseRows } from './sparse-rows.ts';

const PRESETS = { paper: { k1: 20, k2: 6, lambda: 0.3 }, 'clip-reid': { k1: 50, k2: 15, lambda: 0.3 } } as const;

/** Options of `rerank/k-reciprocal`. */
export const kReciprocalOptions = z.strictObject({
  preset: z
    .enum(['paper', 'clip-reid'])
    .default('paper')
    .describe('k1, k2 and lambda: 20, 6, 0.3 of the paper, or 50, 15, 0.3, which CLIP-ReID, TransReID and MUVA publish with.'),
  k1: z.int().positive().optional().describe('Neighbours that may be reciprocal (default: that of the preset).'),
  k2: z.int().positive().optional().describe('Neighbours over which the encoding is averaged; 1 for none (default: that of the preset).'),
  lambda: z.number().min(0).max(1).optional().describe('Share of the original distance in the result (default: that of the preset).'),
  variant: z
    .enum(['published', 'fast-reid'])
    .default('published')
    .describe('"fast-reid" is that of its evaluator: one neighbour less, distances not divided by the largest of their row.'),
  square: z.boolean().optional().describe('Square the distances first (default: for scorer/euclid without squared).'),
  memory: z.int().positive().default(2048).describe('Megabytes that lists and encodings may take.'),
});

/** Numbers of a k-reciprocal re-ranking, presets filled in. */
interface RerankingNumbers {
  readonly k1: number;
  readonly k2: number;
  readonly lambda: number;
  readonly variant: 'published' | 'fast-reid';
  readonly square: boolean;
  readonly memory: number;
}

/** Rows whose members are compared at once. */
const BLOCK = 32;

const isRoot = ({ name }: Scorer): boolean => /^euclid/.test(name);

function checkMemory(bytes: number, { memory, k1, k2 }: RerankingNumbers, count: number): void {
  if (bytes <= memory * 2 ** 20) return;
  const needed = `Re-ranking ${count} images with k1 ${k1} and k2 ${k2} needs more than the ${memory} MB it may take`;
  throw new ReidError('INVALID_OPTIONS', `${needed} (rerank/k-reciprocal).`, {
    hint: `set its option memory to ${2 * memory}, or take smaller k1 and k2.`,
  });
}

/** Weights of the members of every set, `exp(−distance)` with sum 1: the encoding V of the paper, sparse. */
async function encode(
  all: Descriptors,
  scorer: Scorer,
  lists: NeighbourLists,
  parameters: RerankingNumbers,
  options: RankingOptions,
): Promise<SparseRows> {
  const { k1, square, variant } = parameters;
  const whole = variant === 'published' ? k1 + 1 : k1;
  const sets: (readonly number[])[] = [];
  let members = 0;
  visitReciprocalSets(lists, { whole, half: roundHalfEven(k1 / 2) + 1 }, (_item, set) => {
    members += set.length;
    sets.push(set);
  });
  checkMemory(16 * members + 8 * lists.neighbours.length, parameters, lists.count);
  const builder = new SparseRowsBuilder(lists.count);
  for (let begin = 0; begin < lists.count; begin += BLOCK) {
    if (options.signal?.aborted)
      throw new ReidError('INTERRUPTED', `Re-ranking was stopped after ${begin} of ${lists.count} encodings.`, {
        cause: options.signal.reason,
      });
    const items = Array.from({ length: Math.min(BLOCK, lists.count - begin) }, (_, i) => begin + i);
    const columns = [...new Set(items.flatMap((item) => sets[item]!))];
    const columnOf = new Map(columns.map((member, column) => [member, column]));
    const prepared = scorer.prepare(takeDescriptors(all, columns, scorer.reads), options.product);
    const block = columns.length > 0 ? await prepared.distances(takeDescriptors(all, items, scorer.reads)) : new Float32Array(0);
    items.forEach((item, row) => {
      const distances = sets[item]!.map((member) =>
        rescale(block[row * columns.length + columnOf.get(member)!]!, lists.scales[item]!, square),
      );
      const least = Math.min(...distances);
      const weights = distances.map((distance) => Math.exp(least - distance));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      builder.add(sets[item]!, weights.map((weight) => weight / sum)); // prettier-ignore
    });
  }
  return builder.finish();
}

/** Every encoding as the mean over the item's first `k2` neighbours. */
function averageRows(rows: SparseRows, lists: NeighbourLists, parameters: RerankingNumbers): SparseRows {
  const first = Math.min(parameters.k2, lists.length);
  if (first === 1) return rows;
  const builder = new SparseRowsBuilder(rows.count);
  const sums = new Float64Array(rows.count);
  for (let item = 0; item < rows.count; item++) {
    const touched: number[] = [];
    for (let n = item * lists.length; n < item * lists.length + first; n++) {
      const neighbour = lists.neighbours[n]!;
      for (let at = rows.starts[neighbour]!; at < rows.starts[neighbour + 1]!; at++) {
        const column = rows.columns[at]!;
        if (sums[column] === 0) touched.push(column);
        sums[column]! += rows.values[at]!;
      }
    }
    builder.add(touched, touched.map((column) => sums[column]! / first)); // prettier-ignore
    for (const column of touched) sums[column] = 0;
    if (item % 1024 === 0) checkMemory(builder.bytes + 8 * rows.columns.length, parameters, rows.count);
  }
  return builder.finish();
}

/** Adds to `shared` how much of a query's encoding each gallery item's encoding has in common with it. */
function addShared(shared: Float64Array, query: number, rows: SparseRows, byColumn: SparseRows): void {
  for (let at = rows.starts[query]!; at < rows.starts[query + 1]!; at++) {
    const column = rows.columns[at]!;
    const value = rows.values[at]!;
    for (let other = byColumn.starts[column]!, end = byColumn.starts[column + 1]!; other < end; other++) {
      const theirs = byColumn.values[other]!;
      shared[byColumn.columns[other]!]! += theirs < value ? theirs : value;
    }
  }
}

/** A scorer of the final distances; the queries it is asked about must know their positions. */
function finalScorer(scorer: Scorer, rows: SparseRows, scales: Float32Array, queries: number, parameters: RerankingNumbers): Scorer {
  const { lambda, square, variant } = parameters;
  const byColumn = transposeRows(rows, queries, rows.count);
  const prepare = (gallery: Descriptors, product?: RankingOptions['product']): PreparedGallery => {
    const count = rows.count - queries;
    if (gallery.count !== count) {
      throw new ReidError('SHAPE_MISMATCH', `This re-ranking was made for a gallery of ${count} images, got ${gallery.count}.`);
    }
    const original = scorer.prepare(gallery, product);
    const shared = new Float64Array(count);
    return {
      count,
      async distances(block, out) {
        const { positions } = block;
        const distances = await original.distances(block, out);
        for (let row = 0; row < block.count; row++) {
          const query = positions?.[row];
          if (query === undefined || query >= queries) {
            throw new ReidError('INVALID_ARGUMENT', 'Re-ranked distances are known for the queries they were made for only.', {
              hint: 'take queries with takeDescriptors, which tells their positions.',
            });
          }
          shared.fill(0);
          addShared(shared, query, rows, byColumn);
          for (let g = 0, at = row * count; g < count; g++, at++) {
            const jaccard = 1 - shared[g]! / (2 - shared[g]!);
            const cut = variant === 'fast-reid' && jaccard < 0 ? 0 : jaccard;
            distances[at] = cut * (1 - lambda) + rescale(distances[at]!, scales[query]!, square) * lambda;
          }
        }
        return distances;
      },
    };
  };
  return { name: `${scorer.name}, re-ranked`, reads: scorer.reads, prepare };
}

/**
 * Re-ranks by k-reciprocal encoding: distances between sets of neighbours that have one another among their nearest, mixed with the original
 * distance. Neighbour lists and encodings are sparse; distances are computed in blocks, so memory grows with the number of images and not with
 * its square. Distances are divided by the largest of their row, `k1 / 2` is rounded half to even, ties go to the lower position, queries
 * before gallery.
 * @see Zhong et al., "Re-ranking Person Re-identification with k-reciprocal Encoding" (CVPR 2017), equations 1 to 12.
 */
export function kReciprocal(options: z.input<typeof kReciprocalOptions> = {}): Reranker {
  const { preset, square: asked, memory, variant, ...given } = kReciprocalOptions.parse(options);
  const usual = PRESETS[preset];
  const { k1 = usual.k1, k2 = usual.k2, lambda = usual.lambda } = given;
  return {
    name: 'k-reciprocal',
    parameters: { k1, k2, lambda, variant },
    async apply({ query, gallery, scorer }: RerankedRetrieval, ranking = {}) {
      const parameters = { k1, k2, lambda, variant, memory, square: asked ?? isRoot(scorer) };
      const rescaling: Rescaling = { square: parameters.square, byLargest: variant === 'published' };
      checkMemory(4 * (k1 + 1) * (query.count + gallery.count), parameters, query.count + gallery.count);
      const all = joinDescriptors(query, gallery, scorer.reads);
      const lists = await neighbourLists(all, scorer, { ...ranking, length: Math.max(k1 + 1, k2), rescaling });
      const encoded = await encode(all, scorer, lists, parameters, ranking);
      const rows = averageRows(encoded, lists, parameters);
      return { query, gallery, scorer: finalScorer(scorer, rows, lists.scales, query.count, parameters) };
    },
  };
}

/** `rerank/k-reciprocal`. */
export const kReciprocalComponent = defineComponent({
  summary: 'k-reciprocal re-ranking on sparse neighbour lists.',
  paper: 'Zhong et al., CVPR 2017',
  options: kReciprocalOptions,
  build: (options) => kReciprocal(options),
});
