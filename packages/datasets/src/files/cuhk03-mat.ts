import { open } from 'node:fs/promises';
import { ReidError, type Picture } from '@reidkit/core-tensor/base';
import type { Dataset as H5Dataset, Entity, File as H5File, Reference } from 'h5wasm/node';

/** Boxes of a detector, or drawn by hand. */
export type Cuhk03Form = 'detected' | 'labeled';

/** Where an image is in the file: numbers from 1; slots 1 to 5 are view 1, 6 to 10 are view 2. */
export interface Cuhk03Place {
  readonly form: Cuhk03Form;
  readonly pair: number;
  readonly person: number;
  readonly slot: number;
}

/** cuhk-03.mat, opened. */
export interface Cuhk03Mat {
  /** Every image of a form, by pair, person and slot. */
  places(form: Cuhk03Form): Cuhk03Place[];
  /** Number of people by camera pair. */
  readonly people: readonly number[];
  /** RGB pixels. Throws FILE_INVALID when something else is there. */
  picture(place: Cuhk03Place): Picture;
  /** Test people of the classic splits, as `[pair, person]`. */
  testSets(): (readonly [number, number])[][];
  close(): void;
}

const SLOTS = 10;
const CHANNELS = 3;
const USER_BLOCK = 512;
const SIGNATURE = [0x89, 0x48, 0x44, 0x46];

/** The name that extraction gives an image, without folder: `pair_person_view_slot.png`. */
export function cuhk03Name({ pair, person, slot }: Cuhk03Place): string {
  const view = slot <= SLOTS / 2 ? 1 : 2;
  return `${pair}_${String(person).padStart(3, '0')}_${view}_${String(slot).padStart(2, '0')}.png`;
}

/** HDF5 begins at the start or behind MATLAB's user block; libhdf5 itself would complain on the error output. */
async function checkSignature(path: string): Promise<void> {
  const file = await open(path).catch((error: unknown) => {
    throw new ReidError('FILE_NOT_FOUND', `There is no file ${path}.`, { cause: error });
  });
  try {
    const bytes = Buffer.alloc(USER_BLOCK + SIGNATURE.length);
    await file.read(bytes, 0, bytes.length, 0);
    const isAt = (at: number): boolean => SIGNATURE.every((byte, i) => bytes[at + i] === byte);
    if (isAt(0) || isAt(USER_BLOCK)) return;
    const start = bytes
      .subarray(0, 24)
      .toString('latin1')
      .replaceAll(/[^ -~]/g, '.');
    throw new ReidError('FILE_INVALID', `${path}: expected a MATLAB 7.3 file (HDF5), got a file that begins with "${start}".`);
  } finally {
    await file.close();
  }
}

class Mat73 implements Cuhk03Mat {
  readonly #path: string;
  readonly #file: H5File;
  readonly #grids = new Map<Cuhk03Form, readonly { readonly cells: readonly Reference[]; readonly people: number }[]>();

  constructor(path: string, file: H5File) {
    this.#path = path;
    this.#file = file;
  }

  #fail(what: string): never {
    throw new ReidError('FILE_INVALID', `${this.#path}: ${what}.`, {
      hint: 'this is not the cuhk-03.mat that is distributed; get it again.',
    });
  }

  #asDataset(entity: Entity | null, where: string): H5Dataset {
    if (!entity || !('shape' in entity)) this.#fail(`expected an array at ${where}, got ${entity ? 'something else' : 'nothing'}`);
    return entity as H5Dataset;
  }

  #references(dataset: H5Dataset, where: string): Reference[] {
    const { value } = dataset;
    if (!Array.isArray(value) || typeof value[0] !== 'object') this.#fail(`expected cells at ${where}, got ${String(dataset.dtype)}`);
    return value as unknown as Reference[];
  }

  #follow(reference: Reference, where: string): H5Dataset {
    return this.#asDataset(this.#file.dereference(reference) as unknown as Entity | null, where);
  }

  #grid(form: Cuhk03Form): readonly { readonly cells: readonly Reference[]; readonly people: number }[] {
    const known = this.#grids.get(form);
    if (known) return known;
    const pairs = this.#references(this.#asDataset(this.#file.get(form), form), form);
    const grid = pairs.map((reference, i) => {
      const where = `${form}{${i + 1}}`;
      const pair = this.#follow(reference, where);
      const [slots, people] = pair.shape ?? [];
      if (slots !== SLOTS || !people) this.#fail(`expected ${SLOTS} images of every person in ${where}, got [${String(pair.shape)}]`);
      return { cells: this.#references(pair, where), people: people as number };
    });
    this.#grids.set(form, grid);
    return grid;
  }

  get people(): number[] {
    return this.#grid('detected').map(({ people }) => people);
  }

  #at({ form, pair, person, slot }: Cuhk03Place): H5Dataset {
    const { cells, people } = this.#grid(form)[pair - 1]!;
    return this.#follow(cells[(slot - 1) * people + person - 1]!, `${form}{${pair}}{${person}, ${slot}}`);
  }

  places(form: Cuhk03Form): Cuhk03Place[] {
    const places = this.#grid(form).flatMap(({ people }, pair) =>
      Array.from({ length: people * SLOTS }, (_, i) => ({
        form,
        pair: pair + 1,
        person: Math.floor(i / SLOTS) + 1,
        slot: (i % SLOTS) + 1,
      })),
    );
    return places.filter((place) => this.#at(place).shape?.length === CHANNELS); // an empty cell has one dimension
  }

  picture(place: Cuhk03Place): Picture {
    const stored = this.#at(place);
    const [channels, width = 0, height = 0] = stored.shape ?? [];
    const { value } = stored;
    if (channels !== CHANNELS || !(value instanceof Uint8Array)) this.#fail(`expected an image in colour at ${cuhk03Name(place)}`);
    const planes = value as Uint8Array;
    const data = new Uint8Array(planes.length);
    // Column by column, channel after channel, to row by row.
    for (let c = 0; c < CHANNELS; c++)
      for (let x = 0; x < width; x++)
        for (let y = 0; y < height; y++) data[(y * width + x) * CHANNELS + c] = planes[(c * width + x) * height + y]!;
    return { width, height, channels: CHANNELS, data };
  }

  testSets(): (readonly [number, number])[][] {
    const sets = this.#references(this.#asDataset(this.#file.get('testsets'), 'testsets'), 'testsets');
    return sets.map((reference, i) => {
      const { shape, value } = this.#follow(reference, `testsets{${i + 1}}`);
      const count = shape?.[1] ?? 0;
      const numbers = value as Float64Array;
      return Array.from({ length: count }, (_, row) => [numbers[row]!, numbers[count + row]!] as const);
    });
  }

  close(): void {
    this.#file.close();
  }
}

/** Opens cuhk-03.mat as it is distributed (MATLAB 7.3). Rejects with FILE_NOT_FOUND or FILE_INVALID. */
export async function openCuhk03Mat(path: string): Promise<Cuhk03Mat> {
  await checkSignature(path);
  const { default: h5 } = await import('h5wasm/node');
  await h5.ready;
  return new Mat73(path, new h5.File(path, 'r'));
}
