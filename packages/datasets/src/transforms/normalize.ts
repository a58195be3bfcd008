import { defineComponent, type NormalizeTransform } from '@reidkit/core-tensor/base';
import { z } from 'zod';

type Triple = [number, number, number];

/** Constants in use, for values in [0, 1]. */
export const NORMALIZATIONS = {
  half: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  imagenet: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
  clip: { mean: [0.48145466, 0.4578275, 0.40821073], deviation: [0.26862954, 0.26130258, 0.27577711] },
} as const satisfies Record<string, { mean: Triple; deviation: Triple }>;

const options = z.union([
  z.strictObject({ constants: z.enum(['half', 'imagenet', 'clip']).describe('half: CLIP-ReID and MUVA; imagenet: IRM; clip: OpenAI’s') }),
  z.strictObject({
    mean: z.tuple([z.number(), z.number(), z.number()]).describe('of red, green and blue, on the scale'),
    deviation: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).describe('of red, green and blue'),
    scale: z.number().positive().default(1).describe('value of a white pixel before mean and deviation: 1, or 255 as in fast-reid and SAM'),
  }),
]);

/**
 * What each byte becomes, `[3, 256]`, with the roundings of float32 that PyTorch makes: byte / 255, times scale, minus mean, over deviation.
 */
export function normalizationLevels({ mean, deviation, scale }: Omit<NormalizeTransform, 'stage'>): Float32Array {
  const levels = new Float32Array(3 * 256);
  for (let channel = 0; channel < 3; channel++) {
    for (let byte = 0; byte < 256; byte++) {
      const value = Math.fround(Math.fround(byte / 255) * scale);
      levels[channel * 256 + byte] = Math.fround(value - Math.fround(mean[channel]!)) / Math.fround(deviation[channel]!);
    }
  }
  return levels;
}

/** `transform/normalize`: from bytes to floats. */
export const normalize = defineComponent({
  summary: 'Turns bytes into floats: (value − mean) / deviation of each colour.',
  options,
  build: (chosen): NormalizeTransform => {
    const constants = 'constants' in chosen ? { ...NORMALIZATIONS[chosen.constants], scale: 1 } : chosen;
    return { stage: 'normalize', ...constants };
  },
});
