import { defineComponent, type Protocol } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { leaveOutSameCamera } from './gallery-rule.ts';
import { notANumber } from './match-ranks.ts';
import { rankingOptions } from './ranking-options.ts';
import { rankingProtocol } from './ranking-protocol.ts';
import type { MakeWatcher, SeenRanking } from './ranking-watcher.ts';

/** Options of `protocol/open-set`. */
export const openSetOptions = z.strictObject({
  ...rankingOptions,
  alarms: z
    .array(z.number().positive().max(1))
    .min(1)
    .default([0.01, 0.1])
    .describe('Shares of searches for absent people that may raise a false alarm; one threshold each.'),
});

/** The nearest item that is neither a match nor left out; infinite in a gallery of nothing else. */
function nearestOther({ row: { block, begin, length }, relevance }: SeenRanking): number {
  const apart = new Set([...relevance.matches, ...relevance.leftOut]);
  let nearest = Infinity;
  for (let at = 0; at < length; at++) {
    const distance = block[begin + at]!;
    if (distance !== distance) throw notANumber(at);
    if (distance < nearest && !apart.has(at)) nearest = distance;
  }
  return nearest;
}

/**
 * The largest of the distances up to which at most a share of them lies: −∞ where not even one may. With ties at the limit the next smaller
 * distance is taken, so the share is never exceeded.
 */
export function alarmThreshold(nearestOthers: Float64Array, share: number): number {
  const sorted = nearestOthers.slice().sort();
  const allowed = Math.floor(share * sorted.length + 1e-9);
  if (allowed >= sorted.length) return sorted.at(-1) ?? -Infinity;
  const beyond = sorted[allowed]!;
  for (let at = allowed - 1; at >= 0; at--) if (sorted[at]! < beyond) return sorted[at]!;
  return -Infinity;
}

/** How many near others of a query are kept for the expected number of alarms. */
const KEPT = 100;

/** Distances of the nearest others of a query, at most `KEPT`. */
function nearOthers({ row: { block, begin, length }, relevance }: SeenRanking): Float64Array {
  const apart = new Set([...relevance.matches, ...relevance.leftOut]);
  let held: number[] = [];
  let limit = Infinity;
  for (let at = 0; at < length; at++) {
    const distance = block[begin + at]!;
    if (!(distance < limit) || apart.has(at)) continue;
    held.push(distance);
    if (held.length < 2 * KEPT) continue;
    held = held.sort((a, b) => a - b).slice(0, KEPT);
    limit = held.at(-1)!;
  }
  return Float64Array.from(held.sort((a, b) => a - b).slice(0, KEPT));
}

/**
 * Finds thresholds for searches whose person may be absent, and what they cost. Every query stands for a search for an absent person once its
 * own matches are taken away: the nearest other item is what would raise the alarm. Figures for every share: `threshold@alarms=…`,
 * `found@alarms=…` (queries whose nearest item is a match within the threshold) and `expected alarms@alarms=…` (items of other people within
 * the threshold, per search, each search counting at most 100). Where no alarm is allowed at all, a threshold is left out.
 * @see Grother and Ngan, "Face Recognition Vendor Test: Identification" (NIST IR 8009, 2014), section 2.3, for open-set identification.
 */
const watchOpenSet =
  (alarms: readonly number[]): MakeWatcher =>
  ({ query }) => {
    const count = query.identities.length;
    const others = new Float64Array(count);
    const nearestMatch = new Float64Array(count).fill(Infinity);
    const rows: Float64Array[] = [];
    return {
      see(seen) {
        const { query: q, row, relevance, ranks } = seen;
        others[q] = nearestOther(seen);
        for (const at of relevance.matches) nearestMatch[q] = Math.min(nearestMatch[q]!, row.block[row.begin + at]!);
        if (!ranks) nearestMatch[q] = NaN;
        rows.push(nearOthers(seen));
      },
      figures() {
        const judged = nearestMatch.filter((value) => !Number.isNaN(value)).length;
        return Object.fromEntries(
          alarms.flatMap((share) => {
            const threshold = alarmThreshold(others, share);
            const found = nearestMatch.filter((value, q) => value <= threshold && value <= others[q]!).length;
            const expected = rows.reduce((sum, row) => sum + row.filter((value) => value <= threshold).length, 0) / count;
            return [
              ...(Number.isFinite(threshold) ? [[`threshold@alarms=${share}`, threshold] as const] : []),
              [`found@alarms=${share}`, found / judged] as const,
              [`expected alarms@alarms=${share}`, expected] as const,
            ];
          }),
        );
      },
    };
  };

/** The Market-1501 rule, and thresholds for people who may not be there: `threshold@alarms=…`, `found@alarms=…`, `expected alarms@alarms=…`. */
export function openSet(options: z.input<typeof openSetOptions> = {}): Protocol {
  const { maxRank, alarms, ...splits } = openSetOptions.parse(options);
  const watch = watchOpenSet(alarms);
  return rankingProtocol({ protocol: 'open-set', name: 'market1501, open set', rule: leaveOutSameCamera, maxRank, watch }, splits);
}

/** `protocol/open-set`. */
export const openSetComponent = defineComponent({
  summary: 'Thresholds for people who may be absent: share of false alarms, people found, expected alarms.',
  options: openSetOptions,
  build: (options) => openSet(options),
});
