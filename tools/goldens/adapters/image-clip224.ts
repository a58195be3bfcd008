import type { GoldenAdapter } from '../adapter.ts';
import { pictureOf, transformed } from '../image-case.ts';

export const adapter: GoldenAdapter = {
  family: 'image-clip224',
  async run(golden) {
    const { n_px: side } = golden.json.config;
    const got = await transformed(pictureOf(golden.tensor('in/image')), [
      { use: 'transform/resize', options: { shortSide: side } },
      { use: 'transform/center-crop', options: { height: side, width: side } },
      { use: 'transform/normalize', options: { constants: 'clip' } },
    ]);
    golden.report.compare('result', got, golden.tensor('out/result'));
  },
};
