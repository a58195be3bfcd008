import type { ReportRegionCard, ReportRegions } from './picture-data.ts';
import type { ReportImage } from './report-data.ts';
import { THUMBNAIL } from './thumbnail.ts';

/** Colours of values from 0 to 1, evenly spaced (viridis): the same on every picture. */
export const HEAT_COLOURS = ['#440154', '#3b528b', '#21918c', '#5ec962', '#fde725'] as const;

/** Colours of parts, in their order; the eleventh part has that of the first again. */
const PART_COLOURS = ['#2f7de1', '#e8710a', '#12a594', '#a94bd6', '#e0b100', '#d6336c', '#5bb418', '#8d6e63', '#00a8c6', '#7f8a99'] as const; // prettier-ignore

/** The colour of a part on the map of all parts. */
export const partColour = (part: number): string => PART_COLOURS[part % PART_COLOURS.length]!;

type Colour = readonly [red: number, green: number, blue: number];

const rgb = (hex: string): Colour => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Colour;

const HEAT = HEAT_COLOURS.map(rgb);
const PARTS = PART_COLOURS.map(rgb);

/** The colour of a value in [0, 1], between those of the scale. */
export function heatColour(value: number): Colour {
  const place = Math.min(1, Math.max(0, Number.isFinite(value) ? value : 0)) * (HEAT.length - 1);
  const low = Math.min(HEAT.length - 2, Math.floor(place));
  return HEAT[low]!.map((channel, i) => channel + (place - low) * (HEAT[low + 1]![i]! - channel)) as unknown as Colour;
}

/** A mask between the centres of its cells; `x` and `y` in cells from the corner of the grid. Beyond the outer centres it stays as there. */
export function sampleMask(mask: ArrayLike<number>, [rows, columns]: readonly [number, number], x: number, y: number): number {
  const u = Math.min(columns - 1, Math.max(0, x - 0.5));
  const v = Math.min(rows - 1, Math.max(0, y - 0.5));
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const [right, bottom] = [Math.min(columns - 1, left + 1), Math.min(rows - 1, top + 1)];
  const at = (row: number, column: number): number => mask[row * columns + column]!;
  const upper = at(top, left) + (u - left) * (at(top, right) - at(top, left));
  const lower = at(bottom, left) + (u - left) * (at(bottom, right) - at(bottom, left));
  return upper + (v - top) * (lower - upper);
}

/** The part with the largest value, or −1 where what is left to 1 is larger: the background. */
export function largestPart(values: readonly number[]): number {
  const rest = 1 - values.reduce((sum, value) => sum + value, 0);
  const most = Math.max(...values);
  return rest > most ? -1 : values.indexOf(most);
}

interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Size of the original. */
  readonly original: readonly [width: number, height: number];
}

async function readPixels(image: ReportImage): Promise<Pixels> {
  const { default: sharp } = await import('sharp');
  const source = sharp('bytes' in image ? image.bytes : image.file);
  const { width, height } = await source.metadata();
  const small = source
    .resize(THUMBNAIL.width, THUMBNAIL.height, { fit: 'inside' })
    .flatten({ background: '#808080' })
    .toColourspace('srgb');
  const { data, info } = await small.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, original: [width, height] };
}

/** Where a place of the original lies on the grid, in cells: the way back from the model's image, which is `toOriginal` undone. */
function toGrid(
  { toOriginal: [a, b, c, d, e, f], imageSize }: { toOriginal: readonly number[]; imageSize: readonly [number, number] },
  [rows, columns]: readonly [number, number],
): (x: number, y: number) => [number, number] {
  const determinant = a! * e! - b! * d!;
  return (x, y) => {
    const u = (e! * (x - c!) - b! * (y - f!)) / determinant;
    const v = (a! * (y - f!) - d! * (x - c!)) / determinant;
    return [(u / imageSize[1]) * columns, (v / imageSize[0]) * rows];
  };
}

/** Share of the colour over the grey picture below it. */
const COVER = 0.6;

/** Draws over a picture: its colour for each place of the grid, null for none; where the model saw nothing the picture stays. */
async function overlay(
  { data, width, height, original }: Pixels,
  place: (x: number, y: number) => [number, number],
  [rows, columns]: readonly [number, number],
  colourAt: (x: number, y: number) => Colour | null,
): Promise<string> {
  const { default: sharp } = await import('sharp');
  const drawn = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = (row * width + column) * 3;
      const grey = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
      const [x, y] = place(((column + 0.5) * original[0]) / width, ((row + 0.5) * original[1]) / height);
      const isSeen = x >= 0 && y >= 0 && x <= columns && y <= rows;
      const colour = isSeen ? colourAt(x, y) : null;
      for (let i = 0; i < 3; i++) drawn[at + i] = colour ? (1 - COVER) * grey + COVER * colour[i]! : grey;
    }
  }
  const bytes = await sharp(drawn, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 82 })
    .toBuffer();
  return `data:image/jpeg;base64,${bytes.toString('base64')}`;
}

/** Pictures of the regions of one image as data URIs. */
export interface RegionPictures {
  /** A heat map over the image for every part, colours from 0 to 1. */
  readonly heat: readonly string[];
  /** The largest part at each place; grey for the background. */
  readonly largest: string;
}

/** Draws the masks of an image over it, up-sampled between the centres of the cells. Undefined when the picture cannot be read. */
export async function regionPictures(card: ReportRegionCard, { grid }: Pick<ReportRegions, 'grid'>): Promise<RegionPictures | undefined> {
  const pixels = await readPixels(card.person.image).catch(() => undefined);
  if (!pixels) return undefined;
  const place = toGrid({ toOriginal: Array.from(card.toOriginal), imageSize: card.imageSize }, grid);
  const valueAt = (region: number, x: number, y: number): number => sampleMask(card.regions[region]!.mask, grid, x, y);
  const parts = card.regions.map((_, region) => region);
  const heat = parts.map((region) => overlay(pixels, place, grid, (x, y) => heatColour(valueAt(region, x, y))));
  const largest = overlay(pixels, place, grid, (x, y) => {
    const part = largestPart(parts.map((region) => valueAt(region, x, y)));
    return part < 0 ? null : PARTS[part % PARTS.length]!;
  });
  return { heat: await Promise.all(heat), largest: await largest };
}
