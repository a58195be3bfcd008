import { join } from 'node:path';
import { matrixProduct } from '@reidkit/backend-onnx';
import { hostTensor, readSafetensors, type Descriptors, type HostTensors } from '@reidkit/core-tensor';
import { partWeightedScorer, takeDescriptors } from '@reidkit/eval';
import type { MakeCase } from '../measure.ts';

const BLOCK = 256;

/** The whole, the parts and their weights out of the peer's packed features; parts keep their weights, which their norms take away again. */
function unpack(tensors: HostTensors, key: 'q' | 'g'): Descriptors {
  const [packed, given] = [tensors[`${key}f`]!, tensors[`${key}w`]!];
  const [count = 0, columns = 0] = packed.shape;
  const terms = given.shape[1]!;
  const width = columns / terms;
  const weight = new Float32Array(count * (terms - 1));
  for (let row = 0; row < count; row++) {
    weight.set((given.data as Float32Array).subarray(row * terms + 1, (row + 1) * terms), row * (terms - 1));
  }
  const vectors = packed.data as Float32Array;
  const whole = new Float32Array(count * width);
  for (let row = 0; row < count; row++) whole.set(vectors.subarray(row * columns, row * columns + width), row * width);
  const parts = new Float32Array(count * (columns - width));
  for (let row = 0; row < count; row++) parts.set(vectors.subarray(row * columns + width, (row + 1) * columns), row * (columns - width));
  return {
    count,
    tensors: {
      global: hostTensor(whole, [count, width]),
      parts: hostTensor(parts, [count, terms - 1, width]),
      weight: hostTensor(weight, [count, terms - 1]),
    },
  };
}

/** RGANet's weighted distance at Occluded-Duke's size, on features that the peer wrote. */
export const makeCase: MakeCase = async (_name, { threads, tiny, features }) => {
  if (!features) throw new Error('--features DIR is needed: the folder that the peer wrote its features to.');
  const { tensors } = await readSafetensors(join(features, `weighted-distance${tiny ? '-tiny' : ''}.safetensors`));
  const [query, gallery] = [unpack(tensors, 'q'), unpack(tensors, 'g')];
  const product = matrixProduct({ threads });
  const blocks = Array.from({ length: Math.ceil(query.count / BLOCK) }, (_, block) =>
    takeDescriptors(
      query,
      Array.from({ length: Math.min(BLOCK, query.count - block * BLOCK) }, (_unused, i) => block * BLOCK + i),
    ),
  );
  const prepared = partWeightedScorer().prepare(gallery, product);
  return {
    run: async () => {
      const sums: number[] = [];
      for (const block of blocks) sums.push((await prepared.distances(block)).reduce((sum, distance) => sum + distance, 0)); // prettier-ignore
      return sums.reduce((sum, value) => sum + value, 0) / (query.count * gallery.count);
    },
  };
};
