import type { KernelAttributes } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import type { HloValue } from '../stablehlo/values.ts';
import { binaryKernels } from './binary.ts';
import { elementwise } from './elementwise.ts';
import type { KernelInputs } from './kernel-form.ts';

const FORMS = { relu: elementwise.Relu, elu: elementwise.Elu, relu6: elementwise.Relu6, sigmoid: elementwise.Sigmoid, leakyrelu: elementwise.LeakyRelu, prelu: binaryKernels.Prelu }; // prettier-ignore

/** Whether {@link finish} knows the activation that an attribute names. */
export const knowsActivation = ({ activation }: KernelAttributes): boolean =>
  activation === undefined || activation === null || activation === 'linear' || Object.hasOwn(FORMS, activation as string);

/** What follows the product in tfjs's fused kernels: the bias, if there is one, and the activation. */
export function finish(
  p: HloProgram,
  product: HloValue,
  { bias, preluActivationWeights }: KernelInputs,
  attributes: KernelAttributes,
): HloValue {
  const shifted = bias ? p.add(product, bias) : product;
  const form = FORMS[attributes.activation as keyof typeof FORMS];
  if (!form) return shifted;
  const inputs: KernelInputs = { x: shifted, ...(preluActivationWeights ? { alpha: preluActivationWeights } : {}) };
  return form.emit(p, inputs, { alpha: attributes.leakyreluAlpha! }) as HloValue;
}
