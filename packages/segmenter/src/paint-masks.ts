import { ReidError, type Picture } from '@reidkit/core-tensor';

/** Red, green and blue from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Colours of masks in their order; after the last the first comes again. */
export const MASK_COLOURS: readonly Colour[] = [
  [47, 125, 225],
  [232, 113, 10],
  [18, 165, 148],
  [169, 75, 214],
  [224, 177, 0],
  [214, 51, 108],
];

/** How masks are painted. */
export interface PaintOptions {
  /** Colours of the masks in their order. Default: {@link MASK_COLOURS}. */
  readonly colours?: readonly Colour[];
  /** How much of the picture the inside covers, from 0 to 1; the edge covers all. Default: 0.45. */
  readonly opacity?: number;
}

/** Whether a pixel above 0 has a neighbour that is not, or lies at the border. */
function isEdge(mask: ArrayLike<number>, at: number, width: number, height: number): boolean {
  const x = at % width;
  const y = (at - x) / width;
  if (x === 0 || y === 0 || x === width - 1 || y === height - 1) return true;
  return [at - 1, at + 1, at - width, at + width].some((place) => !(mask[place]! > 0));
}

/** A picture with masks painted over it, each `[height, width]` row by row and above 0 inside. Throws SHAPE_MISMATCH for another size. */
export function paintMasks(
  picture: Picture,
  masks: readonly ArrayLike<number>[],
  { colours = MASK_COLOURS, opacity = 0.45 }: PaintOptions = {},
): Picture {
  const { width, height, channels } = picture;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = picture.data[channels === 3 ? i : Math.floor(i / 3)]!;
  masks.forEach((mask, k) => {
    if (mask.length !== width * height) {
      throw new ReidError('SHAPE_MISMATCH', `Mask ${k} has ${mask.length} pixels, the picture ${width * height}.`);
    }
    const colour = colours[k % colours.length]!;
    for (let at = 0; at < mask.length; at++) {
      if (!(mask[at]! > 0)) continue;
      const cover = isEdge(mask, at, width, height) ? 1 : opacity;
      for (let c = 0; c < 3; c++) data[3 * at + c] = Math.round(data[3 * at + c]! * (1 - cover) + colour[c]! * cover);
    }
  });
  return { width, height, channels: 3, data };
}
