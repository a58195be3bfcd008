import { backend_util, type NamedAttrMap, util } from '@tensorflow/tfjs';
import type { OnnxGraph, OnnxType, OnnxValue } from '../onnx/graph.ts';

/** Inputs of a kernel by tfjs's names; a list of tensors has the names 0, 1, … */
export type KernelInputs = Readonly<Record<string, OnnxValue>>;

/** Attributes of a kernel by tfjs's names. */
export type KernelAttributes = Readonly<NamedAttrMap>;

/**
 * How a kernel is written in ONNX. One table of these serves single kernels, compiled steps and exported files.
 */
export interface KernelForm {
  /** Element types that the form takes, for every input; float32 alone unless given. */
  readonly types?: readonly OnnxType[];
  /** Further conditions; a kernel that the form does not take falls back to JavaScript. */
  readonly takes?: (inputs: KernelInputs, attributes: KernelAttributes) => boolean;
  /** Whether the operations do not depend on lengths, so that one session serves all shapes of a rank. */
  readonly anyShape?: boolean;
  /** Whether inputs may have no elements; a call with such an input runs in JavaScript otherwise. */
  readonly takesEmpty?: boolean;
  /** Whether more than one thread pays off. */
  readonly isHeavy?: boolean;
  readonly emit: (graph: OnnxGraph, inputs: KernelInputs, attributes: KernelAttributes) => OnnxValue | readonly OnnxValue[];
}

/** Forms by kernel name. */
export type KernelTable = Readonly<Record<string, KernelForm>>;

/** Element types that are counted with. */
export const NUMBERS: readonly OnnxType[] = ['float32', 'int32'];
/** All element types of tensors. */
export const ANY: readonly OnnxType[] = ['float32', 'int32', 'bool'];

/** Axes from an attribute: one, several, or all when there is none; negative ones count from the end. */
export function axesOf(axis: unknown, x: OnnxValue): number[] {
  if (axis === undefined || axis === null) return x.shape.map((_, i) => i);
  return util.parseAxisParam(axis as number | number[], [...x.shape]);
}

/** The single axis of an attribute. */
export const axisOf = (axis: unknown, x: OnnxValue): number => axesOf(axis, x)[0]!;

/** Values of a list of inputs, in order. */
export const listOf = (inputs: KernelInputs): OnnxValue[] => Object.values(inputs);

/** Sizes of the parts that an attribute asks for. */
export const partSizes = (x: OnnxValue, parts: unknown, axis: number): number[] =>
  backend_util.prepareSplitSize({ shape: [...x.shape] } as never, parts as number | number[], axis);

/** Whether two shapes broadcast to one. */
export function canBroadcast(a: readonly number[], b: readonly number[]): boolean {
  return a.every((length, i) => {
    const other = b[b.length - a.length + i] ?? 1;
    return length === other || length === 1 || other === 1;
  });
}

/** Whether all values are of one type and, where `anyLength` names no other axis, of one shape. */
export function areAlike([first, ...rest]: readonly OnnxValue[], anyLength?: number): boolean {
  return rest.every(
    ({ type, shape }) =>
      type === first!.type &&
      shape.length === first!.shape.length &&
      shape.every((length, axis) => axis === anyLength || length === first!.shape[axis]),
  );
}

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
