import { broadcast, type OnnxGraph, type OnnxValue } from '../onnx/graph.ts';
import { finish, knowsActivation } from './activation.ts';
import { canBroadcast, type KernelAttributes, type KernelInputs, type KernelTable, listOf, NUMBERS } from './kernel-form.ts';

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

const isPlain = (shape: readonly number[]): boolean => shape.slice(0, -2).every((length) => length === 1);

/** Whole numbers have but the plain product. */
function wholeProduct(g: OnnxGraph, a: OnnxValue, b: OnnxValue, { transA, transB }: Flags): OnnxValue {
  const turned = (x: OnnxValue): OnnxValue => {
    const last = x.shape.length - 1;
    return g.transpose(x, [...Array(last - 1).keys(), last, last - 1]);
  };
  const [left, right] = [transA ? turned(a) : a, transB ? turned(b) : b];
  const lead = broadcast(left.shape.slice(0, -2), right.shape.slice(0, -2));
  return g.one('MatMul', [left, right], [...lead, left.shape.at(-2)!, right.shape.at(-1)!]);
}

function product(g: OnnxGraph, a: OnnxValue, b: OnnxValue, flags: Flags): OnnxValue {
  if (a.type === 'int32') return wholeProduct(g, a, b, flags);
  if (!isPlain(a.shape) || !isPlain(b.shape)) return g.matmul(a, b, flags);
  const lead = Math.max(a.shape.length, b.shape.length) - 2;
  const matrix = g.matmul(g.reshape(a, a.shape.slice(-2)), g.reshape(b, b.shape.slice(-2)), flags);
  return g.reshape(matrix, [...Array<number>(lead).fill(1), ...matrix.shape]);
}

/** Axis names of the operands of an equation and of its result. */
function partsOf(equation: unknown): readonly [operands: string[], result: string] {
  const [operands = '', ...result] = (equation as string).replaceAll(/\s/g, '').split('->');
  return [operands.split(','), result.join('?')];
}

/** Lengths of the axes by name. */
const lengthsOf = (values: readonly OnnxValue[], operands: readonly string[]): ReadonlyMap<string, number> =>
  new Map(operands.flatMap((names, i) => [...names].map((name, axis) => [name, values[i]!.shape[axis]!] as const)));

/** Whether an equation is one that tfjs knows, of one or two operands with letters that differ, and suits the operands' shapes. */
function isEquation(values: readonly OnnxValue[], equation: unknown): boolean {
  const [operands, result] = partsOf(equation);
  const lengths = lengthsOf(values, operands);
  const suits = (names: string, { type, shape }: OnnxValue): boolean =>
    type === values[0]!.type && shape.length === names.length && shape.every((length, axis) => length === lengths.get(names[axis]!));
  const isPlainText = [...operands, result].every((names) => /^[a-zA-Z]*$/.test(names) && new Set(names).size === names.length);
  if (!isPlainText || operands.length !== values.length || values.length > 2) return false;
  return operands.every((names, i) => suits(names, values[i]!)) && [...result].every((name) => lengths.has(name));
}

/** Matrix products. */
export const products: KernelTable = {
  BatchMatMul: {
    isHeavy: true,
    types: NUMBERS,
    takes: areMatrices,
    emit: (g, { a, b }, attributes) => product(g, a!, b!, flagsOf(attributes)),
  },
  _FusedMatMul: {
    isHeavy: true,
    takes: (inputs, attributes) => areMatrices(inputs, attributes) && knowsActivation(attributes),
    emit: (g, inputs, attributes) => finish(g, product(g, inputs.a!, inputs.b!, flagsOf(attributes)), inputs, attributes),
  },
  Einsum: {
    isHeavy: true,
    types: NUMBERS,
    takes: (inputs, { equation }) => isEquation(listOf(inputs), equation),
    emit: (g, inputs, { equation }) => {
      const values = listOf(inputs);
      const [operands, result] = partsOf(equation);
      const lengths = lengthsOf(values, operands);
      const shape = [...result].map((name) => lengths.get(name)!);
      return g.one('Einsum', values, shape, { equation: `${operands.join()}->${result}` });
    },
  },
};
