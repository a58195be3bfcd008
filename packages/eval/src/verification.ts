import { defineComponent, type Protocol } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { leaveOutSameCamera } from './gallery-rule.ts';
import { poolPairs, type PairDistances } from './pair-distances.ts';
import { rankingOptions } from './ranking-options.ts';
import { rankingProtocol } from './ranking-protocol.ts';
import type { MakeWatcher } from './ranking-watcher.ts';
import { areaUnder, rocCurve, trueAcceptsAt } from './roc-curve.ts';

/** Options of `protocol/verification`. */
export const verificationOptions = z.strictObject({
  ...rankingOptions,
  rates: z.array(z.number().min(0).max(1)).default([1e-4, 1e-3, 1e-2]).describe('Rates of false accepts at which true accepts are given.'),
  memory: z.int().positive().default(1024).describe('Megabytes for the distances of all pairs, 4 bytes each.'),
});

/** `1e-04`, as the field writes it. */
const written = (rate: number): string => rate.toExponential(0).replace(/e([+-])(\d)$/, 'e$10$2');

/**
 * Figures of pooled pairs. `TPR@FPR=…` takes pairs of the same person as positives: the share of them accepted where that share of different
 * pairs is. `fast-reid TPR@FPR=…` has the roles that fast-reid's evaluator uses under the same name: the share of different pairs that are
 * refused, where that share of same pairs is refused.
 */
export function verificationFigures({ same, different }: PairDistances, rates: readonly number[]): Record<string, number> {
  const usual = rocCurve(same, different);
  const negated = (values: Float32Array): Float32Array => values.map((value) => -value);
  const swapped = rocCurve(negated(different), negated(same));
  return {
    AUC: areaUnder(usual),
    ...Object.fromEntries(rates.map((rate) => [`TPR@FPR=${written(rate)}`, trueAcceptsAt(usual, rate)])),
    ...Object.fromEntries(rates.map((rate) => [`fast-reid TPR@FPR=${written(rate)}`, trueAcceptsAt(swapped, rate)])),
  };
}

/**
 * The Market-1501 rule, and how well one threshold tells pairs of the same person from others: true accepts at given rates of false accepts
 * over all pairs that the rule keeps, pooled over queries. Throws INVALID_OPTIONS when the pairs need more than `memory`.
 */
export function verification(options: z.input<typeof verificationOptions> = {}): Protocol {
  const { maxRank, rates, memory, ...splits } = verificationOptions.parse(options);
  const watch: MakeWatcher = (evaluation) => {
    const pool = poolPairs(memory)(evaluation);
    return { see: (ranking) => pool.see(ranking), figures: () => verificationFigures(pool.pairs(), rates) };
  };
  return rankingProtocol(
    { protocol: 'verification', name: 'market1501 with verification', rule: leaveOutSameCamera, maxRank, watch },
    splits,
  );
}

/** `protocol/verification`. */
export const verificationComponent = defineComponent({
  summary: 'The Market-1501 rule, with true accepts at rates of false accepts over all pairs (ROC).',
  options: verificationOptions,
  build: (options) => verification(options),
});
