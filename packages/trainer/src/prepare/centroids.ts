import { defineComponent, hostTensor, type HostTensor, type Prepare, ReidError } from '@reidkit/core-tensor';
import { z } from 'zod';

/** How {@link classCentroids} are taken. */
export interface CentroidOptions {
  /** Divide each row by its length first. Default: false. */
  readonly normalizeRows?: boolean;
  /** Divide each mean by its length. Default: true. */
  readonly normalizeMeans?: boolean;
}

function lengthOf(row: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return Math.max(1e-12, Math.sqrt(sum));
}

/** Throws DATASET_INVALID, naming them, when classes have no row. */
function refuseEmpty(counts: Float64Array): void {
  const empty = [...counts.keys()].filter((label) => counts[label] === 0);
  if (empty.length === 0) return;
  const named = empty.slice(0, 5).join(', ');
  const more = empty.length > 5 ? ` and ${empty.length - 5} more` : '';
  throw new ReidError(
    'DATASET_INVALID',
    `There is no image of the training identities with the labels ${named}${more} of ${counts.length}.`,
    {
      hint: 'a centroid needs at least one image of every identity: look at what was left out by `reidkit data check`.',
    },
  );
}

/**
 * Mean of the rows of each class: `rows [N, D]`, `labels [N]` (negative ones count nowhere) → `[classes, D]`, summed in float64. Throws
 * DATASET_INVALID for a class without a row.
 */
export function classCentroids(
  { data, shape }: HostTensor,
  labels: ArrayLike<number>,
  classes: number,
  { normalizeRows = false, normalizeMeans = true }: CentroidOptions = {},
): HostTensor {
  const [count, width] = shape as [number, number];
  const sums = new Float64Array(classes * width);
  const counts = new Float64Array(classes);
  for (let at = 0; at < count; at++) {
    const label = labels[at]!;
    if (label < 0) continue;
    const row = (data as Float32Array).subarray(at * width, (at + 1) * width);
    const length = normalizeRows ? lengthOf(row) : 1;
    counts[label]! += 1;
    for (let i = 0; i < width; i++) sums[label * width + i]! += row[i]! / length;
  }
  refuseEmpty(counts);
  const means = new Float32Array(classes * width);
  for (let label = 0; label < classes; label++) {
    const mean = sums.subarray(label * width, (label + 1) * width).map((sum) => sum / counts[label]!);
    const length = normalizeMeans ? lengthOf(mean) : 1;
    mean.forEach((value, i) => (means[label * width + i] = value / length));
  }
  return hostTensor(means, [classes, width]);
}

/** `prepare/centroids`: the mean of an output of the model over the images of each training identity. */
export const centroids = defineComponent({
  summary: 'Mean of an output of the model over the training images of each identity, without augmentation: `[identities, D]`.',
  options: z.strictObject({
    pass: z.string().default('images').describe('way through the model'),
    output: z.string().describe('name of the output, `[B, D]`'),
    normalizeRows: z.boolean().default(false).describe('divide what each image gives by its length first'),
    normalizeMeans: z.boolean().default(true).describe('divide each mean by its length'),
    batchSize: z.number().int().min(1).max(4096).default(64).describe('images'),
  }),
  build: ({ pass, output, batchSize, ...how }): Prepare => ({
    gives: ['value'],
    async run({ infer, records, labels, classes }) {
      const rows = await infer(pass, [output], records(batchSize), Math.ceil(labels.length / batchSize));
      return { value: classCentroids(rows[output]!, labels, classes, how) };
    },
  }),
});
