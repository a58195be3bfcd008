import { defineComponent, type Picture, type PictureSize, type PictureTransform } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { PixelBox } from './erasing-box.ts';

/** How Instruct-ReID's erasing draws. */
export interface SolidErasingRule {
  /** Compared with a draw from −1 to 1: 0.8 erases 90 % of images. */
  readonly threshold: number;
  readonly area: readonly [number, number];
  readonly aspect: readonly [number, number];
}

/** A box and the colour it gets, RGB from 0 to 255. */
export interface SolidErasing {
  readonly box: PixelBox;
  readonly color: readonly [number, number, number];
}

/** The published code tries for ever; boxes that fit are so common that this bound is never met. */
const ATTEMPTS = 1000;

/**
 * Draws box and colour, or null. `uniform` gives numbers in [0, 1), used in this order: one for the threshold, then per attempt area,
 * aspect, x and y, and red, green and blue after the accepted one. Sides are real numbers; corners are rounded up, the far ones from the
 * rounded near ones, as in Instruct-ReID's code.
 */
export function drawSolidErasing(uniform: () => number, { width, height }: PictureSize, rule: SolidErasingRule): SolidErasing | null {
  if (-1 + 2 * uniform() > rule.threshold) return null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = (rule.area[0] + (rule.area[1] - rule.area[0]) * uniform()) * width * height;
    const aspect = rule.aspect[0] + (rule.aspect[1] - rule.aspect[0]) * uniform();
    const tall = Math.sqrt(area * aspect);
    const wide = Math.sqrt(area / aspect);
    const x = uniform() * (width - wide);
    const y = uniform() * (height - tall);
    if (x > 0 && y > 0 && x + wide <= width && y + tall <= height) {
      const left = Math.ceil(x);
      const top = Math.ceil(y);
      const right = Math.min(width, Math.floor(left + wide));
      const bottom = Math.min(height, Math.floor(top + tall));
      const color = [Math.floor(uniform() * 256), Math.floor(uniform() * 256), Math.floor(uniform() * 256)] as const;
      return { box: { top, left, height: bottom - top, width: right - left }, color };
    }
  }
  return null;
}

/** The picture with a box in one colour. */
export function paintBox(picture: Picture, { box, color }: SolidErasing): Picture {
  const data = picture.data.slice();
  for (let y = box.top; y < box.top + box.height; y++) {
    for (let x = box.left; x < box.left + box.width; x++) data.set(color, (y * picture.width + x) * 3);
  }
  return { ...picture, data };
}

/** `transform/solid-erasing`: one box in one random colour, before normalisation. */
export const solidErasing = defineComponent({
  summary: 'Paints a random box in one random colour, as Instruct-ReID does, before normalisation.',
  paper: 'https://arxiv.org/abs/2306.07520',
  options: z.strictObject({
    threshold: z.number().min(-1).max(1).default(0.8).describe('compared with a draw from -1 to 1, so 0.8 erases 90 % of the images'),
    area: z
      .tuple([z.number().min(0).max(1), z.number().min(0).max(1)])
      .default([0.02, 0.2])
      .describe('least and largest share of the area'),
    aspect: z
      .tuple([z.number().positive(), z.number().positive()])
      .default([0.3, 1 / 0.3])
      .describe('least and largest height over width'),
  }),
  build: (rule): PictureTransform => ({
    stage: 'picture',
    apply: (sample, draws) => {
      const erasing = drawSolidErasing(() => draws.uniform(), sample.image, rule);
      return erasing ? { ...sample, image: paintBox(sample.image, erasing) } : sample;
    },
  }),
});
