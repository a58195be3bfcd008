import { readFile, stat } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { ReidError } from '@reidkit/core-tensor/base';
import { readMatNumbers, readMatUnits, TYPE_BYTES } from './mat5-numbers.ts';
import type { MatValue } from './mat-values.ts';

/** Bounds on a .mat file, which comes from outside. */
export interface Mat5Limits {
  /** Largest file, bytes. */
  readonly fileBytes: number;
  /** Most bytes of all variables together once inflated. */
  readonly inflatedBytes: number;
  /** Deepest nesting of cells and structs. */
  readonly depth: number;
  /** Most arrays in the file, nested ones counted. */
  readonly arrays: number;
}

/** Bounds that the largest published annotation files (CUHK-SYSU, 12 MB) stay far below. */
const DEFAULT_MAT5_LIMITS: Mat5Limits = { fileBytes: 2 ** 28, inflatedBytes: 2 ** 29, depth: 24, arrays: 10_000_000 };

const HEADER = 128;
const MI_INT8 = 1;
const MI_INT32 = 5;
const MI_UINT32 = 6;
const MI_MATRIX = 14;
const MI_COMPRESSED = 15;

const CELL = 1;
const STRUCT = 2;
const CHAR = 4;
const FIRST_NUMERIC = 6;
const LAST_NUMERIC = 15;
const UNREAD_CLASSES: Readonly<Record<number, string>> = { 3: 'object', 5: 'sparse', 16: 'function handle', 17: 'opaque object' };
const OPAQUE = 17;

const LOGICAL = 0x200;
const COMPLEX = 0x800;

/** One tagged run of bytes. */
interface Element {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  /** Where the next one starts. */
  readonly next: number;
}

/** What stands before the values of an array. */
interface MatrixHead {
  readonly classNumber: number;
  readonly flags: number;
  readonly shape: readonly number[];
  readonly name: string;
  readonly next: number;
}

class Mat5Parser {
  readonly #file: string;
  readonly #limits: Mat5Limits;
  readonly #isLittleEndian: boolean;
  #inflated = 0;
  #arrays = 0;

  constructor(file: string, limits: Mat5Limits, isLittleEndian: boolean) {
    this.#file = file;
    this.#limits = limits;
    this.#isLittleEndian = isLittleEndian;
  }

  /** Variables by name; only the wanted ones are inflated beyond what tells their name. */
  variables(bytes: Uint8Array): Map<string, MatValue> {
    const found = new Map<string, MatValue>();
    for (let at = HEADER; at < bytes.length;) {
      const element = this.#element(view(bytes), at, 'the file', true);
      const variable = this.#variable(bytes, element);
      if (variable) found.set(variable.name, variable.value);
      at = element.next;
    }
    return found;
  }

  fail(where: string, what: string, cause?: unknown): ReidError {
    const place = where === '' ? '' : ` ${where}:`;
    return new ReidError('FILE_INVALID', `${this.#file}:${place} ${what}.`, cause === undefined ? {} : { cause });
  }

  #variable(bytes: Uint8Array, { type, start, end }: Element): { name: string; value: MatValue } | null {
    if (type === MI_MATRIX) return this.#named(view(bytes), start, end);
    if (type !== MI_COMPRESSED) return null; // something that belongs to no variable
    const inflated = view(this.#inflate(bytes.subarray(start, end)));
    const inner = this.#element(inflated, 0, 'a compressed variable', false);
    return inner.type === MI_MATRIX ? this.#named(inflated, inner.start, inner.end) : null;
  }

  #named(data: DataView, start: number, end: number): { name: string; value: MatValue } | null {
    const name = this.#nameOf(data, start, end);
    // A file with objects has a nameless variable that only MATLAB understands.
    return name === '' ? null : { name, value: this.#matrix(data, start, end, { where: name, depth: 0 }) };
  }

  #inflate(bytes: Uint8Array): Uint8Array {
    const left = this.#limits.inflatedBytes - this.#inflated;
    try {
      const out = inflateSync(bytes, { maxOutputLength: Math.max(1, left) });
      this.#inflated += out.length;
      return out;
    } catch (error) {
      const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      const what = isTooLarge
        ? `the variables are larger than ${this.#limits.inflatedBytes} bytes when inflated`
        : 'a compressed variable is damaged or cut off';
      throw this.fail('', what, error);
    }
  }

  #element(data: DataView, at: number, where: string, isTop: boolean): Element {
    if (at + 8 > data.byteLength) throw this.fail(where, `cut off at byte ${at}: expected 8 more bytes, got ${data.byteLength - at}`);
    const word = data.getUint32(at, this.#isLittleEndian);
    const small = word >>> 16;
    if (small !== 0) {
      if (small > 4) throw this.fail(where, `the element at byte ${at} says that it holds ${small} bytes in place of 4 at most`);
      return { type: word & 0xffff, start: at + 4, end: at + 4 + small, next: at + 8 };
    }
    const size = data.getUint32(at + 4, this.#isLittleEndian);
    const end = at + 8 + size;
    if (end > data.byteLength) {
      throw this.fail(where, `cut off: the element at byte ${at} needs ${size} bytes, ${data.byteLength - at - 8} are left`);
    }
    const isPacked = isTop && word === MI_COMPRESSED;
    return { type: word, start: at + 8, end, next: isPacked ? end : Math.min(data.byteLength, end + ((8 - (size % 8)) % 8)) };
  }

  #expect(data: DataView, at: number, end: number, { where, what, types }: { where: string; what: string; types: readonly number[] }) {
    const element = at < end ? this.#element(data, at, where, false) : null;
    if (element && types.includes(element.type) && element.end <= end) return element;
    const got = element ? `an element of type ${element.type}` : 'its end';
    throw this.fail(where, `expected ${what}, got ${got}`);
  }

  #head(data: DataView, start: number, end: number, where: string): MatrixHead {
    const flags = this.#expect(data, start, end, { where, what: 'the flags of an array', types: [MI_UINT32] });
    const word = flags.end - flags.start >= 4 ? data.getUint32(flags.start, this.#isLittleEndian) : 0;
    const classNumber = word & 0xff;
    if (classNumber === OPAQUE) {
      const name = this.#expect(data, flags.next, end, { where, what: 'a name', types: [MI_INT8] });
      return { classNumber, flags: word, shape: [], name: ascii(data, name), next: end };
    }
    const dimensions = this.#expect(data, flags.next, end, { where, what: 'dimensions', types: [MI_INT32] });
    const shape = [...this.#numbers(data, dimensions, where)];
    const isShape = shape.length >= 2 && shape.length <= 32 && shape.every((size) => size >= 0) && product(shape) <= 2 ** 32;
    if (!isShape) throw this.fail(where, `[${shape.slice(0, 8).join(', ')}] are no dimensions of an array`);
    const name = this.#expect(data, dimensions.next, end, { where, what: 'a name', types: [MI_INT8, 2] });
    return { classNumber, flags: word, shape, name: ascii(data, name), next: name.next };
  }

  #nameOf(data: DataView, start: number, end: number): string {
    return start === end ? '' : this.#head(data, start, end, 'a variable').name;
  }

  #numbers(data: DataView, element: Element, where: string): Float64Array {
    const size = TYPE_BYTES[element.type];
    const bytes = element.end - element.start;
    if (size === undefined) throw this.fail(where, `expected numbers, got an element of type ${element.type}`);
    if (bytes % size !== 0) throw this.fail(where, `expected numbers of ${size} bytes, got ${bytes} bytes`);
    const out = readMatNumbers(data, { ...element, isLittleEndian: this.#isLittleEndian });
    if (!out) throw this.fail(where, 'a whole number of 64 bits is too large to be held exactly');
    return out;
  }

  #matrix(data: DataView, start: number, end: number, { where, depth }: { where: string; depth: number }): MatValue {
    if (++this.#arrays > this.#limits.arrays) throw this.fail(where, `there are more than ${this.#limits.arrays} arrays in the file`);
    if (depth > this.#limits.depth) throw this.fail(where, `cells and structs are nested more than ${this.#limits.depth} deep`);
    const place = `${this.#file}: ${where}`;
    if (start === end) return { kind: 'numbers', where: place, shape: [0, 0], data: new Float64Array(0), isLogical: false };
    const head = this.#head(data, start, end, where);
    const at: Inside = { data, end, where, depth, place };
    if (head.classNumber >= FIRST_NUMERIC && head.classNumber <= LAST_NUMERIC) return this.#numeric(head, at);
    if (head.classNumber === CHAR) return this.#text(head, at);
    if (head.classNumber === CELL) return this.#cells(head, at);
    if (head.classNumber === STRUCT) return this.#structs(head, at);
    const className = UNREAD_CLASSES[head.classNumber];
    if (className === undefined) throw this.fail(where, `there is no class of arrays with the number ${head.classNumber}`);
    return { kind: 'other', where: place, shape: head.shape, className };
  }

  #numeric({ flags, shape, next }: MatrixHead, { data, end, where, place }: Inside): MatValue {
    const types = Object.keys(TYPE_BYTES).map(Number);
    const count = product(shape);
    const part = (at: number, what: string): { values: Float64Array; next: number } => {
      const element = this.#expect(data, at, end, { where, what, types });
      const values = this.#numbers(data, element, where);
      if (values.length !== count) throw this.fail(where, `[${shape.join(', ')}] needs ${count} numbers, ${values.length} are there`);
      return { values, next: element.next };
    };
    if (count === 0 && next >= end)
      return { kind: 'numbers', where: place, shape, data: new Float64Array(0), isLogical: (flags & LOGICAL) !== 0 };
    const real = part(next, 'numbers');
    const value = { kind: 'numbers', where: place, shape, data: real.values, isLogical: (flags & LOGICAL) !== 0 } as const;
    return (flags & COMPLEX) === 0 ? value : { ...value, imaginary: part(real.next, 'imaginary parts').values };
  }

  #text({ shape, next }: MatrixHead, { data, end, where, place }: Inside): MatValue {
    const count = product(shape);
    if (count === 0) return { kind: 'text', where: place, shape, rows: [] };
    const element = this.#expect(data, next, end, { where, what: 'characters', types: [MI_INT8, 2, 3, 4, 16, 17, 18] });
    const units = readMatUnits(data, { ...element, isLittleEndian: this.#isLittleEndian });
    const [height = 1, ...rest] = shape;
    const width = product(rest);
    if (height === 1) return { kind: 'text', where: place, shape, rows: [units.join('')] };
    if (units.length !== count) throw this.fail(where, `[${shape.join(', ')}] needs ${count} characters, ${units.length} are there`);
    const row = (y: number): string => Array.from({ length: width }, (_, x) => units[x * height + y]!).join('');
    return { kind: 'text', where: place, shape, rows: Array.from({ length: height }, (_, y) => row(y)) };
  }

  #cells({ shape, next }: MatrixHead, inside: Inside): MatValue {
    const count = this.#bounded(product(shape), next, inside);
    const { items } = this.#nested(
      next,
      inside,
      Array.from({ length: count }, (_, i) => `{${i + 1}}`),
    );
    return { kind: 'cells', where: inside.place, shape, items };
  }

  #structs({ shape, next }: MatrixHead, inside: Inside): MatValue {
    const { data, end, where, place } = inside;
    const lengths = this.#expect(data, next, end, { where, what: 'the length of field names', types: [MI_INT32] });
    const [length = 0] = this.#numbers(data, lengths, where);
    const names = this.#expect(data, lengths.next, end, { where, what: 'field names', types: [MI_INT8] });
    const bytes = names.end - names.start;
    if (length < 1 || bytes % length !== 0) throw this.fail(where, `field names of ${length} bytes each do not fill ${bytes} bytes`);
    const fields = Array.from({ length: bytes / length }, (_, i) => {
      const start = names.start + i * length;
      return ascii(data, { start, end: start + length }).split('\0', 1)[0]!;
    });
    if (new Set(fields).size !== fields.length) throw this.fail(where, `a field is there twice among ${fields.join(', ')}`);
    const count = this.#bounded(product(shape), names.next, inside, fields.length);
    let at = names.next;
    const items = Array.from({ length: count }, (_, i) => {
      const index = count === 1 ? '' : `(${i + 1})`;
      const element = this.#nested(
        at,
        inside,
        fields.map((field) => `${index}.${field}`),
      );
      at = element.next;
      return new Map(fields.map((field, k) => [field, element.items[k]!]));
    });
    return { kind: 'structs', where: place, shape, fields, items };
  }

  /** The number of elements, when as many can be in the bytes that are left. */
  #bounded(count: number, at: number, { end, where }: Inside, fields = 1): number {
    if (count * Math.max(1, fields) * 8 <= Math.max(0, end - at)) return count;
    if (fields === 0 && count <= 1) return count;
    throw this.fail(where, `${count} elements are announced, but only ${Math.max(0, end - at)} bytes are left for them`);
  }

  #nested(from: number, { data, end, where, depth }: Inside, steps: readonly string[]): { items: MatValue[]; next: number } {
    let at = from;
    const items = steps.map((step) => {
      const path = `${where}${step}`;
      const element = this.#expect(data, at, end, { where: path, what: 'an array', types: [MI_MATRIX] });
      at = element.next;
      return this.#matrix(data, element.start, element.end, { where: path, depth: depth + 1 });
    });
    return { items, next: at };
  }
}

/** Where an array's values are. */
interface Inside {
  readonly data: DataView;
  readonly end: number;
  readonly where: string;
  readonly depth: number;
  readonly place: string;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const product = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);

const ascii = (data: DataView, { start, end }: { readonly start: number; readonly end: number }): string =>
  Buffer.from(data.buffer, data.byteOffset + start, end - start).toString('latin1');

/** Says what a file is that is no .mat file of level 5. */
function otherFormat(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 19)).toString('latin1');
  if (text === 'MATLAB 7.3 MAT-file' || isHdf5(bytes, 0) || isHdf5(bytes, 512)) return 'a .mat file of version 7.3, which is HDF5';
  if (bytes.length < HEADER) return `a file of ${bytes.length} bytes`;
  return 'a file without its mark at byte 126';
}

const isHdf5 = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 0x89 && Buffer.from(bytes.subarray(at + 1, at + 4)).toString('latin1') === 'HDF';

/**
 * The variables of a .mat file of level 5 (MATLAB 5 to 7, `-v6` and `-v7`), by name: numbers of every storage type, characters, cells and
 * structs, compressed or not, in both byte orders. Nothing in the file is executed. Throws FILE_INVALID with file, variable and what is wrong.
 */
export function parseMat5(bytes: Uint8Array, file: string, limits: Partial<Mat5Limits> = {}): ReadonlyMap<string, MatValue> {
  const bounds = { ...DEFAULT_MAT5_LIMITS, ...limits };
  if (bytes.length > bounds.fileBytes) throw new ReidError('FILE_INVALID', `${file} is larger than ${bounds.fileBytes} bytes.`);
  const mark = bytes.length >= HEADER ? String.fromCharCode(bytes[126]!, bytes[127]!) : '';
  if ((mark !== 'IM' && mark !== 'MI') || otherFormat(bytes).includes('7.3')) {
    const hint = 'save it in MATLAB with -v7, which is level 5.';
    throw new ReidError('FILE_INVALID', `${file}: expected a .mat file of level 5, got ${otherFormat(bytes)}.`, { hint });
  }
  return new Mat5Parser(file, bounds, mark === 'IM').variables(bytes);
}

/** Reads a .mat file of level 5: see {@link parseMat5}. Rejects with FILE_NOT_FOUND or FILE_INVALID. */
export async function readMat5(path: string, limits: Partial<Mat5Limits> = {}): Promise<ReadonlyMap<string, MatValue>> {
  const most = limits.fileBytes ?? DEFAULT_MAT5_LIMITS.fileBytes;
  const facts = await stat(path).catch((error: unknown) => {
    throw new ReidError('FILE_NOT_FOUND', `There is no file ${path}.`, { cause: error });
  });
  if (facts.size > most) throw new ReidError('FILE_INVALID', `${path} has ${facts.size} bytes; ${most} are allowed.`);
  return parseMat5(await readFile(path), path, limits);
}
