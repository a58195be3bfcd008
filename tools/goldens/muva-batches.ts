import { hostTensor, type HostTensor, type HostTensors } from '@reidkit/core-tensor';
import type { GoldenCase, GoldenTensor } from './adapter.ts';
import { hostNumbers } from './golden-tensors.ts';
import { pixelsOf, plainFacts } from './tensor-sources.ts';

/** The rows of part masks that a case uses: `[B, 3, N]` of 0 and 1 → `[B, P, h, w]`. */
function partsIn({ data, shape }: HostTensor, { json: { config } }: GoldenCase): HostTensor {
  const [batch, all, cells] = shape as [number, number, number];
  const rows: readonly number[] = config.parts;
  const inside = new Float32Array(batch * rows.length * cells);
  for (let b = 0; b < batch; b++) {
    rows.forEach((row, part) => {
      for (let i = 0; i < cells; i++) inside[(b * rows.length + part) * cells + i] = data[(b * all + row) * cells + i]!;
    });
  }
  return hostTensor(inside, [batch, rows.length, config.grid_h, config.grid_w]);
}

/** Images with labels and part masks of a case, under `batch/<place>/`. */
export function muvaBatch(golden: GoldenCase, place: string): HostTensors {
  const labels = hostNumbers(golden.tensor(`batch/${place}/label`));
  const size = labels.data.length;
  const partMasks = partsIn(hostNumbers(golden.tensor(`batch/${place}/part_inside`)), golden);
  const parts = partMasks.shape[1]!;
  return {
    ...plainFacts(size),
    images: pixelsOf(hostNumbers(golden.tensor(`batch/${place}/image`))),
    labels,
    partMasks,
    partMasksValid: hostTensor(new Uint8Array(size * parts).fill(1), [size, parts], 'bool'),
  };
}

const rowsFrom = ({ dtype, shape, data }: GoldenTensor, from: number, to: number): GoldenTensor => {
  const [texts, length, width] = shape as [number, number, number];
  const numbers = data as Float32Array;
  const cut = Array.from({ length: texts }, (_, text) => [...numbers.subarray((text * length + from) * width, (text * length + to) * width)]);
  return { dtype, shape: [texts, to - from, width], data: Float32Array.from(cut.flat()) };
};

/** A case whose starting weights hold the fixed words of the prompts, which the released code keeps outside of them. */
export function withPromptWords(golden: GoldenCase): GoldenCase {
  const vectors = golden.tensor('w0/prompt_learner.learnable_ctx').shape[2]!;
  const words = golden.tensor('batch/prompt_embedding');
  const added: Readonly<Record<string, GoldenTensor>> = {
    'w0/prompt_learner.token_prefix': rowsFrom(words, 0, 5),
    'w0/prompt_learner.token_suffix': rowsFrom(words, 5 + vectors, words.shape[1]!),
  };
  return {
    ...golden,
    keys: [...golden.keys, ...Object.keys(added)],
    has: (key) => key in added || golden.has(key),
    tensor: (key) => added[key] ?? golden.tensor(key),
  };
}
