import { drawSolidErasing } from '@reidkit/datasets';
import type { GoldenAdapter } from '../adapter.ts';

export const adapter: GoldenAdapter = {
  family: 'image-erasing-irm',
  run(golden) {
    const [width, height] = golden.json.config.size as [number, number];
    const [least, largest, aspect, threshold] = golden.json.config.args as [number, number, number, number];
    const rule = { threshold, area: [least, largest], aspect: [aspect, 1 / aspect] } as const;
    const uniforms = golden.tensor('in/uniforms');
    const [trials = 0, each = 0] = uniforms.shape;
    const got = Array.from({ length: trials }, (_, trial) => {
      let next = trial * each;
      const erasing = drawSolidErasing(() => Number(uniforms.data[next++]), { width, height }, rule);
      if (!erasing) return Array.from({ length: 7 }, () => -1);
      const { box, color } = erasing;
      return [box.top, box.left, box.height, box.width, ...color];
    });
    golden.report.compare('box and colour', got.flat(), golden.tensor('out/box_rgb'));
  },
};
