import { defineComponent, hostTensor, type HostTensors, type Prepare, ReidError } from '@reidkit/core-tensor';
import { z } from 'zod';

/** Sums over the records so far. */
interface Counted {
  images: number;
  without: number;
  empty: number;
  readonly parts: Float64Array;
}

function count(counted: Counted, { partMasks, partMasksValid, valid }: HostTensors): Counted {
  if (!partMasks || !partMasksValid) {
    throw new ReidError('RECIPE_INVALID', 'prepare/part-shares found no part masks in its batches.', {
      hint: 'set "fields.partMasks" of the stream that the stage trains on.',
    });
  }
  const [B, P, h, w] = partMasks.shape as [number, number, number, number];
  const parts = counted.parts.length === P ? counted.parts : new Float64Array(P);
  for (let row = 0; row < B; row++) {
    if (valid && !valid.data[row]) continue;
    counted.images++;
    if (!partMasksValid.data.subarray(row * P, (row + 1) * P).some((each) => each !== 0)) counted.without++;
    let all = 0;
    for (let part = 0; part < P; part++) {
      const from = (row * P + part) * h * w;
      const share = (partMasks.data as Float32Array).subarray(from, from + h * w).reduce((sum, value) => sum + value, 0) / (h * w);
      parts[part]! += share;
      all += share;
    }
    if (all === 0) counted.empty++;
  }
  return { ...counted, parts };
}

/** `prepare/part-shares`: how much of the training images every part covers; refuses masks from which a stage cannot learn. */
export const partShares = defineComponent({
  summary:
    'The mean share of the training images that each part covers, `[parts]`; too few part masks, or a part that is nowhere, stop the run.',
  options: z.strictObject({
    missing: z.number().min(0).max(1).default(0.05).describe('share of images without part masks from which on to stop'),
    batchSize: z.number().int().min(1).max(4096).default(64).describe('images'),
  }),
  build: ({ missing, batchSize }): Prepare => ({
    gives: ['value', 'counts'],
    async run({ records }) {
      let counted: Counted = { images: 0, without: 0, empty: 0, parts: new Float64Array(0) };
      for await (const batch of records(batchSize)) counted = count(counted, batch);
      const { images, without, empty, parts } = counted;
      const hint = 'make part masks: `reidkit annotate --with parsing-maps`, or take a preset with fixed words.';
      if (without > missing * images) {
        throw new ReidError('DATASET_INVALID', `${without} of ${images} training images have no part masks; at most ${missing * 100} % may lack them.`, { hint }); // prettier-ignore
      }
      const absent = parts.indexOf(0);
      if (absent >= 0) {
        throw new ReidError('DATASET_INVALID', `The ${absent + 1}th part is nowhere in the part masks of ${images} training images, so that nothing can be learned of it.`, { hint }); // prettier-ignore
      }
      return {
        value: hostTensor(parts.map((sum) => sum / Math.max(1, images)), [parts.length]), // prettier-ignore
        counts: hostTensor([images, without, empty], [3]),
      };
    },
  }),
});
