import type { KernelAttributes } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import { canBroadcast } from '../stablehlo/shapes.ts';
import type { HloValue } from '../stablehlo/values.ts';
import { finish, knowsActivation } from './activation.ts';
import { type KernelInputs, type KernelTable, listOf, NUMBERS } from './kernel-form.ts';

interface Flags {
  readonly transA: boolean;
  readonly transB: boolean;
}

const flagsOf = ({ transposeA, transposeB }: KernelAttributes): Flags => ({ transA: transposeA === true, transB: transposeB === true });

function areMatrices({ a, b }: KernelInputs, attributes: KernelAttributes): boolean {
  const { transA, transB } = flagsOf(attributes);
  if (a!.type !== b!.type || a!.shape.length < 2 || b!.shape.length < 2) return false;
  return a!.shape.at(transA ? -2 : -1) === b!.shape.at(transB ? -1 : -2) && canBroadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
}

/** Axis names of the operands of an equation and of its result. */
function partsOf(equation: unknown): readonly [operands: string[], result: string] {
  const [operands = '', ...result] = (equation as string).replaceAll(/\s/g, '').split('->');
  return [operands.split(','), result.join('?')];
}

/** Lengths of the axes by name. */
const lengthsOf = (values: readonly HloValue[], operands: readonly string[]): ReadonlyMap<string, number> =>
  new Map(operands.flatMap((names, i) => [...names].map((name, axis) => [name, values[i]!.shape[axis]!] as const)));

/** Whether an equation is one that tfjs knows, of one or two operands with letters that differ, and suits the operands' shapes. */
function isEquation(values: readonly HloValue[], equation: unknown): boolean {
  const [operands, result] = partsOf(equation);
  const lengths = lengthsOf(values, operands);
  const suits = (names: string, { type, shape }: HloValue): boolean =>
    type === values[0]!.type && shape.length === names.length && shape.every((length, axis) => length === lengths.get(names[axis]!));
  const isPlainText = [...operands, result].every((names) => /^[a-zA-Z]*$/.test(names) && new Set(names).size === names.length);
  if (!isPlainText || operands.length !== values.length || values.length > 2) return false;
  return operands.every((names, i) => suits(names, values[i]!)) && [...result].every((name) => lengths.has(name));
}

/** A value with names for its axes. */
interface Named {
  readonly names: string;
  readonly value: HloValue;
}

/** Sums over the axes that nothing else names. */
function withoutOthers(p: HloProgram, { names, value }: Named, kept: string): Named {
  const axes = [...names].flatMap((name, axis) => (kept.includes(name) ? [] : [axis]));
  return { names: [...names].filter((name) => kept.includes(name)).join(''), value: p.reduce('add', value, axes) };
}

/** The product over the names that both have and the result does not. */
function contract(p: HloProgram, a: Named, b: Named, result: string): Named {
  const shared = [...a.names].filter((name) => b.names.includes(name));
  const axesOf = (names: readonly string[]): readonly [number[], number[]] => [names.map((name) => a.names.indexOf(name)), names.map((name) => b.names.indexOf(name))]; // prettier-ignore
  const batch = shared.filter((name) => result.includes(name));
  const over = shared.filter((name) => !result.includes(name));
  const rest = ({ names }: Named): string[] => [...names].filter((name) => !shared.includes(name));
  return {
    names: [...batch, ...rest(a), ...rest(b)].join(''),
    value: p.dot(a.value, b.value, { batch: axesOf(batch), over: axesOf(over) }),
  };
}

function einsum(p: HloProgram, values: readonly HloValue[], equation: unknown): HloValue {
  const [operands, result] = partsOf(equation);
  const given = operands.map((names, i) => withoutOthers(p, { names, value: values[i]! }, result + operands.filter((_, k) => k !== i).join(''))); // prettier-ignore
  const { names, value } = given.reduce((a, b) => contract(p, a, b, result));
  return p.transpose(value, [...result].map((name) => names.indexOf(name))); // prettier-ignore
}

/** Matrix products. */
export const products: KernelTable = {
  BatchMatMul: {
    types: NUMBERS,
    takes: areMatrices,
    emit: (p, { a, b }, attributes) => p.matmul(a!, b!, flagsOf(attributes)),
  },
  _FusedMatMul: {
    takes: (inputs, attributes) => areMatrices(inputs, attributes) && knowsActivation(attributes),
    emit: (p, inputs, attributes) => finish(p, p.matmul(inputs.a!, inputs.b!, flagsOf(attributes)), inputs, attributes),
  },
  Einsum: {
    types: NUMBERS,
    takes: (inputs, { equation }) => isEquation(listOf(inputs), equation),
    emit: (p, inputs, { equation }) => einsum(p, listOf(inputs), equation),
  },
};
