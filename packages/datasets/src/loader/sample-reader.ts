import { join } from 'node:path';
import { ReidError, type CropRecord, type MaskRuns, type Picture, type Sample } from '@reidkit/core-tensor/base';
import type { ImageDecoder } from '../image/image-decoder.ts';
import { decodeRle } from '../image/rle.ts';
import { parseRleText } from '../image/rle-text.ts';
import { unreadableImage } from '../image/unreadable-image.ts';
import { pixelEngine } from '../pixels/pixel-engine.ts';
import type { LoaderFields } from './batch-task.ts';
import { cutSample } from './cut-sample.ts';
import { cellsOf, PartCells } from './part-cells.ts';

/** Brings a mask to the size of its image, if it has the same shape. Throws IMAGE_UNREADABLE when it has not. */
function fitMask(mask: Picture, image: Picture, file: string): Picture {
  if (mask.width === image.width && mask.height === image.height) return mask;
  // Rounding may move the longer side by a pixel.
  const off = Math.abs(mask.width * image.height - mask.height * image.width);
  if (off > Math.max(image.width, image.height)) {
    const sizes = `it is ${mask.height} by ${mask.width} (height by width), its image ${image.height} by ${image.width}`;
    throw unreadableImage(file, `as a mask it does not fit: ${sizes}`);
  }
  const engine = pixelEngine();
  engine.reset();
  return engine.read(engine.resize(engine.load(mask), image.width, image.height, 'nearest'));
}

/** The picture of a mask without a file. Throws IMAGE_UNREADABLE when its runs do not fill it. */
function maskOf({ size: [height, width], counts }: MaskRuns, file: string): Picture {
  try {
    return { width, height, channels: 1, data: decodeRle(parseRleText(counts, { height, width })) };
  } catch (error) {
    throw unreadableImage(file, `its mask cannot be read: ${(error as Error).message}`, error);
  }
}

const wantsPartImages = ({ partMasks }: LoaderFields): boolean =>
  partMasks !== undefined && partMasks.source !== 'boxes' && partMasks.source !== 'cells';

/** Reads the files of records: image, and the masks that were asked for. */
export class SampleReader {
  readonly #root: string;
  readonly #decoder: ImageDecoder;
  readonly #fields: LoaderFields;
  readonly #cells: PartCells | undefined;
  /** The frame that was cut last: the next box is often in the same one. */
  #frame: { readonly file: string; readonly image: Picture | Promise<Picture> } | undefined;

  constructor(root: string, decoder: ImageDecoder, fields: LoaderFields) {
    this.#root = root;
    this.#decoder = decoder;
    this.#fields = fields;
    const { partMasks } = fields;
    this.#cells = partMasks?.source === 'cells' ? new PartCells(join(root, partMasks.cells ?? ''), partMasks) : undefined;
  }

  /** Image, masks and boxes of a record. Rejects with IMAGE_UNREADABLE or FILE_NOT_FOUND, naming the file. */
  async read(record: CropRecord): Promise<Sample> {
    const decoded = record.cut ? this.#decodeFrame(record.file) : this.#decode(record.file);
    // Awaiting a picture that is already there would cost a turn of the event loop per image.
    const image = decoded instanceof Promise ? await decoded : decoded;
    const masks: Record<string, Picture> = {};
    if (this.#fields.masks && record.mask) masks.person = await this.#mask(record.mask, image);
    else if (this.#fields.masks && record.maskRuns) masks.person = fitMask(maskOf(record.maskRuns, record.file), image, record.file);
    if (wantsPartImages(this.#fields) && record.partMask) masks.parts = await this.#mask(record.partMask, image);
    const sample = { image, masks: { ...masks, ...this.#cellMasks(record, image) }, boxes: record.partBoxes ?? {} };
    return record.cut ? cutSample(sample, record.cut, record.file) : sample;
  }

  /** Masks of the parts of a record from the file of cells, if there is one that knows it. */
  #cellMasks({ file }: CropRecord, image: Picture): Record<string, Picture> {
    const masks = this.#cells?.masksOf(file, image) ?? [];
    return Object.fromEntries(masks.map((mask, part) => [cellsOf(this.#fields.partMasks!.parts[part]!), mask]));
  }

  #decode(file: string): Picture | Promise<Picture> {
    return this.#decoder.decode(this.#bytes(file), file);
  }

  #decodeFrame(file: string): Picture | Promise<Picture> {
    if (this.#frame?.file !== file) this.#frame = { file, image: this.#decode(file) };
    return this.#frame.image;
  }

  #bytes(file: string): Uint8Array {
    return this.#decoder.readBytes(join(this.#root, file), file);
  }

  async #mask(file: string, image: Picture): Promise<Picture> {
    return fitMask(await this.#decoder.decodeMask(this.#bytes(file), file), image, file);
  }
}

/** Whether an error is about a file that can be left out. */
export function isSkippable(error: unknown): error is ReidError {
  return ReidError.is(error) && (error.code === 'IMAGE_UNREADABLE' || error.code === 'FILE_NOT_FOUND');
}
