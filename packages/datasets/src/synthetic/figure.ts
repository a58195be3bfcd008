import type { Appearance } from './appearance.ts';
import { bagSolids } from './bag-solids.ts';
import type { Colour, Rgb } from './colour.ts';
import { headSolids } from './head-solids.ts';
import { lowerSolids } from './lower-solids.ts';
import { skeleton, type Pose } from './skeleton.ts';
import type { Solid } from './solid.ts';
import type { Tailor } from './tailor.ts';
import { upperSolids } from './upper-solids.ts';

/** How a figure is dressed and seen. */
export interface FigureOptions {
  readonly pose: Pose;
  /** Number of the outfit, from 0. */
  readonly outfit?: number;
  /** Near infrared light instead of colours. */
  readonly infrared?: boolean;
  /** Where folds of cloth lie, in radians. */
  readonly folds?: number;
}

const visible = (colour: Colour): Rgb => colour.rgb;
const infrared = (colour: Colour): Rgb => [colour.infrared, colour.infrared, colour.infrared];

/** A person as solids in its own space: metres, x to its left, y up from the ground, z to its front. */
export function figure(person: Appearance, options: FigureOptions): Solid[] {
  const { pose, outfit = 0, folds = 0 } = options;
  const worn = person.outfits[outfit] ?? person.outfits[0]!;
  const tailor: Tailor = {
    person,
    outfit: worn,
    joints: skeleton(person.build, pose),
    size: person.build.height / 1.75,
    tone: options.infrared ? infrared : visible,
    phase: folds,
  };
  return [...lowerSolids(tailor), ...upperSolids(tailor), ...headSolids(tailor, pose.gaze), ...bagSolids(tailor)];
}
