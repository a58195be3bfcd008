import type { Appearance, Outfit } from './appearance.ts';
import type { Colour, Rgb } from './colour.ts';
import { plain, type Fabric, type Paint } from './fabric.ts';
import type { Skeleton } from './skeleton.ts';
import type { Make, PartName, Piece } from './solid.ts';

/** What is known when solids are made: who, in which clothes, how held, and in which light colours are seen. */
export interface Tailor {
  readonly person: Appearance;
  readonly outfit: Outfit;
  readonly joints: Skeleton;
  /** Metres per metre of a person 1.75 m tall. */
  readonly size: number;
  /** How a colour is seen: by its colours, or by its near infrared alone. */
  readonly tone: (colour: Colour) => Rgb;
  /** Where folds lie, differently in every picture. */
  readonly phase: number;
}

/** A fabric of a paint; `folds` from 0 (stiff) to 1. */
const fabric = (tailor: Tailor, paint: Paint, folds = 0.5): Fabric => ({ paint, folds, phase: tailor.phase });

/** What to make a solid of: a paint on a part. */
export const make = (tailor: Tailor, piece: Piece, part: PartName, paint: Paint, folds?: number): Make => ({
  fabric: fabric(tailor, paint, folds),
  part,
  piece,
});

/** Bare skin on a part. */
export const skin = (tailor: Tailor, part: PartName): Make => make(tailor, 'body', part, plain(tailor.tone(tailor.person.skin)), 0);
