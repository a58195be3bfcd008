import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random, countParameters, hostTensor, initialState, referenceBackend, useBackend, writeSafetensors, type Picture } from '@reidkit/core-tensor'; // prettier-ignore
import { conformanceFaults, headConformance } from '@reidkit/core-tensor/testing';
import { createImageDecoder } from '@reidkit/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BoxHead } from './box-head.ts';
import { FrameGeometry } from './frame-geometry.ts';
import { logitsOnFrame } from './logits-on-frame.ts';
import { maskFaults } from './mask-faults.ts';
import { maskBox } from './mask-box.ts';
import { paintMasks } from './paint-masks.ts';
import { pixelNeck } from './pixel-neck.ts';
import { encodePng } from './png-file.ts';
import { readSam } from './read-sam.ts';
import { SAM_TINY } from './sam-presets.ts';
import { Sam } from './sam.ts';
import { Segmenter } from './segmenter.ts';
import { StateProjector } from './state-projector.ts';

const folder = mkdtempSync(join(tmpdir(), 'reidkit-segmenter-'));
const weights = join(folder, 'sam.safetensors');
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  await useBackend(referenceBackend);
  await writeSafetensors(weights, initialState(new Sam(SAM_TINY), Random.seed(1)));
});

const noise = (width: number, height: number): Picture => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from(Random.seed(5).uniform(width * height * 3), (value) => Math.floor(value * 256)),
});

describe('a checkpoint of SAM', () => {
  it('tells all sizes, windows and layers that see everything too', async () => {
    const { sam, title } = await readSam(weights);
    expect(title).toMatch(/Segment Anything/);
    expect(countParameters(sam)).toEqual(countParameters(new Sam(SAM_TINY)));
    expect(sam.side).toBe(64);
  });

  it('that is not whole is refused, by what it lacks', async () => {
    const { 'mask_decoder.mask_tokens.weight': _, ...rest } = initialState(new Sam(SAM_TINY), Random.seed(1));
    const half = join(folder, 'half.safetensors');
    await writeSafetensors(half, rest);
    await expect(readSam(half)).rejects.toThrow(/not whole; missing "mask_decoder.mask_tokens.weight"/);
    await writeSafetensors(half, { 'layer.weight': hostTensor([1], [1]) });
    await expect(readSam(half)).rejects.toMatchObject({ code: 'CHECKPOINT_MISMATCH' });
    await expect(readSam(join(folder, 'none.pth'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

describe('Segmenter', () => {
  let segmenter: Segmenter;
  beforeAll(async () => {
    segmenter = await Segmenter.open(weights, referenceBackend);
  });
  const frame = noise(50, 30);

  it('gives a mask of the frame for each prompt, together the same as one by one', async () => {
    const prompts = [{ box: [5, 5, 20, 25] as const }, { points: [{ at: [10, 10] as const }] }, { box: [20, 0, 50, 30] as const, points: [{ at: [30, 9] as const, isInside: false }] }, { box: [1, 2, 9, 9] as const }, { box: [0, 0, 50, 30] as const }]; // prettier-ignore
    const encoded = await segmenter.encode(frame);
    const together = await segmenter.masks(encoded, prompts);
    expect([together.width, together.height, together.logits.length]).toEqual([50, 30, 5]);
    for (const [i, prompt] of prompts.entries()) {
      const alone = await segmenter.masks(frame, [prompt]);
      expect(together.logits[i]).toHaveLength(50 * 30);
      together.logits[i]!.forEach((logit, at) => expect(logit).toBeCloseTo(alone.logits[0]![at]!, 4));
      expect(together.boxes[i]).toEqual(maskBox(together.logits[i]!, frame));
    }
  });

  it('takes the best of the choices for a point alone, unless told otherwise', async () => {
    const encoded = await segmenter.encode(frame);
    const ask = async (choice: 'auto' | 'first' | 'best') => (await segmenter.masks(encoded, [{ points: [{ at: [10, 10] }] }], { choice })).quality[0]!; // prettier-ignore
    expect(await ask('auto')).toBe(await ask('best'));
    expect(await ask('first')).not.toBe(await ask('best'));
  });

  it('refuses what is not in the frame, and gives nothing for nothing', async () => {
    await expect(segmenter.masks(frame, [{ box: [60, 0, 70, 10] }])).rejects.toThrow(/nothing of a frame of 50 by 30/);
    await expect(segmenter.masks(frame, [{ box: [10, 10, 10, 20] }])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(segmenter.masks(frame, [{ points: [{ at: [51, 3] }] }])).rejects.toThrow(/outside of a frame/);
    await expect(segmenter.masks(frame, [{}])).rejects.toThrow(/neither a box nor a point/);
    expect((await segmenter.masks(frame, [])).logits).toEqual([]);
  });

  it('works on frames of any form', async () => {
    for (const [width, height] of [
      [1, 1],
      [3, 200],
    ] as const) {
      // prettier-ignore
      const { logits } = await segmenter.masks(noise(width, height), [{ box: [0, 0, width, height] }]);
      expect(logits[0]).toHaveLength(width * height);
      expect(logits[0]!.every(Number.isFinite)).toBe(true);
    }
  });
});

describe('frames in the input of a model', () => {
  it('give boxes back as they were', () => {
    for (const [width, height] of [
      [1920, 1080],
      [1, 1],
      [3, 2000],
      [640, 427],
    ] as const) {
      // prettier-ignore
      const geometry = new FrameGeometry({ width, height }, 336);
      const box = [0.1 * width, 0.2 * height, 0.9 * width, height] as const;
      geometry.boxOnFrame(geometry.boxOnInput(box)).forEach((edge, i) => expect(edge).toBeCloseTo(box[i]!, 4));
    }
  });

  it('give a rectangle back as it was', () => {
    const geometry = new FrameGeometry({ width: 1920, height: 1080 }, 336);
    const box = [480, 270, 1440, 810] as const;
    const [x0, y0, x1, y1] = geometry.boxOnInput(box);
    const low = Float32Array.from({ length: 336 * 336 }, (_, i) => {
      const [x, y] = [(i % 336) + 0.5, Math.floor(i / 336) + 0.5];
      return Math.min(x - x0, x1 - x, y - y0, y1 - y);
    });
    const mask = logitsOnFrame({ height: 336, width: 336, data: low }, geometry.place);
    const inside = (i: number): boolean => i % 1920 >= box[0] && i % 1920 < box[2] && Math.floor(i / 1920) >= box[1] && Math.floor(i / 1920) < box[3]; // prettier-ignore
    let [both, either] = [0, 0];
    mask.forEach((logit, i) => {
      both += Number(logit > 0 && inside(i));
      either += Number(logit > 0 || inside(i));
    });
    expect(both / either).toBeGreaterThan(0.99);
  });
});

describe('masks', () => {
  const size = { width: 10, height: 10 };
  const rectangle = ([x0, y0, x1, y1]: readonly number[]): number[] =>
    Array.from({ length: 100 }, (_, i) => Number(i % 10 >= x0! && i % 10 < x1! && Math.floor(i / 10) >= y0! && Math.floor(i / 10) < y1!));
  const both = (...masks: readonly number[][]): number[] => masks[0]!.map((_, i) => Math.max(...masks.map((mask) => mask[i]!)));

  it('have a box, or none', () => {
    expect(maskBox(rectangle([2, 3, 5, 9]), size)).toEqual([2, 3, 5, 9]);
    expect(maskBox(rectangle([0, 0, 10, 10]), size)).toEqual([0, 0, 10, 10]);
    expect(maskBox(rectangle([0, 0, 0, 0]), size)).toBeNull();
  });

  it('say what is odd about them', () => {
    const box = [2, 2, 8, 8] as const;
    expect(maskFaults(rectangle([3, 3, 7, 8]), box, size)).toEqual([]);
    expect(maskFaults(rectangle([0, 0, 0, 0]), box, size)).toEqual(['empty']);
    expect(maskFaults(rectangle([0, 3, 6, 7]), box, size)).toEqual(['outside']);
    expect(maskFaults(rectangle([4, 4, 5, 5]), box, size)).toEqual(['small']);
    expect(maskFaults(rectangle([2, 2, 8, 8]), box, size)).toEqual(['large']);
    expect(maskFaults(both(rectangle([2, 2, 4, 8]), rectangle([6, 2, 8, 8])), box, size)).toEqual(['scattered']);
  });

  it('are painted over a picture: the inside lets it through, the edge does not', () => {
    const grey: Picture = { ...size, channels: 1, data: new Uint8Array(100).fill(100) };
    const { data } = paintMasks(grey, [rectangle([2, 2, 8, 8])], { colours: [[200, 0, 100]], opacity: 0.5 });
    const at = (x: number, y: number): number[] => [...data.subarray(3 * (y * 10 + x), 3 * (y * 10 + x) + 3)];
    expect([at(0, 0), at(2, 2), at(5, 5)]).toEqual([[100, 100, 100], [200, 0, 100], [150, 50, 100]]); // prettier-ignore
    expect(() => paintMasks(grey, [[1, 2]])).toThrow(/2 pixels/);
  });

  it('come back from a PNG file as they went', async () => {
    const decoder = await createImageDecoder();
    const mask = Uint8Array.from(rectangle([2, 3, 5, 9]));
    expect(await decoder.decodeMask(encodePng({ ...size, channels: 1, data: mask }), 'mask')).toMatchObject({ ...size, data: mask });
    const picture = noise(7, 3);
    expect([...(await decoder.decode(encodePng(picture), 'picture')).data]).toEqual([...picture.data]);
  });
});

describe("FusionSegReID's parts", () => {
  it('have as many parameters as its sheet says', () => {
    const counts = [5120, 4096].map((width) => [
      countParameters(new StateProjector({ width })).total,
      countParameters(new StateProjector({ width }, { form: 'mlp' })).total,
      countParameters(new BoxHead({ width })).total,
      countParameters(new BoxHead({ width }, { hidden: [256, 256] })).total,
    ]);
    expect(counts).toEqual([
      [1_310_976, 27_530_496, 26_240_004, 1_377_796],
      [1_048_832, 17_830_144, 16_797_700, 1_115_652],
    ]);
    const neck = pixelNeck({ inputs: 1024, outputs: 256 });
    expect(neck.reduce((sum, layer) => sum + countParameters(layer).total, 0)).toBe(852_992);
  });

  it('are called as in PyTorch', () => {
    expect(Object.keys(initialState(new BoxHead({ width: 6 }), Random.seed(1)))).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
    expect(Object.keys(initialState(new StateProjector({ width: 6 }), Random.seed(1)))).toEqual(['weight', 'bias']);
  });

  it('keep to what heads keep to', async () => {
    expect(await conformanceFaults(headConformance((site) => new StateProjector(site, { width: 3, form: 'mlp' }), { width: 5 }))).toEqual(
      [],
    );
    expect(await conformanceFaults(headConformance((site) => new BoxHead(site), { width: 5 }))).toEqual([]);
  });

  it('begin with the box that was asked for', async () => {
    const bias = initialState(new BoxHead({ width: 6 }), Random.seed(1))['2.bias']!;
    expect(Array.from(bias.data, (value) => 1 / (1 + Math.exp(-value)))).toEqual(
      [0.5, 0.5, 0.1, 0.3].map((length) => expect.closeTo(length, 6)),
    );
  });
});
