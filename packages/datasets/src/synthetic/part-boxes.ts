import type { Box } from '@reidkit/core-tensor/base';
import { PARTS, type PartName } from './solid.ts';

/** The smallest box around the pixels for which `holds` is true, or null when there are none. */
export function boxAround(mask: Uint8Array, width: number, holds: (value: number) => boolean): Box | null {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -1, -1];
  for (let at = 0; at < mask.length; at++) {
    if (!holds(mask[at]!)) continue;
    const x = at % width;
    const y = (at - x) / width;
    x0 = Math.min(x0, x);
    y0 = Math.min(y0, y);
    x1 = Math.max(x1, x);
    y1 = Math.max(y1, y);
  }
  return x1 < 0 ? null : [x0, y0, x1 + 1, y1 + 1];
}

/** Tight boxes of the parts that can be seen in a part mask, and of `legs`, lower body and feet; parts out of sight are left out. */
export function partBoxes(mask: Uint8Array, width: number): Partial<Record<PartName | 'legs', Box>> {
  const boxes: Partial<Record<PartName | 'legs', Box>> = {};
  for (const [name, part] of Object.entries(PARTS) as [PartName, number][]) {
    const box = boxAround(mask, width, (value) => value === part);
    if (box) boxes[name] = box;
  }
  const legs = boxAround(mask, width, (value) => value === PARTS.lower || value === PARTS.foot);
  return legs ? { ...boxes, legs } : boxes;
}
