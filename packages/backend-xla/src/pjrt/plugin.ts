import { existsSync } from 'node:fs';
import { ReidError } from '@reidkit/core-tensor';
import { FUNCTION_NAMES } from './function-names.ts';
import { bytesAt, foreign, type NativeMemory, nativeBytes, nativeMemory, textAt } from './native-memory.ts';

/** The part of the API that this is written for; its minor version only ever adds. */
const MAJOR_VERSION = 0;
/** The oldest minor version whose structs have what is read here (memory statistics of a program). */
const OLDEST_MINOR_VERSION = 40;

/** Bytes before the functions: the table's size, extensions, and the version (size, extensions, major, minor). */
const HEAD = 40;
/** Words of zeros behind every struct: a newer plugin refuses structs shorter than its own, and takes longer ones. */
const SPARE = 10;

/** What a struct's fields are told: whole numbers, addresses, handles. */
export type Field = number | bigint;

/** An option of a client. */
export type PluginOption = string | boolean | bigint | number;

type CFunction = ((address: bigint) => unknown) & { async(address: bigint, done: (error: unknown, result: unknown) => void): void };

/** The words of a struct after a call; its fields begin at the third. */
export type Words = BigUint64Array;

function openLibrary(path: string): unknown {
  const fail = (reason: string, cause?: unknown): never => {
    throw new ReidError('BACKEND_UNAVAILABLE', `The PJRT plugin ${path} ${reason}`, {
      hint: 'XLA plugins come from `reidkit backend install`, or from PyPI (jax-cuda13-pjrt, libtpu); REIDKIT_PJRT_PLUGIN names the file.',
      cause,
    });
  };
  if (!existsSync(path)) return fail('is not there.');
  try {
    return foreign().load(path).func('void *GetPjrtApi()')();
  } catch (cause) {
    return fail(`does not load: ${(cause as Error).message}`, cause);
  }
}

const addressOf = (pointer: unknown): bigint => (typeof pointer === 'bigint' ? pointer : BigInt(foreign().address(pointer)));

/** A library that speaks the PJRT C API. Every function takes one struct, and gives nothing or an error. */
export class PjrtPlugin {
  readonly path: string;
  /** Of the API, as `major.minor`. */
  readonly version: string;
  readonly #functions = new Map<string, CFunction>();
  /** One struct for each function, used again: a step allocates nothing. */
  readonly #structs = new Map<string, NativeMemory>();

  /** Throws BACKEND_UNAVAILABLE for a file that is no plugin, or one of another version of the API. */
  constructor(path: string) {
    this.path = path;
    const table = openLibrary(path);
    const head = new DataView(foreign().view(table, HEAD));
    const [major, minor] = [head.getInt32(32, true), head.getInt32(36, true)];
    this.version = `${major}.${minor}`;
    if (major !== MAJOR_VERSION || minor < OLDEST_MINOR_VERSION) {
      throw new ReidError(
        'BACKEND_UNAVAILABLE',
        `The PJRT plugin ${path} speaks version ${this.version} of the API; ${MAJOR_VERSION}.${OLDEST_MINOR_VERSION} or a later ${MAJOR_VERSION}.x is needed.`,
        { hint: 'install the version that `reidkit backend install` names.' },
      );
    }
    const words = new BigUint64Array(foreign().view(addressOf(table) + BigInt(HEAD), Number(head.getBigUint64(0, true)) - HEAD));
    const prototype = foreign().proto('void *(void *arguments)');
    FUNCTION_NAMES.forEach((name, i) => {
      if (words[i]) this.#functions.set(name, foreign().decode(words[i], prototype) as CFunction);
    });
    this.call('Plugin_Initialize', []);
  }

  /** Whether the plugin has a function. */
  has(name: string): boolean {
    return this.#functions.has(name);
  }

  #function(name: string): CFunction {
    const found = this.#functions.get(name);
    if (found) return found;
    throw new ReidError('BACKEND_UNAVAILABLE', `The PJRT plugin ${this.path} has no PJRT_${name}.`, { hint: 'install a newer plugin.' });
  }

  #struct(name: string, fields: readonly Field[]): NativeMemory {
    const count = fields.length + 2 + SPARE;
    const struct = this.#structs.get(name) ?? nativeMemory(count * 8);
    this.#structs.set(name, struct);
    return fill(struct, fields);
  }

  /** Calls a function and gives its struct. Throws BACKEND_UNAVAILABLE with the plugin's own words. */
  call(name: string, fields: readonly Field[]): Words {
    const call = this.#function(name);
    const struct = this.#struct(name, fields);
    this.#check(name, call(struct.address));
    return struct.words;
  }

  /** As {@link PjrtPlugin.call}, on another thread. */
  async callAside(name: string, fields: readonly Field[]): Promise<void> {
    const call = this.#function(name);
    const struct = fill(nativeMemory((fields.length + 2 + SPARE) * 8), fields);
    try {
      const error = await new Promise((resolve, reject) => call.async(struct.address, (failure, result) => (failure ? reject(failure as Error) : resolve(result)))); // prettier-ignore
      this.#check(name, error);
    } finally {
      struct.free();
    }
  }

  #check(name: string, error: unknown): void {
    if (!error) return;
    const handle = addressOf(error);
    const told = this.#struct('Error_Message', [handle, 0, 0]);
    this.#function('Error_Message')(told.address);
    const text = textAt(told.words[3]!, told.words[4]!);
    this.#function('Error_Destroy')(this.#struct('Error_Destroy', [handle]).address);
    throw new ReidError('BACKEND_UNAVAILABLE', `XLA says at ${name.replace('_', ' ')}: ${text}`, { reason: reasonOf(text) });
  }

  /** Uses options as the API wants them: an address and a number. */
  withOptions<T>(options: Readonly<Record<string, PluginOption>>, use: (address: bigint, count: number) => T): T {
    const entries = Object.entries(options);
    const list = nativeMemory(56 * Math.max(1, entries.length));
    const texts = entries.flatMap(([name, value], i) => writeOption(list, i, name, value));
    try {
      return use(list.address, entries.length);
    } finally {
      for (const memory of [list, ...texts]) memory.free();
    }
  }
}

/** What went wrong, as far as programs care. */
const reasonOf = (text: string): string =>
  /out of memory|RESOURCE_EXHAUSTED|ResourceExhausted|failed to allocate/i.test(text) ? 'out-of-memory' : 'plugin-error';

function fill(struct: NativeMemory, fields: readonly Field[]): NativeMemory {
  struct.words.fill(0n);
  struct.words[0] = BigInt(struct.words.length * 8);
  fields.forEach((field, i) => (struct.words[i + 2] = BigInt(field)));
  return struct;
}

/** Kinds of options by PJRT's numbers. */
const KIND = { text: 0n, whole: 1n, float: 3n, truth: 4n } as const;

/** Writes `{ size, extensions, name, its length, kind, value, its length }` and gives the texts that it points to. */
function writeOption(list: NativeMemory, index: number, name: string, value: PluginOption): NativeMemory[] {
  const at = index * 7;
  const key = nativeBytes(name);
  list.words.set([56n, 0n, key.address, BigInt(key.size)], at);
  list.words[at + 6] = 1n;
  if (typeof value === 'string') {
    const text = nativeBytes(value);
    list.words.set([KIND.text, text.address, BigInt(text.size)], at + 4);
    return [key, text];
  }
  if (typeof value === 'boolean') list.words.set([KIND.truth, value ? 1n : 0n], at + 4);
  else if (typeof value === 'bigint') list.words.set([KIND.whole, value], at + 4);
  else {
    list.words[at + 4] = KIND.float;
    new DataView(list.bytes.buffer, list.bytes.byteOffset).setFloat32((at + 5) * 8, value, true);
  }
  return [key];
}

/** A struct's text: its address and length are the words at `at`. */
export const textOf = (words: Words, at: number): string => textAt(words[at]!, words[at + 1]!);
/** A copy of a struct's bytes: address and length are the words at `at`. */
export const copyOf = (words: Words, at: number): Uint8Array => bytesAt(words[at]!, words[at + 1]!).slice();
