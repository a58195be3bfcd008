import { join } from 'node:path';
import { matrixProduct } from '@reidkit/backend-onnx';
import { hostTensor, type PreparedGallery, readSafetensors, type Descriptors, type HostTensors } from '@reidkit/core-tensor';
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

/** A gallery and blocks of queries, ready to be compared; what they were made from is held by nobody afterwards. */
async function prepareSides(file: string, threads: number): Promise<{ gallery: PreparedGallery; blocks: Descriptors[]; pairs: number }> {
  const { tensors } = await readSafetensors(file);
  const gallery = partWeightedScorer().prepare(unpack(tensors, 'g'), matrixProduct({ threads }));
  const query = unpack(tensors, 'q');
  const blocks = Array.from({ length: Math.ceil(query.count / BLOCK) }, (_, block) =>
    takeDescriptors(
      query,
      Array.from({ length: Math.min(BLOCK, query.count - block * BLOCK) }, (_unused, i) => block * BLOCK + i),
    ),
  );
  return { gallery, blocks, pairs: query.count * gallery.count };
}

/** RGANet's weighted distance at Occluded-Duke's size, on features that the peer wrote. */
export const makeCase: MakeCase = async (_name, { threads, tiny, features }) => {
  if (!features) throw new Error('--features DIR is needed: the folder that the peer wrote its features to.');
  const { gallery, blocks, pairs } = await prepareSides(join(features, `weighted-distance${tiny ? '-tiny' : ''}.safetensors`), threads);
  const space = new Float32Array(BLOCK * gallery.count);
  return {
    run: async () => {
      let sum = 0;
      for (const block of blocks) {
        const distances = await gallery.distances(block, space.subarray(0, block.count * gallery.count));
        sum += distances.reduce((total, distance) => total + distance, 0);
      }
      return sum / pairs;
    },
  };
};
