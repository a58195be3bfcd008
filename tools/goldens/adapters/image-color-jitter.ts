import { adjustColors, adjustFloats, type Adjustment } from '@reidkit/datasets';
import type { GoldenAdapter } from '../adapter.ts';
import { channelsFirst, channelsLast, comparePicture, levels, pictureOf } from '../image-case.ts';

export const adapter: GoldenAdapter = {
  family: 'image-color-jitter',
  run(golden) {
    const { factors, order, tolerance_levels: tolerance } = golden.json.config;
    const picture = pictureOf(golden.tensor('in/image'));
    const floats = Float32Array.from(channelsLast(golden.tensor('in/image')));
    const step = (adjustment: Adjustment): { adjustment: Adjustment; amount: number } => ({ adjustment, amount: factors[adjustment] });
    const compareFloats = (key: string, names: readonly Adjustment[]): void => {
      const got = names.reduce<Float32Array>((pixels, name) => adjustFloats(pixels, name, factors[name]), floats);
      golden.report.compare(key, channelsFirst(got), golden.tensor(key), levels(tolerance.tensor));
    };
    for (const name of Object.keys(factors) as Adjustment[]) {
      const allowed = name === 'hue' ? tolerance.pil_hue : tolerance.pil_others;
      comparePicture(golden, `out/pil_${name}`, adjustColors(picture, [step(name)], 'bytes'), allowed);
      compareFloats(`out/tensor_${name}`, [name]);
    }
    comparePicture(golden, 'out/pil_all', adjustColors(picture, (order as Adjustment[]).map(step), 'bytes'), tolerance.pil_all);
    compareFloats('out/tensor_all', order as Adjustment[]);
  },
};
