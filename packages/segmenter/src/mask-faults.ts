import type { Box, PictureSize } from '@reidkit/core-tensor';
import { largestComponent } from './largest-component.ts';
import { maskBox } from './mask-box.ts';

/** What can be odd about the mask of a person in a box. */
export type MaskFault = 'empty' | 'outside' | 'small' | 'large' | 'scattered';

/** Share of the box by which a mask may reach beyond it on each side. */
const MARGIN = 0.1;
/** Shares of the box's area that a mask should have. */
const AREA = { least: 0.05, most: 0.95 };
/** Share of the mask that should hang together. */
const TOGETHER = 0.9;

/**
 * What is odd about a mask, `[height, width]` row by row, of whoever is in a box: empty, more than a tenth outside of the box, below 5 % or
 * above 95 % of its area, or not hanging together.
 */
export function maskFaults(mask: ArrayLike<number>, box: Box, size: PictureSize): MaskFault[] {
  const around = maskBox(mask, size);
  if (!around) return ['empty'];
  const [x0, y0, x1, y1] = box;
  const [width, height] = [x1 - x0, y1 - y0];
  const grown = [x0 - MARGIN * width, y0 - MARGIN * height, x1 + MARGIN * width, y1 + MARGIN * height] as const;
  const { all, largest } = largestComponent(mask, size);
  const share = all / (width * height);
  const faults: readonly (readonly [MaskFault, boolean])[] = [
    ['outside', around[0] < grown[0] || around[1] < grown[1] || around[2] > grown[2] || around[3] > grown[3]],
    ['small', share < AREA.least],
    ['large', share > AREA.most],
    ['scattered', largest / all <= TOGETHER],
  ];
  return faults.filter(([, holds]) => holds).map(([fault]) => fault);
}
