import { ReidError } from '@reidkit/core-tensor';
import { readJson, runFolder } from '@reidkit/trainer';
import { z } from 'zod';
import { meanAndSpread, type MeanAndSpread } from '../mean-and-spread.ts';
import type { SweepPoint } from './grid.ts';

/** Figures of a finished run; fractions in [0, 1]. */
export interface RunFigures {
  readonly mAP: number;
  readonly rank1: number;
  readonly mINP: number;
}

/** A run of a sweep as it stands. */
export interface SweepRun extends SweepPoint {
  readonly status: 'waiting' | 'running' | 'finished' | 'failed';
  readonly figures?: RunFigures;
  /** Why it failed. */
  readonly problem?: string;
}

/** One setting of the grid over its seeds. */
export interface SweepSetting {
  readonly overrides: readonly string[];
  /** Runs of it in all. */
  readonly runs: number;
  /** Over the finished ones; null while there is none. */
  readonly figures: Readonly<Record<keyof RunFigures, MeanAndSpread>> | null;
}

const metricsSchema = z.object({ mAP: z.number(), mINP: z.number(), cmc: z.record(z.string(), z.number()) });

/** Figures of a finished run. Throws FILE_NOT_FOUND or FILE_INVALID. */
export async function readFigures(path: string): Promise<RunFigures> {
  const file = runFolder(path).metrics;
  const read = metricsSchema.safeParse(await readJson(file));
  if (!read.success) throw new ReidError('FILE_INVALID', `"${file}" holds no figures of a run: ${z.prettifyError(read.error)}`);
  const { mAP, mINP, cmc } = read.data;
  return { mAP, mINP, rank1: cmc['1'] ?? 0 };
}

/** Settings with mean and spread over the seeds that are finished, in the order of the grid. */
export function settingsOf(runs: readonly SweepRun[]): SweepSetting[] {
  const groups = new Map<string, SweepRun[]>();
  for (const run of runs) {
    const key = run.overrides.join('\n');
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((group) => {
    const finished = group.flatMap(({ figures }) => figures ?? []);
    const over = (of: (figures: RunFigures) => number): MeanAndSpread => meanAndSpread(finished.map(of));
    return {
      overrides: group[0]!.overrides,
      runs: group.length,
      figures:
        finished.length === 0 ? null : { mAP: over(({ mAP }) => mAP), rank1: over(({ rank1 }) => rank1), mINP: over(({ mINP }) => mINP) },
    };
  });
}
