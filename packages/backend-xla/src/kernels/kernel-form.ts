import { backend_util, util } from '@tensorflow/tfjs';
import type { KernelAttributes } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import type { HloType, HloValue } from '../stablehlo/values.ts';

/** Inputs of a kernel by tfjs's names; a list of tensors has the names 0, 1, … */
export type KernelInputs = Readonly<Record<string, HloValue>>;

/** How a kernel is written in StableHLO. */
export interface KernelForm {
  /** Element types that the form takes, for every input; float32 alone unless given. */
  readonly types?: readonly HloType[];
  /** Further conditions. */
  readonly takes?: (inputs: KernelInputs, attributes: KernelAttributes) => boolean;
  readonly emit: (program: HloProgram, inputs: KernelInputs, attributes: KernelAttributes) => HloValue | readonly HloValue[];
}

/** Forms by kernel name. */
export type KernelTable = Readonly<Record<string, KernelForm>>;

/** Element types that are counted with. */
export const NUMBERS: readonly HloType[] = ['float32', 'int32'];
/** All element types of tensors. */
export const ANY: readonly HloType[] = ['float32', 'int32', 'bool'];

/** Axes from an attribute: one, several, or all when there is none; negative ones count from the end. */
export function axesOf(axis: unknown, x: HloValue): number[] {
  if (axis === undefined || axis === null) return x.shape.map((_, i) => i);
  return util.parseAxisParam(axis as number | number[], [...x.shape]);
}

/** The single axis of an attribute. */
export const axisOf = (axis: unknown, x: HloValue): number => axesOf(axis, x)[0]!;

/** Values of a list of inputs, in order. */
export const listOf = (inputs: KernelInputs): HloValue[] => Object.values(inputs);

/** Sizes of the parts that an attribute asks for. */
export const partSizes = (x: HloValue, parts: unknown, axis: number): number[] =>
  backend_util.prepareSplitSize({ shape: [...x.shape] } as never, parts as number | number[], axis);

/** Whether all values are of one type and, where `anyLength` names no other axis, of one shape. */
export function areAlike([first, ...rest]: readonly HloValue[], anyLength?: number): boolean {
  return rest.every(
    ({ type, shape }) =>
      type === first!.type &&
      shape.length === first!.shape.length &&
      shape.every((length, axis) => axis === anyLength || length === first!.shape[axis]),
  );
}
