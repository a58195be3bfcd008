import { onnxBackend } from '@reidkit/backend-onnx';
import { createRegistry, currentBackend, type HostTensor, useBackend } from '@reidkit/core-tensor';
import { cropsOf, extract, loadRun, readRunData } from '@reidkit/trainer';
import { builtInPlugins } from 'reidkit';

const rowOf = ({ data, shape }: HostTensor, row: number): Float32Array =>
  (data as Float32Array).subarray(row * shape[1]!, (row + 1) * shape[1]!);

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
}

/** Share of the rows `[M, D]` whose nearest row of others `[N, D]` by cosine, among those that may be compared, is a right one. */
export function nearestShare(
  rows: HostTensor,
  others: HostTensor,
  isRight: (row: number, other: number) => boolean,
  mayCompare: (row: number, other: number) => boolean = () => true,
): number {
  const near = Array.from({ length: rows.shape[0]! }, (_, row) => {
    let [best, most] = [-1, -Infinity];
    for (let other = 0; other < others.shape[0]!; other++) {
      const likeness = mayCompare(row, other) ? cosine(rowOf(rows, row), rowOf(others, other)) : -Infinity;
      if (likeness > most) [best, most] = [other, likeness];
    }
    return best >= 0 && isRight(row, best);
  });
  return near.filter(Boolean).length / near.length;
}

/** Rank-1 of a run's training images, each against those of all other cameras, by an output of the model. */
export async function trainRank(run: string, output = 'descriptor'): Promise<number> {
  await useBackend(onnxBackend({ threads: 2 }));
  const registry = createRegistry(...builtInPlugins);
  const { record, model, tensors } = await loadRun(run, { registry, backend: currentBackend() });
  const { recipe } = record;
  const dataset = (await readRunData(recipe, registry)).streams.main!.dataset;
  const records = cropsOf(dataset, 'train');
  const { transforms, batchSize } = recipe.evaluation;
  const made = await extract({
    model, tensors, makeProgram: currentBackend().makeProgram, outputs: [output], root: dataset.root, records, transforms, batchSize, workers: 1,
  }); // prettier-ignore
  const all = made.descriptors.tensors[output]!;
  const same = (key: 'identity' | 'camera') => (a: number, b: number) => records[a]![key] === records[b]![key];
  return nearestShare(all, all, same('identity'), (a, b) => !same('camera')(a, b));
}
