import type { Rgb } from './colour.ts';
import { dot, type Vector } from './vector.ts';

/** Light of a place, in the camera's own directions: x right, y down, z away from the camera. */
export interface Light {
  /** Towards the sun (or the lamp), of length 1. */
  readonly towards: Vector;
  readonly sun: Rgb;
  /** Light from all around, strongest from above. */
  readonly sky: Rgb;
}

/** A colour in the light, on a face that looks along `normal` (x right, y down, z away; of length 1). */
export function lit(colour: Rgb, light: Light, normal: Vector): Rgb {
  const sun = Math.max(0, (dot(normal, light.towards) + 0.25) * 0.8);
  const sky = 0.62 - 0.38 * normal[1];
  return [
    colour[0] * (light.sun[0] * sun + light.sky[0] * sky),
    colour[1] * (light.sun[1] * sun + light.sky[1] * sky),
    colour[2] * (light.sun[2] * sun + light.sky[2] * sky),
  ];
}
