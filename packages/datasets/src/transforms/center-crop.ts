import { defineComponent, type GeometryStep, type GeometryTransform, type PictureSize } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { fillColor } from './fill-color.ts';
import { roundHalfEven } from './round-half-even.ts';

const pixels = z.number().int().min(1).max(16384);

/** Where the window starts along one axis: torchvision pads first (floor before, ceil after) and rounds halves to even. */
function start(length: number, window: number): number {
  const before = window > length ? Math.trunc((window - length) / 2) : 0;
  return roundHalfEven((Math.max(length, window) - window) / 2) - before;
}

/** torchvision's centre crop as a step: an image smaller than the window is padded. */
export function centerWindow(size: PictureSize, window: PictureSize, fill: readonly [number, number, number] = [0, 0, 0]): GeometryStep {
  const { width, height } = window;
  return { step: 'window', left: start(size.width, width), top: start(size.height, height), width, height, fill };
}

/** `transform/center-crop`: cuts out the middle. */
export const centerCrop = defineComponent({
  summary: 'Cuts a window out of the middle; a smaller image is padded.',
  options: z.strictObject({ height: pixels.describe('pixels'), width: pixels.describe('pixels'), fill: fillColor }),
  build: ({ height, width, fill }): GeometryTransform => ({
    stage: 'geometry',
    plan: (size) => [centerWindow(size, { width, height }, fill)],
  }),
});
