import type { HostTensor, HostTensors } from '@reidkit/core-tensor';
import type { BatchSource } from './batch-source.ts';
import type { BuiltStage } from './build-run.ts';
import { mixSources } from './mix-sources.ts';
import { readOf } from './model-pass.ts';
import type { StageRun } from './run-stage.ts';
import { type StreamWay, streamPrefix } from './stream-way.ts';

/** Batches of a stage: those of its stream, or of several as `mix` says. */
export async function openStage(
  run: Pick<StageRun, 'sources' | 'random'>,
  { stage, ways }: BuiltStage,
  number: number,
): Promise<BatchSource> {
  const open = ({ stream, reads }: StreamWay): Promise<BatchSource> => run.sources.training(stream, reads.has('images'));
  if (ways[0]!.isOnly) return open(ways[0]!);
  const streams = await Promise.all(ways.map(async (way) => ({ stream: way.stream, share: way.share, source: await open(way) })));
  return mixSources(streams, { mix: stage.mix, random: run.random.fork('mix', number) });
}

/** What of a batch a step reads, stream by stream. Throws UNKNOWN_NAME when it is not there. */
export function readStep(batch: HostTensors, ways: readonly StreamWay[]): HostTensors {
  const [only] = ways;
  if (only?.isOnly) return readOf(batch, only.reads);
  const names = Object.keys(batch);
  const wanted = ways.flatMap(({ stream, share, reads }) =>
    Array.from({ length: share }, (_, turn) => streamPrefix(stream, turn)).flatMap((prefix) =>
      names.some((name) => name.startsWith(prefix)) ? [...reads].map((name) => `${prefix}${name}`) : [],
    ),
  );
  return readOf(batch, wanted);
}

/** The images of a step. */
export const imagesIn = (batch: HostTensors): HostTensor[] =>
  Object.entries(batch).flatMap(([name, value]) => (name === 'images' || name.endsWith('/images') ? [value] : []));
