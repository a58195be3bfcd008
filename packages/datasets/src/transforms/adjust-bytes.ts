import type { Picture } from '@reidkit/core-tensor/base';
import { pixelEngine } from '../pixels/pixel-engine.ts';

/** The four things that colour jitter changes. */
export type Adjustment = 'brightness' | 'contrast' | 'saturation' | 'hue';

/**
 * One adjustment of an RGB picture as Pillow makes it, rounded to bytes. The amount is a factor (1 changes nothing), for hue a share of the
 * colour circle in [−0.5, 0.5].
 */
export function adjustBytes(picture: Picture, adjustment: Adjustment, amount: number): Picture {
  const engine = pixelEngine();
  engine.reset();
  const surface = engine.load(picture);
  if (adjustment === 'brightness') engine.blendAll(surface, 0, amount);
  else if (adjustment === 'contrast') engine.blendAll(surface, Math.trunc(engine.meanGrey(surface) + 0.5), amount);
  else if (adjustment === 'saturation') engine.saturate(surface, amount);
  else engine.turnHue(surface, Math.trunc(amount * 255));
  return engine.read(surface);
}
