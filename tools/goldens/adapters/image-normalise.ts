import type { Node } from '@reidkit/core-tensor';
import type { GoldenAdapter } from '../adapter.ts';
import { pictureOf, transformed } from '../image-case.ts';

/** fast-reid's constants, on the scale of 0 to 255. */
const FASTREID = { mean: [123.675, 116.28, 103.53], deviation: [58.395, 57.12, 57.375], scale: 255 };

interface Statistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export const adapter: GoldenAdapter = {
  family: 'image-normalise',
  async run(golden) {
    const picture = pictureOf(golden.tensor('in/image'));
    const { width, height } = picture;
    const compare = async (name: string, options: Node['options']): Promise<void> => {
      const got = await transformed(picture, [
        { use: 'transform/resize', options: { width, height } },
        { use: 'transform/normalize', options },
      ]);
      golden.report.compare(name, got, golden.tensor(`out/${name}`));
    };
    for (const [name, { mean, std }] of Object.entries(golden.json.config.stats as Record<string, Statistics>)) {
      await compare(name, { mean, deviation: std });
      if (['half', 'imagenet', 'clip'].includes(name)) await compare(name, { constants: name });
    }
    if (golden.has('out/fastreid')) await compare('fastreid', FASTREID);
  },
};
