import type { HostTensors, Random } from '@reidkit/core-tensor';
import type { BatchSource, SourceBatch } from './batch-source.ts';
import { streamPrefix } from './stream-way.ts';

/** One stream among several. */
export interface MixedStream {
  readonly stream: string;
  readonly source: BatchSource;
  readonly share: number;
}

/** How streams come together. */
export interface MixOptions {
  readonly mix: 'accumulate' | 'sampled' | 'sequential';
  /** Where it is drawn from which stream is next. */
  readonly random: Random;
}

/** Batches of one stream without end: its epochs one after another, from the n-th batch on. */
class Endless {
  readonly #source: BatchSource;
  #epoch = 0;
  #skip: number;
  #batches: AsyncIterator<SourceBatch> | undefined;

  constructor(source: BatchSource, from: number) {
    this.#source = source;
    this.#skip = from;
    while (this.#skip >= source.batchCount(this.#epoch)) this.#skip -= source.batchCount(this.#epoch++);
  }

  async next(): Promise<SourceBatch> {
    for (;;) {
      this.#batches ??= this.#source.epoch(this.#epoch, this.#skip)[Symbol.asyncIterator]();
      const { value, done } = await this.#batches.next();
      if (!done) return value as SourceBatch;
      this.#epoch++;
      this.#skip = 0;
      this.#batches = undefined;
    }
  }

  /** Ends the epoch that it is in. */
  async end(): Promise<void> {
    await this.#batches?.return?.(undefined);
  }
}

/** Which streams come in a step, each with how many batches. */
type Turn = readonly { readonly at: number; readonly count: number }[];

/** The steps of an epoch, which is that of the first stream; with `sequential`, of all of them together. */
function turnsOf(streams: readonly MixedStream[], { mix, random }: MixOptions, epoch: number): Turn[] {
  const first = streams[0]!;
  if (mix === 'sequential') {
    return streams.flatMap(({ source }, at) => Array.from({ length: source.batchCount(epoch) }, () => [{ at, count: 1 }]));
  }
  const length = Math.max(1, Math.floor(first.source.batchCount(epoch) / first.share));
  if (mix === 'accumulate') return Array.from({ length }, () => streams.map(({ share }, at) => ({ at, count: share })));
  const total = streams.reduce((sum, { share }) => sum + share, 0);
  // As many steps as it takes the first stream, by its part of the chance, to go through its epoch.
  const steps = Math.max(1, Math.round((first.source.batchCount(epoch) * total) / first.share));
  const draws = random.fork('stream', epoch).stream();
  return Array.from({ length: steps }, () => {
    let left = draws.uniform(0, total);
    const drawn = streams.findIndex(({ share }) => (left -= share) < 0);
    return [{ at: drawn < 0 ? streams.length - 1 : drawn, count: 1 }];
  });
}

function joined(parts: readonly { readonly prefix: string; readonly batch: SourceBatch }[]): SourceBatch {
  const tensors: Record<string, HostTensors[string]> = {};
  for (const { prefix, batch } of parts) for (const [name, value] of Object.entries(batch.tensors)) tensors[`${prefix}${name}`] = value;
  return { tensors, release: () => parts.forEach(({ batch }) => batch.release()) };
}

/**
 * Batches of several streams as one source: their tensors stand under names with the stream and its turn in front. Every stream goes through its
 * own epochs without end, so that no stream waits for another; where it is follows from the step alone, so a run goes on as if it had not stopped.
 */
export function mixSources(streams: readonly MixedStream[], options: MixOptions): BatchSource {
  const turns = (epoch: number): Turn[] => turnsOf(streams, options, epoch);
  const batchesBefore = (at: number, epoch: number, batch: number): number => {
    const count = (list: readonly Turn[]): number => list.flat().reduce((sum, turn) => sum + (turn.at === at ? turn.count : 0), 0);
    let before = count(turns(epoch).slice(0, batch));
    for (let past = 0; past < epoch; past++) before += count(turns(past));
    return before;
  };
  const sizeOf = ({ source, share }: MixedStream): number => source.batchSize * (options.mix === 'accumulate' ? share : 1);
  const sizes = streams.map(sizeOf);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return {
    batchSize: options.mix === 'accumulate' ? total : Math.round(total / streams.length),
    batchCount: (epoch) => turns(epoch).length,
    async *epoch(epoch, fromBatch = 0) {
      const endless = streams.map(({ source }, at) => new Endless(source, batchesBefore(at, epoch, fromBatch)));
      try {
        for (const turn of turns(epoch).slice(fromBatch)) {
          const parts: { readonly prefix: string; readonly batch: SourceBatch }[] = [];
          for (const { at, count } of turn) {
            for (let k = 0; k < count; k++) parts.push({ prefix: streamPrefix(streams[at]!.stream, k), batch: await endless[at]!.next() });
          }
          yield joined(parts);
        }
      } finally {
        await Promise.all(endless.map((one) => one.end()));
      }
    },
    close: async () => {
      await Promise.all(streams.map(({ source }) => source.close()));
    },
  };
}
