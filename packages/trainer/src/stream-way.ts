import { type ModelPass, ReidError, type Tensors } from '@reidkit/core-tensor';
import type { WiredLoss } from './wire-losses.ts';

/** What a stage does with the batches of one stream. */
export interface StreamWay {
  readonly stream: string;
  /** The way through the model that its batches take. */
  readonly pass: ModelPass;
  readonly losses: readonly WiredLoss[];
  /** Names of the batch that pass and losses read. */
  readonly reads: ReadonlySet<string>;
  /** Its weight beside those of the other streams. */
  readonly weight: number;
  /** Batches of it in a step, or its part of the chance to be drawn. */
  readonly share: number;
  /** Whether it is the only stream of the stage: its names stand in a batch as they are. */
  readonly isOnly: boolean;
}

/** Names of one batch of a stream, among those of others in a step. */
export const streamPrefix = (stream: string, turn: number): string => `${stream}/${turn}/`;

/** One batch in a step, and what is done with it. */
export interface StepRun {
  readonly way: StreamWay;
  readonly batch: Tensors;
  /** Its factor in the total. */
  readonly factor: number;
  /** What stands in front of the names of its losses in reports. */
  readonly prefix: string;
}

function under(batch: Tensors, prefix: string): Tensors {
  return Object.fromEntries(
    Object.entries(batch).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  );
}

/**
 * The batches that came for a step, stream by stream. Where all streams come together their weights are divided by the sum; a stream that comes
 * alone has the factor 1. Throws INVALID_ARGUMENT when none came.
 */
export function runsOf(ways: readonly StreamWay[], batch: Tensors): StepRun[] {
  const [only] = ways;
  if (only?.isOnly) return [{ way: only, batch, factor: 1, prefix: '' }];
  const came = ways.flatMap((way) =>
    Array.from({ length: way.share }, (_, turn) => ({ way, batch: under(batch, streamPrefix(way.stream, turn)) })),
  );
  const runs = came.filter(({ batch: own }) => Object.keys(own).length > 0);
  if (runs.length === 0) throw new ReidError('INVALID_ARGUMENT', 'A step got no batch of any stream of its stage.');
  const streams = new Set(runs.map(({ way }) => way));
  const total = [...streams].reduce((sum, { weight }) => sum + weight, 0);
  return runs.map((run) => ({ ...run, factor: run.way.weight / total, prefix: `${run.way.stream}.` }));
}
