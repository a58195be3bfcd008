import { latin1Text } from '../latin1-text.ts';
import { refuseCheckpoint, type CheckpointFault } from '../refuse-checkpoint.ts';
import { PickledGlobal, PickledObject, PickledTuple } from './pickle-values.ts';

/** What a pickle may name, and what its persistent ids stand for. */
export interface PickleRules {
  /** What stands for a class or a function, by `module.name`; undefined where it is not allowed. */
  readonly global: (name: string) => object | undefined;
  /** What a persistent id stands for. Throws FILE_INVALID. */
  readonly persistent: (id: unknown) => unknown;
}

/** Largest pickle that is read: 100,000 tensors need about 15 MB. */
export const MAX_PICKLE_BYTES = 16 * 2 ** 20;
const MAX_STEPS = 6_000_000;
const MAX_OBJECTS = 600_000;
const MAX_STACK = 1_000_000;

const MARK = Symbol('mark');
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The memory of one pickle while it is read: a stack, numbered places to keep things in, and limits. Nothing is ever called but what stands
 * for a name that is allowed.
 */
export class PickleMachine {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly rules: PickleRules;
  readonly #source: string;
  readonly #isCut: boolean;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  #steps = 0;
  #objects = 0;
  at: number;
  /** True once the pickle has said that it ends. */
  stopped = false;

  constructor(bytes: Uint8Array, begin: number, { source, rules, isCut }: { source: string; rules: PickleRules; isCut: boolean }) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = begin;
    this.rules = rules;
    this.#source = source;
    this.#isCut = isCut;
  }

  refuse(reason: CheckpointFault, detail: string): never {
    refuseCheckpoint(this.#source, reason, `its pickle ${detail} (byte ${this.at})`);
  }

  /** Counts one opcode and gives it. */
  next(): number {
    if (++this.#steps > MAX_STEPS) this.refuse('limit', `has more than ${MAX_STEPS} steps`);
    return this.bytes[this.take(1)]!;
  }

  /** Moves on by a number of bytes and gives where they begin. */
  take(count: number): number {
    const begin = this.at;
    if (count > this.bytes.byteLength - begin) {
      if (this.#isCut) this.refuse('limit', `is larger than ${MAX_PICKLE_BYTES} bytes`);
      this.refuse('truncated', `ends where ${count} more bytes should follow`);
    }
    this.at += count;
    return begin;
  }

  /** The next bytes, as many as a number that the pickle declares. */
  chunk(count: number): Uint8Array {
    const begin = this.take(count);
    return this.bytes.subarray(begin, begin + count);
  }

  /** The bytes up to the next line end. */
  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) this.take(this.bytes.byteLength - this.at + 1);
    const text = this.text(this.chunk(end - this.at));
    this.at++;
    return text;
  }

  /** UTF-8 text; Python 2 wrote bytes of any kind as text, which become one character each. */
  text(bytes: Uint8Array, isBytes = false): string {
    try {
      return UTF8.decode(bytes);
    } catch {
      if (isBytes) return latin1Text(bytes);
      return this.refuse('bad-pickle', 'holds a text that is no UTF-8');
    }
  }

  push(value: unknown): void {
    if (this.#stack.length >= MAX_STACK) this.refuse('limit', `piles up more than ${MAX_STACK} values`);
    this.#stack.push(value);
  }

  /** Pushes something that takes memory of its own. */
  create(value: unknown): void {
    if (++this.#objects > MAX_OBJECTS) this.refuse('limit', `makes more than ${MAX_OBJECTS} objects`);
    this.push(value);
  }

  pop(): unknown {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) this.refuse('bad-pickle', 'takes a value from the stack where there is none');
    return value;
  }

  top(): unknown {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) this.refuse('bad-pickle', 'uses a value of the stack where there is none');
    return value;
  }

  mark(): void {
    this.push(MARK);
  }

  /** What was pushed since the last mark. */
  popToMark(): unknown[] {
    const begin = this.#stack.lastIndexOf(MARK);
    if (begin < 0) this.refuse('bad-pickle', 'refers to a mark that was never set');
    const values = this.#stack.splice(begin);
    values.shift();
    return values;
  }

  keep(place: number): void {
    if (this.#memo.size >= MAX_STACK) this.refuse('limit', `keeps more than ${MAX_STACK} values`);
    this.#memo.set(place, this.top());
  }

  keepNext(): void {
    this.keep(this.#memo.size);
  }

  recall(place: number): void {
    const value = this.#memo.get(place);
    if (value === undefined) this.refuse('bad-pickle', `recalls place ${place}, where nothing was kept`);
    this.push(value);
  }

  global(module: unknown, name: unknown): object {
    const whole = `${String(module)}.${String(name)}`;
    const found = typeof module === 'string' && typeof name === 'string' ? this.rules.global(whole) : undefined;
    return found ?? this.refuse('forbidden-global', `names "${whole}", which is not among the classes that weights are made of`);
  }

  /** What a call of an allowed name gives. */
  call(callee: unknown, args: unknown): unknown {
    if (!(callee instanceof PickledGlobal)) this.refuse('bad-pickle', 'calls something that is no class or function');
    const items = Array.isArray(args)
      ? args
      : args instanceof PickledTuple
        ? args.items
        : this.refuse('bad-pickle', 'calls without arguments');
    return callee.call ? callee.call(items) : new PickledObject(callee.name);
  }

  /** Puts keys and values, one after the other, into a dict. */
  setItems(target: unknown, items: readonly unknown[]): void {
    if (target instanceof PickledObject) return;
    if (!(target instanceof Map)) this.refuse('bad-pickle', 'sets items of something that is no dict');
    if (items.length % 2 !== 0) this.refuse('bad-pickle', 'sets a key without a value');
    for (let i = 0; i < items.length; i += 2) {
      if (target.has(items[i])) this.refuse('bad-pickle', `sets the key "${String(items[i])}" twice`);
      target.set(items[i], items[i + 1]);
    }
  }

  /** Appends to a list. */
  append(target: unknown, items: readonly unknown[]): void {
    if (target instanceof PickledObject) return;
    if (!Array.isArray(target)) this.refuse('bad-pickle', 'appends to something that is no list');
    for (const item of items) target.push(item);
  }

  /** Gives an object its state. Dicts and lists of named classes carry notes of PyTorch there, which are left out. */
  setState(target: unknown, state: unknown): void {
    if (target instanceof PickledObject) target.attributes = state instanceof Map ? state : undefined;
    else if (typeof target !== 'object' || target === null) this.refuse('bad-pickle', 'gives attributes to something that has none');
  }
}
