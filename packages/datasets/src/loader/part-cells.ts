import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { describeIssues, ReidError, reportProblems, type Picture } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { PartMaskField } from './batch-task.ts';

const side = z.int().min(1).max(512);
const name = z.string().min(1).max(100);

const indexFile = z.strictObject({
  version: z.literal(1),
  rows: side,
  columns: side,
  parts: z
    .array(name)
    .min(1)
    .max(64)
    .refine((parts) => new Set(parts).size === parts.length, 'names each part once'),
  rule: name.optional().describe('when a cell belongs to a part'),
  calibration: name.optional().describe('what was done to the boxes before'),
  producer: z.string().max(200).optional(),
  images: z.array(z.string().min(1).max(1000)).min(1).max(5_000_000).describe('paths of the images, in the order of the masks'),
});

const MOST_INDEX = 1_000_000_000;

function readBytes(path: string, most: number): Uint8Array {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw new ReidError('FILE_NOT_FOUND', `There is no file ${path}.`, { hint: 'masks of cells are a .bin file and, beside it, a .json file of the same name.' }); // prettier-ignore
  if (size > most) throw new ReidError('FILE_INVALID', `${path} has ${size} bytes, more than ${most}.`);
  return readFileSync(path);
}

function readIndex(path: string): z.output<typeof indexFile> {
  const text = new TextDecoder().decode(readBytes(path, MOST_INDEX));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ReidError('FILE_INVALID', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = indexFile.safeParse(json);
  if (!parsed.success) throw reportProblems('FILE_INVALID', `${path} is no index of masks:`, describeIssues(parsed.error));
  return parsed.data;
}

/** Name under which the mask of a part from a file of cells goes through the transforms. */
export const cellsOf = (part: string): string => `cells ${part}`;

/** Masks of many images over one grid: a bit for each cell, part and image. */
export class PartCells {
  readonly #bits: Uint8Array;
  readonly #places: ReadonlyMap<string, number>;
  readonly #grid: { readonly rows: number; readonly columns: number };
  /** Place of each wanted part in the file. */
  readonly #parts: readonly number[];
  readonly #bytesPerImage: number;

  /**
   * Reads `masks-….bin` and the index beside it. Throws FILE_NOT_FOUND, FILE_INVALID, and SHAPE_MISMATCH for another grid or other parts than the
   * model's.
   */
  constructor(path: string, { height, width, parts }: Pick<PartMaskField, 'height' | 'width' | 'parts'>) {
    const index = readIndex(path.replace(/\.bin$/, '.json'));
    const { rows, columns, images } = index;
    if (rows !== height || columns !== width) {
      throw new ReidError('SHAPE_MISMATCH', `${path} has masks of ${rows} x ${columns} cells (rows x columns), the model takes ${height} x ${width}.`); // prettier-ignore
    }
    const missing = parts.find((part) => !index.parts.includes(part));
    if (missing !== undefined) throw new ReidError('SHAPE_MISMATCH', `${path} has no part "${missing}"; it has ${index.parts.join(', ')}.`); // prettier-ignore
    this.#places = new Map(images.map((image, place) => [image, place]));
    if (this.#places.size < images.length) {
      const twice = images.find((image, place) => this.#places.get(image) !== place)!;
      throw new ReidError('FILE_INVALID', `${basename(path)}: the index names ${twice} twice.`);
    }
    this.#grid = { rows, columns };
    this.#parts = parts.map((part) => index.parts.indexOf(part));
    this.#bytesPerImage = Math.ceil((index.parts.length * rows * columns) / 8);
    const expected = this.#bytesPerImage * images.length;
    this.#bits = readBytes(path, expected);
    if (this.#bits.length < expected) {
      throw new ReidError('FILE_INVALID', `${path} has ${this.#bits.length} bytes; ${images.length} images of ${this.#bytesPerImage} bytes need ${expected}.`); // prettier-ignore
    }
  }

  /** Whether an image has masks. */
  has(image: string): boolean {
    return this.#places.has(image);
  }

  /** The masks of an image, one for each wanted part, every cell as large as its share of the given size; null without any. */
  masksOf(image: string, { width, height }: Pick<Picture, 'width' | 'height'>): Picture[] | null {
    const place = this.#places.get(image);
    if (place === undefined) return null;
    const { rows, columns } = this.#grid;
    return this.#parts.map((part) => {
      const first = place * this.#bytesPerImage * 8 + part * rows * columns;
      const data = new Uint8Array(width * height);
      for (let y = 0; y < height; y++) {
        const row = first + Math.floor(((y + 0.5) * rows) / height) * columns;
        for (let x = 0; x < width; x++) {
          const bit = row + Math.floor(((x + 0.5) * columns) / width);
          data[y * width + x] = (this.#bits[bit >> 3]! >> (bit & 7)) & 1;
        }
      }
      return { width, height, channels: 1, data };
    });
  }
}
