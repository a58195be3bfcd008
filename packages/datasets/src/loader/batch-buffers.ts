import type { PictureSize, Sample, SkippedImage } from '@reidkit/core-tensor/base';
import type { MovedSample } from '../pipeline/sample-pipeline.ts';
import type { LoaderFields, MadeBatch, PartMaskField } from './batch-task.ts';
import { applyCellRule, coverByBox, poolPartMask } from './part-grid.ts';
import { cellsOf } from './part-cells.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The arrays of one batch while it is being filled; places that are never put stay 0. */
export class BatchBuffers {
  readonly #size: PictureSize;
  readonly #fields: LoaderFields;
  readonly #made: Writable<Omit<MadeBatch, 'skipped'>>;

  /** `spare` is an array of an earlier batch to write the images to, if it is as long as needed. */
  constructor(batchSize: number, size: PictureSize, fields: LoaderFields, spare?: Float32Array) {
    const { height, width } = size;
    this.#size = size;
    this.#fields = fields;
    this.#made = {
      height,
      width,
      images: spare?.length === batchSize * height * width * 3 ? spare : new Float32Array(batchSize * height * width * 3),
      valid: new Uint8Array(batchSize),
      toOriginal: new Float32Array(batchSize * 6),
    };
    if (fields.masks) {
      this.#made.masks = new Float32Array(batchSize * height * width);
      this.#made.masksValid = new Uint8Array(batchSize);
    }
    if (fields.partMasks) {
      const { parts, height: rows, width: columns } = fields.partMasks;
      this.#made.partMasks = new Float32Array(batchSize * parts.length * rows * columns);
      this.#made.partMasksValid = new Uint8Array(batchSize * parts.length);
    }
    if (fields.boxes) {
      this.#made.boxes = new Float32Array(batchSize * fields.boxes.length * 4);
      this.#made.boxesValid = new Uint8Array(batchSize * fields.boxes.length);
    }
  }

  /** The floats `[H, W, 3]` of one place, to be written. */
  image(place: number): Float32Array {
    const length = this.#size.height * this.#size.width * 3;
    return this.#made.images.subarray(place * length, (place + 1) * length);
  }

  /** Writes what came out of the transforms beside the image. */
  put(place: number, moved: MovedSample, { boxes: originalBoxes = {} }: Sample): void {
    this.#made.valid[place] = 1;
    this.#made.toOriginal.set(moved.toOriginal, place * 6);
    if (this.#fields.masks) this.#putMask(place, moved);
    if (this.#fields.partMasks) this.#putParts(place, moved, this.#fields.partMasks);
    this.#fields.boxes?.forEach((name, part, names) => {
      if (!originalBoxes[name]) return;
      const at = place * names.length + part;
      this.#made.boxes!.set(moved.boxes[name]!, at * 4);
      this.#made.boxesValid![at] = 1;
    });
  }

  finish(skipped: readonly SkippedImage[]): MadeBatch {
    // A spare array still holds the images of its last batch.
    this.#made.valid.forEach((valid, place) => {
      if (!valid) this.image(place).fill(0);
    });
    return { ...this.#made, skipped };
  }

  #putMask(place: number, { masks }: MovedSample): void {
    const mask = masks.person;
    if (!mask) return;
    const length = this.#size.height * this.#size.width;
    for (let i = 0; i < length; i++) this.#made.masks![place * length + i] = mask.data[i]! > 0 ? 1 : 0;
    this.#made.masksValid![place] = 1;
  }

  #putParts(place: number, { masks, boxes }: MovedSample, field: PartMaskField): void {
    const { parts, numbers = parts.map((_, part) => part + 1), source = 'any', rule = 'share' } = field;
    const cells = field.height * field.width;
    const out = this.#made.partMasks!.subarray(place * parts.length * cells, (place + 1) * parts.length * cells);
    const valid = this.#made.partMasksValid!.subarray(place * parts.length, (place + 1) * parts.length);
    if (masks.parts) {
      poolPartMask(masks.parts, numbers, field, out);
      applyCellRule(out, rule);
      valid.fill(1);
    } else if (source !== 'mask') {
      parts.forEach((name, part) => {
        const own = out.subarray(part * cells, (part + 1) * cells);
        const [box, mask] = [boxes[name], masks[cellsOf(name)]];
        if (source === 'cells' ? !mask : !box) return;
        if (source !== 'cells') coverByBox(box!, this.#size, field, own, rule);
        else {
          poolPartMask(mask!, [1], field, own);
          applyCellRule(own, rule);
        }
        valid[part] = 1;
      });
    }
  }
}
