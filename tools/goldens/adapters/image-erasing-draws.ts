import { drawErasingBox, type ErasingRule } from '@reidkit/datasets';
import type { GoldenAdapter } from '../adapter.ts';

const BOTH = { probability: 0.5, aspect: [0.3, 1 / 0.3] } as const;

const RULES: Readonly<Record<string, ErasingRule>> = {
  timm_box: { ...BOTH, area: [0.02, 1 / 3], law: 'timm', attempts: 10 },
  mean_box: { ...BOTH, area: [0.02, 0.4], law: 'original', attempts: 100 },
};

export const adapter: GoldenAdapter = {
  family: 'image-erasing-draws',
  run(golden) {
    const [height, width] = golden.json.config.image as [number, number];
    const uniforms = golden.tensor('in/uniforms');
    const [trials = 0, each = 0] = uniforms.shape;
    for (const [name, rule] of Object.entries(RULES)) {
      const got = Array.from({ length: trials }, (_, trial) => {
        let next = trial * each;
        const box = drawErasingBox(() => Number(uniforms.data[next++]), { width, height }, rule);
        return box ? [box.top, box.left, box.height, box.width] : [-1, -1, -1, -1];
      });
      golden.report.compare(name, got.flat(), golden.tensor(`out/${name}`));
    }
  },
};
