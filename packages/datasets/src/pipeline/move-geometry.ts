import type { Box, GeometryStep, Picture, PictureSize } from '@reidkit/core-tensor/base';
import { pixelEngine, type PixelEngine, type Surface } from '../pixels/pixel-engine.ts';

const BLACK = [0, 0, 0] as const;

/** Size after a step. */
export function movedSize(step: GeometryStep, size: PictureSize): PictureSize {
  return step.step === 'flip' ? size : { width: step.width, height: step.height };
}

/** A box after a step; it may reach past the edges of a window. */
export function moveBox(step: GeometryStep, size: PictureSize, [x0, y0, x1, y1]: Box): Box {
  if (step.step === 'resize') {
    const x = step.width / size.width;
    const y = step.height / size.height;
    return [x0 * x, y0 * y, x1 * x, y1 * y];
  }
  if (step.step === 'flip') return [size.width - x1, y0, size.width - x0, y1];
  if (step.imageOnly) return [x0, y0, x1, y1];
  return [x0 - step.left, y0 - step.top, x1 - step.left, y1 - step.top];
}

function moveSurface(engine: PixelEngine, step: GeometryStep, surface: Surface): Surface {
  const { width, height } = surface;
  if (step.step === 'resize') return engine.resize(surface, step.width, step.height, 'nearest');
  if (step.step === 'flip') return engine.window(surface, { mirrored: true, left: 0, top: 0, width, height, fill: BLACK });
  return step.imageOnly ? surface : engine.window(surface, { ...step, mirrored: false, fill: BLACK });
}

/** A mask after several steps: resized to the nearest value, 0 outside. */
export function moveMask(steps: readonly GeometryStep[], mask: Picture): Picture {
  if (steps.length === 0) return mask;
  const engine = pixelEngine();
  engine.reset();
  return engine.read(steps.reduce((surface, step) => moveSurface(engine, step, surface), engine.load(mask)));
}
