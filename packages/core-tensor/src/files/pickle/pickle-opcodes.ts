import type { PickleMachine } from './pickle-machine.ts';
import { PickledObject, PickledTuple } from './pickle-values.ts';

/** What an opcode does. */
export type Opcode = (machine: PickleMachine) => void;

const MAX_INTEGER_BYTES = 1024;

const u8 = (m: PickleMachine): number => m.view.getUint8(m.take(1));
const u16 = (m: PickleMachine): number => m.view.getUint16(m.take(2), true);
const u32 = (m: PickleMachine): number => m.view.getUint32(m.take(4), true);
const i32 = (m: PickleMachine): number => m.view.getInt32(m.take(4), true);
const u64 = (m: PickleMachine): number => Number(m.view.getBigUint64(m.take(8), true));

/** A whole number as JavaScript's plain number where that is exact. */
const plainInteger = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;

/** A whole number in two's complement, little-endian, of any length. */
function integer(m: PickleMachine, length: number): number | bigint {
  if (length < 0) m.refuse('bad-pickle', `holds a whole number of ${length} bytes`);
  if (length > MAX_INTEGER_BYTES) m.refuse('limit', `holds a whole number of ${length} bytes`);
  const bytes = m.chunk(length);
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return plainInteger(length > 0 && bytes[length - 1]! >= 0x80 ? value - (1n << BigInt(8 * length)) : value);
}

function decimal(m: PickleMachine, text: string): number | bigint {
  const digits = text.replace(/L$/, '');
  if (!/^-?\d{1,300}$/.test(digits)) m.refuse('bad-pickle', 'holds a whole number that is none');
  return plainInteger(BigInt(digits));
}

function decimalOrTruth(m: PickleMachine): unknown {
  const text = m.line();
  return text === '01' ? true : text === '00' ? false : decimal(m, text);
}

function float(m: PickleMachine): number {
  const text = m.line();
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) m.refuse('bad-pickle', 'holds a number that is none');
  return value;
}

/** A text of Python 2 in quotes; with escapes, which weights have none of, it is refused. */
function quoted(m: PickleMachine): string {
  const inner = /^(['"])([^\\]*)\1$/.exec(m.line())?.[2];
  return inner ?? m.refuse('bad-pickle', 'holds a quoted text with escapes or without quotes');
}

const text = (m: PickleMachine, length: number): string => m.text(m.chunk(length));
const oldText = (m: PickleMachine, length: number): string => m.text(m.chunk(length), true);

function dict(m: PickleMachine, items: readonly unknown[]): Map<unknown, unknown> {
  const made = new Map<unknown, unknown>();
  m.setItems(made, items);
  return made;
}

/** The last `count` values of the stack as a tuple. */
function tuple(m: PickleMachine, count: number): void {
  const items = Array.from({ length: count }, () => m.pop()).reverse();
  m.create(new PickledTuple(items));
}

function makeObject(m: PickleMachine, hasKeywords: boolean): void {
  if (hasKeywords) m.pop();
  const args = m.pop();
  m.create(m.call(m.pop(), args));
}

function globalFromStack(m: PickleMachine): void {
  const name = m.pop();
  m.push(m.global(m.pop(), name));
}

function objectFromMark(m: PickleMachine): void {
  const [callee, ...args] = m.popToMark();
  m.create(m.call(callee, args));
}

function frame(m: PickleMachine): void {
  const length = u64(m);
  if (length > m.bytes.byteLength - m.at) m.take(length);
}

function pairs(m: PickleMachine, items: readonly unknown[]): void {
  m.setItems(m.top(), items);
}

/** Opcodes by their byte. Those that fetch from registries of a Python process or from buffers beside the pickle are not here. */
export const OPCODES: Readonly<Record<string, Opcode>> = {
  '(': (m) => m.mark(),
  '.': (m) => (m.stopped = true),
  '0': (m) => m.pop(),
  '1': (m) => m.popToMark(),
  '2': (m) => m.push(m.top()),
  F: (m) => m.push(float(m)),
  G: (m) => m.push(m.view.getFloat64(m.take(8), false)),
  I: (m) => m.push(decimalOrTruth(m)),
  J: (m) => m.push(i32(m)),
  K: (m) => m.push(u8(m)),
  L: (m) => m.push(decimal(m, m.line())),
  M: (m) => m.push(u16(m)),
  N: (m) => m.push(null),
  Q: (m) => m.create(m.rules.persistent(m.pop())),
  R: (m) => makeObject(m, false),
  S: (m) => m.create(quoted(m)),
  T: (m) => m.create(oldText(m, u32(m))),
  U: (m) => m.create(oldText(m, u8(m))),
  V: (m) => m.create(m.line()),
  X: (m) => m.create(text(m, u32(m))),
  B: (m) => m.create(m.chunk(u32(m))),
  C: (m) => m.create(m.chunk(u8(m))),
  a: (m) => {
    const item = m.pop();
    m.append(m.top(), [item]);
  },
  b: (m) => {
    const state = m.pop();
    m.setState(m.top(), state);
  },
  c: (m) => {
    const module = m.line();
    m.push(m.global(module, m.line()));
  },
  d: (m) => m.create(dict(m, m.popToMark())),
  e: (m) => {
    const items = m.popToMark();
    m.append(m.top(), items);
  },
  g: (m) => m.recall(Number(decimal(m, m.line()))),
  h: (m) => m.recall(u8(m)),
  i: (m) => {
    const module = m.line();
    const callee = m.global(module, m.line());
    m.create(m.call(callee, m.popToMark()));
  },
  j: (m) => m.recall(u32(m)),
  l: (m) => m.create(m.popToMark()),
  o: objectFromMark,
  p: (m) => m.keep(Number(decimal(m, m.line()))),
  q: (m) => m.keep(u8(m)),
  r: (m) => m.keep(u32(m)),
  s: (m) => {
    const value = m.pop();
    const key = m.pop();
    pairs(m, [key, value]);
  },
  t: (m) => m.create(new PickledTuple(m.popToMark())),
  u: (m) => {
    const items = m.popToMark();
    pairs(m, items);
  },
  '}': (m) => m.create(new Map()),
  ']': (m) => m.create([]),
  ')': (m) => m.create(new PickledTuple([])),
  '\x80': (m) => {
    const protocol = u8(m);
    if (protocol > 5) m.refuse('bad-pickle', `is of protocol ${protocol}; 5 is the newest known`);
  },
  '\x81': (m) => makeObject(m, false),
  '\x85': (m) => tuple(m, 1),
  '\x86': (m) => tuple(m, 2),
  '\x87': (m) => tuple(m, 3),
  '\x88': (m) => m.push(true),
  '\x89': (m) => m.push(false),
  '\x8a': (m) => m.push(integer(m, u8(m))),
  '\x8b': (m) => m.push(integer(m, i32(m))),
  '\x8c': (m) => m.create(text(m, u8(m))),
  '\x8d': (m) => m.create(text(m, u64(m))),
  '\x8e': (m) => m.create(m.chunk(u64(m))),
  '\x8f': (m) => m.create(new PickledObject('builtins.set')),
  '\x90': (m) => {
    m.popToMark();
    m.top();
  },
  '\x91': (m) => {
    m.popToMark();
    m.create(new PickledObject('builtins.frozenset'));
  },
  '\x92': (m) => makeObject(m, true),
  '\x93': globalFromStack,
  '\x94': (m) => m.keepNext(),
  '\x95': frame,
  '\x96': (m) => m.create(m.chunk(u64(m))),
};
