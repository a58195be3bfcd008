import {
  countParameters,
  EVALUATION,
  hostTensor,
  initializeParameters,
  initialState,
  loadStateDict,
  Random,
  referenceBackend,
  scoped,
  toTensor,
  useBackend,
} from '@reidkit/core-tensor';
import { conformanceFaults, decoderConformance, encoderConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { PromptEncoder } from './prompt-encoder.ts';
import { SamDecoder } from './sam-decoder.ts';
import { SamEncoder } from './sam-encoder.ts';
import { SAM_TINY, SAM_VIT_B, SAM_VIT_H, SAM_VIT_L } from './sam-presets.ts';
import { Sam } from './sam.ts';
import { WindowedAttention } from './windowed-attention.ts';

beforeAll(() => useBackend(referenceBackend));

const SMALL = {
  imageSize: [24, 16] as [number, number],
  patch: 4,
  width: 8,
  depth: 2,
  heads: 2,
  outputWidth: 6,
  window: 4,
  globalLayers: [1],
};

describe("SAM's encoder", () => {
  it('keeps to what every encoder keeps to', async () => {
    // A key's bias moves all scores of a query alike; positions begin at zero, and so do gradients by what multiplies them.
    expect(await conformanceFaults(encoderConformance(() => new SamEncoder(SMALL)))).toEqual([]);
  }, 60_000);

  it('refuses sizes that do not fit', () => {
    expect(() => new SamEncoder({ width: 10, heads: 4 })).toThrow(/divisor of/);
    expect(() => new SamEncoder({ imageSize: [8, 8], patch: 16 })).toThrow(/at least one patch/);
  });
});

describe('attention over a whole grid', () => {
  it('gives the same row by row of the grid, few or all at once', () => {
    const sizes = { width: 8, heads: 2, grid: [5, 3] as const, window: 0, tableSide: 5 };
    const [all, few] = [undefined, 100].map((scoresAtOnce) => new WindowedAttention({ ...sizes, ...(scoresAtOnce ? { scoresAtOnce } : {}) })); // prettier-ignore
    const numbers = initialState(all!, Random.seed(1));
    const tables = Object.fromEntries(
      ['rel_pos_h', 'rel_pos_w'].map((name) => [name, hostTensor(Random.seed(2).fork(name).normal(36), [9, 4])]),
    );
    const [whole, banded] = [all!, few!].map((layer) => {
      loadStateDict(layer, { ...numbers, ...tables });
      return scoped(() => layer.forward(toTensor(hostTensor(Random.seed(3).normal(2 * 15 * 8), [2, 15, 8])), EVALUATION)).dataSync();
    });
    banded!.forEach((value, i) => expect(value).toBeCloseTo(whole![i]!, 5));
  });
});

describe('parameters', () => {
  it.each([
    ['ViT-B', SAM_VIT_B, 89_670_912],
    ['ViT-L', SAM_VIT_L, 308_278_272],
    ['ViT-H', SAM_VIT_H, 637_026_048],
  ])("of %s are as many as SAM's, without holding them", (_name, options, encoder) => {
    const sam = new Sam(options);
    expect(countParameters(sam.image_encoder).total).toBe(encoder);
    expect(countParameters(sam.prompt_encoder).total).toBe(6_220);
    expect(countParameters(sam.mask_decoder).total).toBe(4_058_340);
  });
});

describe("SAM's decoder", () => {
  const make = (): SamDecoder => new SamDecoder({ width: 8, heads: 2, hidden: 12, choices: 2, qualityHidden: 6 });

  it('keeps to what every decoder keeps to', async () => {
    expect(await conformanceFaults(decoderConformance(make))).toEqual([]);
  }, 60_000);

  it('takes one image for all prompts as the image repeated', async () => {
    const decoder = make();
    initializeParameters(decoder, Random.seed(1));
    const map = (name: string, rows: number): ReturnType<typeof toTensor> =>
      toTensor(
        hostTensor(
          Random.seed(2)
            .fork(name)
            .normal(rows * 8 * 6),
          [rows, 8, 3, 2],
        ),
      );
    const numbers = scoped(() => {
      const one = map('image', 1);
      const call = {
        positions: map('positions', 1),
        dense: map('dense', 2),
        sparse: toTensor(hostTensor(Random.seed(3).normal(32), [2, 2, 8])),
      };
      const repeated = toTensor(hostTensor([...one.dataSync(), ...one.dataSync()], [2, 8, 3, 2]));
      return [one, repeated].map((image) => decoder.forward({ ...call, image }, EVALUATION).logits.dataSync());
    });
    expect(numbers[0]).toEqual(numbers[1]);
  });

  it('refuses prompts and images that do not meet', () => {
    const decoder = make();
    initializeParameters(decoder, Random.seed(1));
    const zeros = (shape: number[]): ReturnType<typeof toTensor> =>
      toTensor(hostTensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape));
    const call = { image: zeros([1, 8, 3, 2]), positions: zeros([1, 8, 3, 2]), sparse: zeros([2, 2, 8]), dense: zeros([2, 8, 3, 2]) };
    expect(() => decoder.forward({ ...call, image: zeros([3, 8, 3, 2]) }, EVALUATION)).toThrow(/image vectors/);
    expect(() => decoder.forward({ ...call, sparse: zeros([1, 2, 8]) }, EVALUATION)).toThrow(/sparse prompts/);
  });
});

describe('the prompt encoder', () => {
  const make = (): PromptEncoder => {
    const encoder = new PromptEncoder({ width: 8, grid: [3, 2], imageSize: [12, 8] });
    initializeParameters(encoder, Random.seed(1));
    return encoder;
  };
  const numbers = (data: readonly number[], shape: number[], dtype?: 'int32'): ReturnType<typeof toTensor> =>
    toTensor(hostTensor(data, shape, dtype));

  it('puts the middle of a pixel where the middle of its cell is', () => {
    const encoder = make();
    scoped(() => {
      const [cell, pixel] = [encoder.positions(), encoder.pe_layer.forward(numbers([0.25, 0.5], [1, 1, 2]))];
      // Row 1 and column 0 of the 3 × 2 grid.
      pixel.dataSync().forEach((value, channel) => expect(cell.dataSync()[channel * 6 + 2]).toBeCloseTo(value, 5));
    });
  });

  it('forgets the place of a point that is none, and says when nothing was asked', () => {
    const encoder = make();
    scoped(() => {
      const at = (x: number): Float32Array | Int32Array | Uint8Array =>
        encoder
          .forward({ points: { places: numbers([x, 3], [1, 1, 2]), labels: numbers([-1], [1, 1], 'int32') } }, EVALUATION)
          .sparse.dataSync();
      expect(at(1)).toEqual(at(6));
    });
    expect(() => encoder.forward({}, EVALUATION)).toThrow(/no prompt/);
    expect(() => encoder.forward({ boxes: numbers([1, 2, 3], [1, 3]) }, EVALUATION)).toThrow(/boxes of the prompt/);
  });

  it('the smallest model is small', () => {
    expect(countParameters(new Sam(SAM_TINY)).total).toBeLessThan(100_000);
  });
});
