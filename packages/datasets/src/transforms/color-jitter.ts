import { defineComponent, type Picture, type PictureTransform, type RandomStream } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { adjustBytes, type Adjustment } from './adjust-bytes.ts';
import { adjustFloats } from './adjust-floats.ts';

/** Adjustments in the order in which they are made. */
export type Adjustments = readonly { readonly adjustment: Adjustment; readonly amount: number }[];

/** Adjusts in float32 without rounding between the steps; rounded once at the end. */
function adjustInFloats(picture: Picture, adjustments: Adjustments): Picture {
  let pixels: Float32Array = Float32Array.from(picture.data, (byte) => byte / 255);
  for (const { adjustment, amount } of adjustments) pixels = adjustFloats(pixels, adjustment, amount);
  return { ...picture, data: Uint8Array.from(pixels, (value) => Math.round(value * 255)) };
}

/** Makes several adjustments: in bytes after each, as Pillow does, or in floats to the end, as torchvision does on tensors. */
export function adjustColors(picture: Picture, adjustments: Adjustments, arithmetic: 'bytes' | 'floats'): Picture {
  if (adjustments.length === 0) return picture;
  if (arithmetic === 'floats') return adjustInFloats(picture, adjustments);
  return adjustments.reduce((adjusted, { adjustment, amount }) => adjustBytes(adjusted, adjustment, amount), picture);
}

const NAMES = ['brightness', 'contrast', 'saturation', 'hue'] as const;

const strength = (what: string) => z.number().min(0).max(10).default(0).describe(`${what} is multiplied by a factor within 1 ± this`);

/** `transform/color-jitter`: brightness, contrast, saturation and hue, in random order. */
export const colorJitter = defineComponent({
  summary: 'Changes brightness, contrast, saturation and hue by random amounts in random order.',
  options: z.strictObject({
    brightness: strength('brightness'),
    contrast: strength('contrast'),
    saturation: strength('saturation'),
    hue: z.number().min(0).max(0.5).default(0).describe('hue turns by up to this share of the colour circle'),
    probability: z.number().min(0).max(1).default(1).describe('share of images that are changed'),
    arithmetic: z.enum(['bytes', 'floats']).default('bytes').describe('bytes: rounded after each change, as Pillow; floats: at the end'),
  }),
  build: ({ probability, arithmetic, ...strengths }): PictureTransform => {
    const drawAmount = (name: Adjustment, draws: RandomStream): number => {
      const range = strengths[name];
      return name === 'hue' ? draws.uniform(-range, range) : draws.uniform(Math.max(0, 1 - range), 1 + range);
    };
    return {
      stage: 'picture',
      apply: (sample, draws) => {
        if (!draws.chance(probability)) return sample;
        const adjustments = draws
          .shuffle(NAMES)
          .filter((name) => strengths[name] > 0)
          .map((adjustment) => ({ adjustment, amount: drawAmount(adjustment, draws) }));
        return { ...sample, image: adjustColors(sample.image, adjustments, arithmetic) };
      },
    };
  },
});
