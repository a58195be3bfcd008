import type { PictureSize } from '@reidkit/core-tensor/base';
import { roundHalfEven } from './round-half-even.ts';

/** A rectangle of whole pixels. */
export interface PixelBox {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** How random erasing draws its box. */
export interface ErasingRule {
  readonly probability: number;
  /** Least and largest share of the image's area. */
  readonly area: readonly [number, number];
  /** Least and largest height over width. */
  readonly aspect: readonly [number, number];
  /** `timm`: aspect log-uniform, erases when the draw is at most the probability; `original`: uniform, when it is below. */
  readonly law: 'timm' | 'original';
  readonly attempts: number;
}

const between = (draw: number, [low, high]: readonly [number, number]): number => low + (high - low) * draw;

const wholeUpTo = (draw: number, highest: number): number => Math.min(highest, Math.floor(draw * (highest + 1)));

/**
 * Draws the box to erase, or null. `uniform` gives numbers in [0, 1), used in this order: one for the probability, then per attempt area and
 * aspect, and top and left once a box is smaller than the image both ways.
 * @see Zhong et al., "Random erasing data augmentation" (AAAI 2020), https://arxiv.org/abs/1708.04896
 */
export function drawErasingBox(uniform: () => number, { width, height }: PictureSize, rule: ErasingRule): PixelBox | null {
  const draw = uniform();
  const isErased = rule.law === 'timm' ? draw <= rule.probability : draw < rule.probability;
  if (!isErased) return null;
  for (let attempt = 0; attempt < rule.attempts; attempt++) {
    const area = between(uniform(), rule.area) * width * height;
    const aspect =
      rule.law === 'timm'
        ? Math.exp(between(uniform(), [Math.log(rule.aspect[0]), Math.log(rule.aspect[1])]))
        : between(uniform(), rule.aspect);
    const box = { height: roundHalfEven(Math.sqrt(area * aspect)), width: roundHalfEven(Math.sqrt(area / aspect)) };
    if (box.width < width && box.height < height) {
      const top = wholeUpTo(uniform(), height - box.height);
      return { ...box, top, left: wholeUpTo(uniform(), width - box.width) };
    }
  }
  return null;
}
