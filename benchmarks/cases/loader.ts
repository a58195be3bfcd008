import { readdirSync } from 'node:fs';
import { createLoader, sequential } from '@reidkit/datasets';
import type { MakeCase } from '../measure.ts';

/** The training loader on real JPEG files: decode, resize 256 × 128 bicubic, flip, pad and crop, normalise, erase; seconds per image. */
export const makeCase: MakeCase = async (_name, { threads, images, tiny }) => {
  if (!images) throw new Error('--images DIR is needed: a folder of JPEG files.');
  const all = readdirSync(images, { recursive: true, encoding: 'utf8' }).filter((file) => /\.jpe?g$/i.test(file)).sort(); // prettier-ignore
  const files = tiny ? all.slice(0, 32) : all;
  const loader = await createLoader({
    root: images,
    records: files.map((file) => ({ form: 'crop', file, identity: 0, camera: 0, split: 'train' })),
    sampler: sequential({ batchSize: 64 }),
    transforms: [
      { use: 'transform/resize', options: { height: 256, width: 128, filter: 'bicubic' } },
      { use: 'transform/flip' },
      { use: 'transform/pad-crop', options: { padding: 10 } },
      { use: 'transform/normalize', options: { constants: 'half' } },
      { use: 'transform/random-erasing', options: { probability: 0.5 } },
    ],
    seed: 1,
    workers: threads,
  });
  let epoch = 0;
  return {
    unit: 's per image',
    per: files.length,
    fields: { images: files.length },
    async run() {
      let last: Float32Array | undefined;
      for await (const batch of loader.epoch(epoch)) {
        last = batch.tensors.images.data;
        loader.recycle(batch);
      }
      epoch++;
      return last!;
    },
    report: (last) => ({ value: (last as Float32Array).reduce((sum, value) => sum + Math.abs(value), 0) / (last as Float32Array).length }),
    close: () => loader.close(),
  };
};
