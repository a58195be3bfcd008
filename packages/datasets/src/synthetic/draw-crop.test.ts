import { describe, expect, it } from 'vitest';
import { drawCrop, type Crop } from './draw-crop.ts';
import { makePlan, type CropJob } from './plan.ts';
import { PARTS, type PartName } from './solid.ts';
import { createStudio } from './studio.ts';
import { syntheticOptions, type SyntheticInput } from './synthetic-options.ts';

const draw = (input: SyntheticInput, wanted: (job: CropJob) => boolean): { job: CropJob; crop: Crop }[] => {
  const options = syntheticOptions.parse({ trainIdentities: 6, testIdentities: 2, trainImages: [1, 1], cameras: 2, ...input });
  const studio = createStudio(options);
  return makePlan(options)
    .crops.filter(wanted)
    .map((job) => ({ job, crop: drawCrop(studio, job) }));
};

const CALM = { occlusion: { train: 0 }, difficulty: { misalignment: 0 } } satisfies SyntheticInput;
const isTrain = ({ split }: CropJob): boolean => split === 'train';

describe('drawCrop', () => {
  it('gives part masks that fill the person mask, with tight boxes and feet below heads', () => {
    for (const { crop } of draw(CALM, isTrain)) {
      const { person, parts, boxes, occluded } = crop.masks!;
      expect(occluded).toBe(0);
      expect(Object.keys(boxes).sort()).toEqual([...Object.keys(PARTS), 'legs'].sort());
      for (let at = 0; at < parts.length; at++) expect(parts[at]! > 0).toBe(person[at] === 255);
      for (const [name, [x0, y0, x1, y1]] of Object.entries(boxes) as [PartName | 'legs', readonly number[]][]) {
        const own = name === 'legs' ? [PARTS.lower, PARTS.foot] : [PARTS[name]];
        const inside = [...parts.keys()].filter((at) => own.some((part) => part === parts[at]));
        const xs = inside.map((at) => at % crop.width);
        const ys = inside.map((at) => Math.floor(at / crop.width));
        expect([Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1]).toEqual([x0, y0, x1, y1]);
      }
      expect(boxes.foot![1]).toBeGreaterThan(boxes.head![3]);
      const middle = (box: readonly number[]): number => (box[1]! + box[3]!) / 2;
      expect(middle(boxes.head!)).toBeLessThan(middle(boxes.upper!));
      expect(middle(boxes.upper!)).toBeLessThan(middle(boxes.lower!));
    }
  });

  it('shows a person on a good part of every crop', () => {
    const shares = draw(CALM, isTrain).map(
      ({ crop }) => crop.masks!.person.filter((value) => value > 0).length / (crop.width * crop.height),
    );
    expect(Math.min(...shares)).toBeGreaterThan(0.15);
    expect(Math.max(...shares)).toBeLessThan(0.7);
  });

  it('hides a share of a person when asked, and takes it out of the masks', () => {
    const input: SyntheticInput = { occlusion: { train: 1 }, difficulty: { misalignment: 0 } };
    const hidden = draw(input, isTrain).map(({ crop }) => crop.masks!.occluded);
    expect(hidden.filter((share) => share > 0.05).length).toBeGreaterThan(hidden.length * 0.7);
    const [open, closed] = [draw(CALM, isTrain), draw(input, isTrain)].map((crops) =>
      crops.reduce((sum, { crop }) => sum + crop.masks!.person.filter((value) => value > 0).length, 0),
    ) as [number, number];
    expect(closed).toBeLessThan(open * 0.9);
  });

  it('puts the same companion before an identity in every picture, in training only when asked so', () => {
    const input: SyntheticInput = { companions: 'train', occlusion: { train: 0, query: 0, gallery: 0, kinds: ['bush', 'car'] } };
    const crops = draw(input, ({ kind }) => kind === 'identity');
    for (const { job, crop } of crops) {
      if (job.split === 'train') expect(crop.masks!.occluded).toBeGreaterThan(0.08);
      else expect(crop.masks!.occluded).toBe(0);
    }
    expect(
      draw({ ...input, companions: 'all' }, ({ kind, split }) => kind === 'identity' && split !== 'train').every(
        ({ crop }) => crop.masks!.occluded > 0,
      ),
    ).toBe(true);
  });

  it('depends on the job alone, not on what was drawn before', () => {
    const [first] = draw({}, isTrain);
    const alone = draw({}, (job) => job.file === first!.job.file);
    const late = draw({}, isTrain).at(-1)!;
    const [lateAlone] = draw({}, (job) => job.file === late.job.file);
    expect(alone[0]!.crop.rgb).toEqual(first!.crop.rgb);
    expect(lateAlone!.crop.rgb).toEqual(late.crop.rgb);
  });

  it('draws nobody on backgrounds', () => {
    const [background] = draw({ distractors: 60 }, ({ kind }) => kind === 'background');
    expect(background!.crop).toMatchObject({ masks: null, view: null });
  });
});
