import { rejectFewPixels, scoreSegmentation, segmentationSample, type SegmentationOptions, type SegmentationSample } from '@reidkit/eval';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';

/** The masks of a case as counts; pixels whose logit passes are predicted. */
function samplesOf(golden: GoldenCase, isSet: (logit: number) => boolean): SegmentationSample[] {
  const { data, shape } = golden.tensor('in/logits');
  const [count = 0, height = 0, width = 0] = shape;
  const size = height * width;
  const target = golden.tensor('in/gt').data as Int32Array;
  const rejected = golden.tensor('in/rejected').data;
  return Array.from({ length: count }, (_, i) => {
    const logits = data.slice(i * size, (i + 1) * size) as Float32Array;
    const predicted = Uint8Array.from(logits, (logit) => Number(isSet(logit)));
    return segmentationSample(predicted, target.slice(i * size, (i + 1) * size), { isRejected: Number(rejected[i]) !== 0 });
  });
}

export const adapter: GoldenAdapter = {
  family: 'seg-metrics',
  run(golden) {
    const { report } = golden;
    const atLeast = samplesOf(golden, (logit) => logit >= 0);
    const above = samplesOf(golden, (logit) => logit > 0);
    const compare = (name: string, samples: readonly SegmentationSample[], options: SegmentationOptions): void => {
      const { gIoU, cIoU, nAcc, tAcc } = scoreSegmentation(samples, options);
      for (const [key, value] of Object.entries({ giou: gIoU, ciou: cIoU, n_acc: nAcc, t_acc: tAcc })) {
        const full = `out/${name}.${key}`;
        if (golden.has(full)) report.compare(full, [value ?? NaN], golden.tensor(full));
      }
    };
    const union = ({ predicted, target, intersection }: SegmentationSample): number => predicted + target - intersection;
    for (const [mark, samples] of [['ge', atLeast], ['gt', above]] as const) {
      report.compare(`inter_${mark}`, samples.map(({ intersection }) => intersection), golden.tensor(`out/inter_${mark}`));
      report.compare(`union_${mark}`, samples.map(union), golden.tensor(`out/union_${mark}`));
    }
    for (const prefix of ['gsva', 'own']) {
      compare(`${prefix}.grefcoco`, atLeast, { reading: 'teacherForced' });
      compare(`${prefix}.refzom`, atLeast, { reading: 'teacherForced', countsFalseAreas: false });
    }
    compare('own', atLeast, { reading: 'teacherForced' });
    compare('strict', atLeast, { reading: 'generated' });
    compare('lisa', above, { reading: 'always' });
    const few = above.map((sample) => rejectFewPixels(sample, golden.json.config.empty_pixels));
    report.compare('few.rejected', few.map(({ isRejected }) => Number(isRejected)), golden.tensor('out/few.rejected'));
    compare('few', few, { reading: 'generated' });
  },
};
