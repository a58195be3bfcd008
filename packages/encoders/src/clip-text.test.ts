import {
  EVALUATION,
  Random,
  countParameters,
  disposeModule,
  hostTensor,
  initializeParameters,
  referenceBackend,
  scoped,
  tensor,
  useBackend,
  zeros,
  type TextInput,
} from '@reidkit/core-tensor';
import { textEncoderConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Clip } from './clip.ts';
import * as presets from './clip-presets.ts';
import { clipResnet } from './clip-resnet.ts';
import { clipText, type ClipTextOptions } from './clip-text.ts';
import { clipVision } from './clip-vision.ts';

beforeAll(() => useBackend(referenceBackend));

const SMALL = { width: 12, depth: 2, heads: 3, summaryWidth: 5, length: 9, vocabulary: 20 } satisfies ClipTextOptions;

describe.each<[string, ClipTextOptions]>([
  ['plain', SMALL],
  ['computed again on the way back', { ...SMALL, recompute: true }],
])('encoder/clip-text %s', (_name, options) => {
  for (const { title, check } of textEncoderConformance(() => clipText(options), { vocabulary: 20 })) it(title, check);
});

describe('clipText', () => {
  const encode = (encoder: ReturnType<typeof clipText>, input: () => TextInput): number[] => {
    initializeParameters(encoder, Random.seed(1));
    return scoped(() => [...encoder.forward(input(), EVALUATION).summary.dataSync()]);
  };

  it('reads a text at its largest id: what follows changes nothing, what stands before does', () => {
    const encoder = clipText(SMALL);
    const summary = (ids: number[]): number[] => encode(encoder, () => ({ ids: tensor(ids, [1, ids.length], 'int32') }));
    const short = summary([18, 4, 7, 19]);
    for (const [i, value] of summary([18, 4, 7, 19, 5, 6, 0]).entries()) expect(value).toBeCloseTo(short[i]!, 5);
    expect(summary([18, 5, 7, 19])).not.toEqual(short);
    disposeModule(encoder);
  });

  it('needs vectors in a call where it has none of words', () => {
    const encoder = clipText({ ...SMALL, hasWords: false });
    expect(encoder.token_embedding).toBeUndefined();
    const ids = () => tensor([18, 4, 19], [1, 3], 'int32');
    expect(() => encode(encoder, () => ({ ids: ids() }))).toThrow('has no vectors of words');
    expect(encode(encoder, () => ({ ids: ids(), embeddings: zeros([1, 3, 12]) }))).toHaveLength(5);
    const numbers = { 'token_embedding.weight': hostTensor([1]), 'ln_final.bias': hostTensor([1]), 'visual.proj': hostTensor([1]) };
    expect(Object.keys(encoder.adaptCheckpoint(numbers))).toEqual(['ln_final.bias']);
    expect(
      Object.keys(clipText(SMALL).adaptCheckpoint({ ...numbers, logit_scale: hostTensor([1]), context_length: hostTensor([77]) })),
    ).toEqual(['token_embedding.weight', 'ln_final.bias']);
    disposeModule(encoder);
  });
});

describe('Clip', () => {
  const { CLIP_VIT_B32, CLIP_VIT_B16, CLIP_VIT_L14, CLIP_VIT_L14_336, CLIP_TEXT, CLIP_TEXT_L14 } = presets;

  it("has the sizes of OpenAI's models", () => {
    const count = (visual: Clip['visual'], text: ClipTextOptions): number =>
      countParameters(new Clip({ visual, text: clipText(text) })).total;
    expect(count(clipVision(CLIP_VIT_B32), CLIP_TEXT)).toBe(151_277_313);
    expect(count(clipVision(CLIP_VIT_B16), CLIP_TEXT)).toBe(149_620_737);
    expect(count(clipVision(CLIP_VIT_L14), CLIP_TEXT_L14)).toBe(427_616_513);
    expect(count(clipVision(CLIP_VIT_L14_336), CLIP_TEXT_L14)).toBe(427_944_193);
    expect(count(clipResnet(presets.CLIP_RN50), presets.CLIP_TEXT_RN50)).toBe(102_007_137);
    expect(count(clipResnet(presets.CLIP_RN101), CLIP_TEXT)).toBe(119_688_033);
    expect(count(clipResnet(presets.CLIP_RN50X4), presets.CLIP_TEXT_RN50X4)).toBe(178_300_601);
    expect(count(clipResnet(presets.CLIP_RN50X16), presets.CLIP_TEXT_L14)).toBe(290_979_217);
    expect(count(clipResnet(presets.CLIP_RN50X64), presets.CLIP_TEXT_RN50X64)).toBe(623_258_305);
  });

  it('compares images with texts by cosine: the length of a descriptor makes no difference', () => {
    const visual = clipVision({ imageSize: [8, 8], patch: 4, width: 12, depth: 1, heads: 3, projectedWidth: 5 });
    const clip = new Clip({ visual, text: clipText({ ...SMALL, depth: 1 }) });
    initializeParameters(clip, Random.seed(1));
    const compare = (factor: number): number[] =>
      scoped(() => {
        const images = tensor(Random.seed(2).normal(10), [2, 5]);
        const texts = tensor(Random.seed(3).normal(15).map((value) => value * factor), [3, 5]); // prettier-ignore
        const { perImage, perText } = clip.compare(images, texts);
        expect([perImage.shape, perText.shape]).toEqual([[2, 3], [3, 2]]); // prettier-ignore
        return [...perImage.dataSync()];
      });
    const [once, longer] = [compare(1), compare(7)];
    once.forEach((value, i) => expect(longer[i]).toBeCloseTo(value, 4));
    once.forEach((value) => expect(Math.abs(value)).toBeLessThanOrEqual(1 / 0.07 + 1e-4));
    disposeModule(clip);
  });
});
