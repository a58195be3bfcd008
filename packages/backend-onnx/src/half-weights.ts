import { Tensor as OnnxTensor } from 'onnxruntime-common';
import { decodeElements, encodeElements, findOverflow, type HostTensor, hostTensor, type InputGroup, ReidError, sizeOf, type StepGraph, type TensorSpec } from '@reidkit/core-tensor'; // prettier-ignore

/** Fewest numbers that are worth a cast at each run. */
const FEWEST = 4096;

/** Whether an input of a step is a weight that can be held in half precision: a parameter of two axes or more. */
export const isWeight = ({ shape, dtype, group }: TensorSpec & { readonly group?: InputGroup | undefined }): boolean =>
  group === 'parameters' && dtype === 'float32' && shape.length > 1 && sizeOf(shape) >= FEWEST;

/** A weight as the nearest numbers of half precision. Throws INVALID_ARGUMENT for one that half precision cannot hold. */
export function halveWeight({ data, shape }: HostTensor): OnnxTensor {
  const at = findOverflow(data as Float32Array, 'F16');
  if (at >= 0) {
    throw new ReidError('INVALID_ARGUMENT', `A weight [${shape}] holds ${data[at]} (element ${at}), which float16 cannot hold.`, {
      hint: 'leave out `weights` of onnxBackend().',
    });
  }
  return new OnnxTensor('float16', new Uint16Array(encodeElements(data, 'F16').buffer), shape);
}

/** The numbers of a weight in half precision, as float32. */
export function widenWeight({ data, dims }: OnnxTensor): HostTensor {
  const { buffer, byteOffset, byteLength } = data as Uint16Array;
  return hostTensor(decodeElements('F16', new Uint8Array(buffer, byteOffset, byteLength))!, dims);
}

/** Throws INVALID_ARGUMENT for a step that changes a weight: rounded at each step, it would stay where it is. */
export function refuseTraining({ inputs, outputs }: StepGraph): void {
  const changed = inputs.find((input) => isWeight(input) && Object.hasOwn(outputs.parameters, input.name));
  if (!changed) return;
  throw new ReidError('INVALID_ARGUMENT', `The step changes the parameter "${changed.name}", which is held in float16.`, {
    hint: 'train with an engine made without `weights`; float16 is for inference.',
  });
}
