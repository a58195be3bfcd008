import { hostTensor, type HostTensor, type HostTensors, sizeOf } from '@reidkit/core-tensor';
import type { BatchSource, BatchSources } from '@reidkit/trainer';
import type { GoldenCase } from './adapter.ts';
import { hostNumbers } from './golden-tensors.ts';

/** Pixels as cases of recipes have them, `[B, 3, H, W]`, as batches have them: `[B, H, W, 3]`. */
export function pixelsOf({ shape, data }: HostTensor): HostTensor {
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const pixels = new Float32Array(sizeOf(shape));
  const plane = height * width;
  for (let b = 0; b < batch; b++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < plane; i++) pixels[(b * plane + i) * channels + c] = data[(b * channels + c) * plane + i]!;
    }
  }
  return hostTensor(pixels, [batch, height, width, channels]);
}

/** What of a batch follows from its size. */
export function plainFacts(size: number): HostTensors {
  return {
    index: hostTensor(new Int32Array(size).fill(-1), [size], 'int32'),
    valid: hostTensor(new Uint8Array(size).fill(1), [size], 'bool'),
  };
}

/** The tensors of a case under a prefix, without it. */
export function tensorsUnder(golden: GoldenCase, prefix: string): Record<string, HostTensor> {
  const keys = golden.keys.filter((key) => key.startsWith(prefix));
  return Object.fromEntries(keys.map((key) => [key.slice(prefix.length), hostNumbers(golden.tensor(key))]));
}

/** What {@link tensorSources} gives. */
export interface TensorSourcesOptions {
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
  /** The batch of a step, counted over all epochs. */
  readonly batch: (step: number) => HostTensors;
  /** All records once, in order. */
  readonly records?: () => Iterable<HostTensors>;
}

/** Batches that lie in memory. */
export function tensorSources({ stepsPerEpoch, batchSize, batch, records }: TensorSourcesOptions): BatchSources {
  const source: BatchSource = {
    batchSize,
    batchCount: () => stepsPerEpoch,
    async *epoch(epoch, from = 0) {
      for (let at = from; at < stepsPerEpoch; at++) yield { tensors: batch(epoch * stepsPerEpoch + at), release: () => undefined };
    },
    close: () => Promise.resolve(),
  };
  return {
    training: () => Promise.resolve(source),
    async *inOrder() {
      yield* records?.() ?? [];
    },
    release: () => Promise.resolve(),
  };
}
