import type { GeometryStep, GeometryTransform, Picture } from '@reidkit/core-tensor';
import { centerWindow, SamplePipeline, shortSideSize } from '@reidkit/datasets';
import { Random } from '@reidkit/core-tensor';
import type { GoldenAdapter } from '../adapter.ts';
import { comparePicture, pictureOf } from '../image-case.ts';

const BLACK = [0, 0, 0] as const;

/** Carries out steps on a picture and gives its bytes. */
function carryOut(picture: Picture, steps: readonly GeometryStep[]): Picture {
  const { width, height } = picture;
  // A pipeline wants one size for all images: the picture's own comes first.
  const own: GeometryStep = { step: 'resize', width, height, filter: 'bicubic' };
  const transform: GeometryTransform = { stage: 'geometry', plan: () => [own, ...steps] };
  const pipeline = new SamplePipeline([transform]);
  const out = new Float32Array(pipeline.size.width * pipeline.size.height * 3);
  pipeline.run({ image: picture }, Random.seed(1), out);
  return { ...pipeline.size, channels: 3, data: Uint8Array.from(out, (value) => Math.round(value * 255)) };
}

export const adapter: GoldenAdapter = {
  family: 'image-geometry',
  run(golden) {
    const { config } = golden.json;
    const { tolerance_levels: tolerance, pad, offset, short_side: shortSide } = config;
    const picture = pictureOf(golden.tensor('in/image'));
    const { width, height } = picture;
    const [top, left] = offset as [number, number];
    const padded = { step: 'window', left: -pad, top: -pad, width: width + 2 * pad, height: height + 2 * pad, fill: BLACK } as const;
    const crop = { step: 'window', width, height, fill: BLACK } as const;
    const centre = ([h, w]: readonly [number, number]): GeometryStep => centerWindow(picture, { width: w, height: h });
    const cases: Record<string, readonly GeometryStep[]> = {
      hflip: [{ step: 'flip' }],
      padded: [padded],
      pad_crop: [{ ...crop, left: left - pad, top: top - pad }],
      centre_odd: [centre(config.centre_odd)],
      centre_even: [centre(config.centre_even)],
      centre_larger: [centre(config.centre_larger)],
      short_side: [{ step: 'resize', ...shortSideSize(picture, shortSide), filter: 'bicubic' }],
    };
    for (const [name, steps] of Object.entries(cases)) {
      const levels = name === 'short_side' ? tolerance.short_side : tolerance.others;
      comparePicture(golden, `out/${name}`, carryOut(picture, steps), levels);
    }
    // Padding and cropping one after the other is the same.
    comparePicture(golden, 'out/pad_crop', carryOut(picture, [padded, { ...crop, left, top }]), tolerance.others);
    const result = shortSideSize(picture, shortSide);
    golden.report.check('short_side_result', `${result.height},${result.width}` === String(config.short_side_result));
  },
};
