/** Unsigned LEB128. */
const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ;) {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
    if (rest === 0) return bytes;
  }
};

/** Signed LEB128 of a number that is not negative. */
const signed = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = rest === 0 && (low & 0x40) === 0;
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
};

const section = (id: number, bytes: readonly number[]): number[] => [id, ...unsigned(bytes.length), ...bytes];

const text = (value: string): number[] => [value.length, ...Buffer.from(value)];

/** Operations on four numbers at once, by their place among WebAssembly's vector instructions. */
export const VECTOR_OPERATIONS = {
  abs: 0xe0,
  neg: 0xe1,
  sqrt: 0xe3,
  add: 0xe4,
  sub: 0xe5,
  mul: 0xe6,
  div: 0xe7,
  min: 0xe8,
  max: 0xe9,
} as const;

/** A value of the loop: four numbers in a local of the function. */
export type Local = number;

const [BYTES, AT, FIRST] = [0, 1, 2];
const PAGE = 65536;

/**
 * Writes one WebAssembly function `run(bytes)` that goes over arrays in its memory, four float32 numbers at a time: values are loaded, combined
 * and stored. Every value is computed once per place, so that no intermediate array is written.
 */
export class VectorCode {
  readonly #before: number[] = [];
  readonly #inside: number[] = [];
  #locals = 0;

  #new(code: number[], ...instruction: readonly number[]): Local {
    const local = FIRST + this.#locals++;
    code.push(...instruction, 0x21, ...unsigned(local)); // local.set
    return local;
  }

  /** The same number four times. */
  constant(value: number): Local {
    const bytes = new Uint8Array(new Float32Array([value, value, value, value]).buffer);
    return this.#new(this.#before, 0xfd, 0x0c, ...bytes);
  }

  /** The one number at an address, four times. */
  scalar(address: number): Local {
    return this.#new(this.#before, 0x41, ...signed(address), 0xfd, 0x09, 2, 0);
  }

  /** The next four numbers of the array at an address. */
  load(address: number): Local {
    return this.#new(this.#inside, 0x20, AT, 0xfd, 0x00, 4, ...unsigned(address));
  }

  /** The result of an operation. */
  compute(operation: keyof typeof VECTOR_OPERATIONS, ...operands: readonly Local[]): Local {
    const given = operands.flatMap((local) => [0x20, ...unsigned(local)]);
    return this.#new(this.#inside, ...given, 0xfd, ...unsigned(VECTOR_OPERATIONS[operation]));
  }

  /** Writes four numbers to the array at an address. */
  store(address: number, value: Local): void {
    this.#inside.push(0x20, AT, 0x20, ...unsigned(value), 0xfd, 0x0b, 4, ...unsigned(address));
  }

  /** The module, with a memory of at least so many bytes. */
  bytes(memory: number): Uint8Array<ArrayBuffer> {
    const next = [0x20, AT, 0x41, 16, 0x6a, 0x21, AT]; // at += 16
    const loop = [0x02, 0x40, 0x03, 0x40, 0x20, AT, 0x20, BYTES, 0x4f, 0x0d, 1, ...this.#inside, ...next, 0x0c, 0, 0x0b, 0x0b];
    const locals = [2, 1, 0x7f, ...unsigned(this.#locals), 0x7b];
    const body = [...locals, ...this.#before, ...loop, 0x0b];
    const code = [1, ...unsigned(body.length), ...body];
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [1, 0x60, 1, 0x7f, 0]),
      ...section(3, [1, 0]),
      ...section(5, [1, 0, ...unsigned(Math.ceil(memory / PAGE))]),
      ...section(7, [2, ...text('run'), 0, 0, ...text('memory'), 2, 0]),
      ...section(10, code),
    ]);
  }
}
