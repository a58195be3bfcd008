import {
  ReidError,
  defineComponent,
  nodeOf,
  type Descriptors,
  type PairScorer,
  type Reranker,
  type Scorer,
} from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { takeDescriptors } from '../descriptor-rows.ts';
import { nearestItems } from '../nearest-items.ts';
import { openScoreFile } from './score-file.ts';

/** Scores of a query that were computed before: what makes a long re-scoring resumable. */
export interface KeptScores {
  /** Scores of exactly these candidates in this order, if they are known. */
  get(query: number, candidates: readonly number[]): Promise<Float32Array | undefined>;
  /** Keeps scores for the next time. */
  put(query: number, candidates: readonly number[], scores: Float32Array): Promise<void>;
}

/** Options of `rerank/pair-scorer`. */
const pairRescoringOptions = z.strictObject({
  scorer: nodeOf('pair-scorer').describe('What scores a query with a candidate.'),
  top: z
    .int()
    .positive()
    .default(128)
    .describe('Candidates that are scored, from the front of the ranking; the rest stays below in its order.'),
  keep: z.string().min(1).optional().describe('File that scores are kept in, so that a re-scoring that was stopped goes on.'),
});

const NONE = new Int32Array(0);
const bits = new Uint32Array(1);
const single = new Float32Array(bits.buffer);

/** The next smaller number in single precision. */
function nextBelow(value: number): number {
  single[0] = value;
  if (single[0] === 0) return -1.401298464324817e-45;
  bits[0] = single[0] > 0 ? bits[0]! - 1 : bits[0]! + 1;
  return single[0]!;
}

/** Puts candidates in front of the others, best score first; equal scores stay equal. */
function reorder(block: Float32Array, begin: number, count: number, candidates: readonly number[], scores: Float32Array): void {
  const isCandidate = new Set(candidates);
  let limit = Infinity;
  for (let g = 0; g < count; g++) if (!isCandidate.has(g) && block[begin + g]! < limit) limit = block[begin + g]!;
  let place = limit === Infinity ? 0 : limit;
  const worstFirst = Array.from(candidates.keys()).sort((a, b) => scores[a]! - scores[b]!);
  worstFirst.forEach((at, i) => {
    if (i === 0 || scores[at] !== scores[worstFirst[i - 1]!]) place = nextBelow(place);
    block[begin + candidates[at]!] = place;
  });
}

async function scoresOf(
  pairs: PairScorer,
  query: Descriptors,
  gallery: Descriptors,
  chosen: readonly number[],
  kept?: KeptScores,
): Promise<Float32Array> {
  const position = query.positions?.[0];
  const known = position === undefined ? undefined : await kept?.get(position, chosen);
  if (known) return known;
  const scores = await pairs.score(query, takeDescriptors(gallery, chosen, pairs.reads));
  const wrong = scores.findIndex((score) => Number.isNaN(score));
  if (scores.length !== chosen.length || wrong >= 0) {
    const got = wrong >= 0 ? `NaN for gallery item ${chosen[wrong]}` : `${scores.length}`;
    throw new ReidError('INVALID_ARGUMENT', `pair-scorer "${pairs.name}" expected to give ${chosen.length} scores, got ${got}.`);
  }
  if (position !== undefined) await kept?.put(position, chosen, scores);
  return scores;
}

/**
 * A scorer whose first `top` items are put in order by a pair scorer; the rest stays below in the scorer's own order. Distances of re-scored
 * items say their order and nothing else.
 */
export function rescored(scorer: Scorer, pairs: PairScorer, { top, kept }: { readonly top: number; readonly kept?: KeptScores }): Scorer {
  const reads = [...new Set([...scorer.reads, ...pairs.reads])];
  return {
    name: `${scorer.name}, first ${top} by ${pairs.name}`,
    reads,
    prepare(gallery, product) {
      const prepared = scorer.prepare(gallery, product);
      const { count } = prepared;
      return {
        count,
        async distances(queries, out) {
          const block = await prepared.distances(queries, out);
          for (let row = 0; row < queries.count; row++) {
            const begin = row * count;
            const chosen = nearestItems({ block, begin, length: count }, top, NONE);
            const query = takeDescriptors(queries, [row], pairs.reads);
            reorder(block, begin, count, chosen, await scoresOf(pairs, query, gallery, chosen, kept));
          }
          return block;
        },
      };
    },
  };
}

/** Re-scores the first items of every ranking by a pair scorer: see {@link rescored}; `keep` is the file of {@link openScoreFile}. */
export function pairRescoring(
  pairs: PairScorer,
  { top, kept, keep }: { readonly top: number; readonly kept?: KeptScores; readonly keep?: string },
): Reranker {
  return {
    name: 'pair-scorer',
    parameters: { scorer: pairs.name, top },
    reads: pairs.reads,
    async apply({ query, gallery, scorer }) {
      const file = keep === undefined ? kept : await openScoreFile(keep, { scorer: pairs.name, query, gallery, reads: pairs.reads });
      return { query, gallery, scorer: rescored(scorer, pairs, { top, ...(file ? { kept: file } : {}) }) };
    },
  };
}

/** `rerank/pair-scorer`. */
export const pairRescoringComponent = defineComponent({
  summary: 'The first items of every ranking in the order of a pair scorer, the rest below.',
  options: pairRescoringOptions,
  build: ({ scorer, top, keep }, use): Reranker => pairRescoring(use<PairScorer>(scorer), { top, ...(keep === undefined ? {} : { keep }) }),
});
