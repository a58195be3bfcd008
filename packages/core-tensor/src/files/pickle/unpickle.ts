import { MAX_PICKLE_BYTES, PickleMachine, type PickleRules } from './pickle-machine.ts';
import { OPCODES, type Opcode } from './pickle-opcodes.ts';

const TABLE: readonly (Opcode | undefined)[] = Array.from({ length: 256 }, (_, byte) => OPCODES[String.fromCharCode(byte)]);

/** A pickle as data, and where it ends. */
export interface Unpickled {
  /** Lists as arrays, dicts as Maps, other things as PickledTuple, PickledObject, PickledGlobal, or what the rules give for them. */
  readonly value: unknown;
  /** Position of the first byte behind it. */
  readonly end: number;
}

/** Where a pickle stands and what it may name. */
export interface UnpickleOptions {
  readonly rules: PickleRules;
  /** What it is part of, for messages. */
  readonly source: string;
  /** Default: 0. */
  readonly begin?: number;
  /** Whether the file goes on behind the bytes given. Default: false. */
  readonly isCut?: boolean;
}

/**
 * Reads a pickle (protocols 0 to 5) as data: no class is built and no function called, whatever it names; names that the rules do not allow
 * are refused, and so is what exceeds limits of size, number and time. Throws FILE_INVALID.
 */
export function unpickle(bytes: Uint8Array, { rules, source, begin = 0, isCut = false }: UnpickleOptions): Unpickled {
  const window = bytes.subarray(0, begin + MAX_PICKLE_BYTES);
  const machine: PickleMachine = new PickleMachine(window, begin, { source, rules, isCut: isCut || window.byteLength < bytes.byteLength });
  while (!machine.stopped) {
    const byte = machine.next();
    const opcode = TABLE[byte];
    if (!opcode) machine.refuse('bad-pickle', `holds the unknown opcode 0x${byte.toString(16).padStart(2, '0')}`);
    opcode(machine);
  }
  return { value: machine.pop(), end: machine.at };
}
