import { defineComponent, type FloatImage, type FloatTransform, type RandomStream } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { pixelEngine } from '../pixels/pixel-engine.ts';
import { drawErasingBox, type PixelBox } from './erasing-box.ts';

/** What an erased box is filled with: noise for every number, one random colour, or a given colour in normalised units. */
export type ErasingFill = 'noise' | 'color' | readonly [number, number, number];

/** Writes `values` `[height, width, 3]` over a box of the image. */
export function eraseWith(image: FloatImage, { top, left, height, width }: PixelBox, values: Float32Array): void {
  for (let y = 0; y < height; y++) {
    image.data.set(values.subarray(y * width * 3, (y + 1) * width * 3), ((top + y) * image.width + left) * 3);
  }
}

function fillValues(count: number, fill: ErasingFill, draws: RandomStream): Float32Array {
  if (fill === 'noise') {
    const engine = pixelEngine();
    engine.reset();
    return engine.normals(count, [draws.bits(), draws.bits(), draws.bits(), draws.bits() | 1]);
  }
  const color = fill === 'color' ? [draws.normal(), draws.normal(), draws.normal()] : fill;
  return Float32Array.from({ length: count }, (_, i) => color[i % 3]!);
}

const share = z.number().min(0).max(1);

/** `transform/random-erasing`: fills a random box after normalisation. */
export const randomErasing = defineComponent({
  summary: 'Fills a random box of the normalised image with noise, a random colour or a given one.',
  paper: 'https://arxiv.org/abs/1708.04896',
  options: z.strictObject({
    probability: share.default(0.5).describe('share of images that are erased'),
    area: z
      .tuple([share, share])
      .default([0.02, 1 / 3])
      .describe('least and largest share of the area'),
    aspect: z
      .tuple([z.number().positive(), z.number().positive()])
      .default([0.3, 1 / 0.3])
      .describe('least and largest height over width'),
    law: z.enum(['timm', 'original']).default('timm').describe('how the aspect is drawn: log-uniform (timm) or uniform (original)'),
    attempts: z.number().int().min(1).max(1000).default(10).describe('tries to find a box that fits; the original code makes 100'),
    fill: z
      .union([z.enum(['noise', 'color']), z.tuple([z.number(), z.number(), z.number()])])
      .default('noise')
      .describe('normal noise, one random colour, or RGB in normalised units'),
  }),
  build: ({ fill, ...rule }): FloatTransform => ({
    stage: 'float',
    apply: (image, draws) => {
      const box = drawErasingBox(() => draws.uniform(), image, rule);
      if (box) eraseWith(image, box, fillValues(box.width * box.height * 3, fill, draws));
    },
  }),
});
