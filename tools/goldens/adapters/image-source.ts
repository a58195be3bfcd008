import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Picture } from '@reidkit/core-tensor';
import { createImageDecoder } from '@reidkit/datasets';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { comparePicture, levels, pictureOf, transformed } from '../image-case.ts';

async function compareResize(golden: GoldenCase, picture: Picture, key: string, filter: string, tolerance: number): Promise<void> {
  const want = golden.tensor(key);
  const [, height, width] = want.shape;
  const got = await transformed(picture, [{ use: 'transform/resize', options: { height, width, filter } }]);
  golden.report.compare(key, got, want, levels(tolerance));
}

export const adapter: GoldenAdapter = {
  family: 'image-source',
  async run(golden) {
    const { file, tolerance_levels: tolerance } = golden.json.config;
    const bytes = readFileSync(join(golden.folder, file));
    const decoded = await (await createImageDecoder()).decode(bytes, file);
    if (golden.has('in/decoded')) comparePicture(golden, 'in/decoded', decoded, tolerance.decode);
    for (const filter of ['bilinear', 'bicubic']) {
      await compareResize(golden, decoded, `out/${filter}`, filter, tolerance.decode_then_resize);
      if (!golden.has('in/decoded')) continue;
      await compareResize(golden, pictureOf(golden.tensor('in/decoded')), `out/${filter}`, filter, tolerance.resize_from_in_decoded);
    }
    if (!golden.has('out/decoded_transposed')) return;
    const turned = await (await createImageDecoder({ orientation: 'apply' })).decode(bytes, file);
    comparePicture(golden, 'out/decoded_transposed', turned, tolerance.decode);
    await compareResize(golden, turned, 'out/bilinear_transposed', 'bilinear', tolerance.decode_then_resize);
  },
};
