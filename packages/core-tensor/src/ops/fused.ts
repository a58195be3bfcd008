import { engine, getBackend, getKernel, type KernelFunc, registerGradient, registerKernel, tidy, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs'; // prettier-ignore

/** Inputs of a fused operation by name. */
export type FusedInputs = Readonly<Record<string, Tensor>>;

/** Plain numbers, texts and lists that shape a fused operation. */
export type FusedAttributes = Readonly<Record<string, number | boolean | string | readonly number[]>>;

/** What a gradient is made from: the gradients of the outputs, the saved inputs and outputs by name, the attributes. */
export interface FusedGradient {
  readonly gradients: readonly Tensor[];
  readonly inputs: FusedInputs;
  readonly outputs: readonly Tensor[];
  readonly attributes: FusedAttributes;
}

/** A fused operation: one kernel where the backend has it, the composite of plain operations elsewhere; one gradient for both. */
export interface FusedOperation {
  /** Name of the kernel in backends, with the prefix `Reid`. */
  readonly name: string;
  /** The same result in plain operations. */
  readonly composite: (inputs: FusedInputs, attributes: FusedAttributes) => Tensor[];
  /** Which inputs and outputs the gradient needs. */
  readonly saves?: { readonly inputs?: readonly string[]; readonly outputs?: readonly boolean[] };
  /** Gradients of the inputs by name. A function is only called when that gradient is asked for. */
  readonly gradient?: (saved: FusedGradient) => Readonly<Record<string, Tensor | (() => Tensor)>>;
}

/** Runs a fused operation and gives its outputs in order. */
export type RunFused = (inputs: FusedInputs, attributes?: FusedAttributes) => Tensor[];

const compositeKernel =
  ({ composite }: FusedOperation): KernelFunc =>
  ({ inputs, attrs }) =>
    tidy(() => composite(inputs as unknown as FusedInputs, (attrs ?? {}) as FusedAttributes));

const names = new Set<string>();

/** Whether a kernel is that of a fused operation. */
export const isFused = (kernel: string): boolean => names.has(kernel);

const makers = new Map<string, (operation: FusedOperation) => KernelFunc>();

/** Lets a backend say how it runs fused operations that it has no kernel of; without that it runs their composites. */
export function onFusedOperation(backendName: string, make: (operation: FusedOperation) => KernelFunc): void {
  makers.set(backendName, make);
}

/** Makes a fused operation callable. Nothing is registered before the first call. */
export function fused(operation: FusedOperation): RunFused {
  let hasGradient = false;
  names.add(operation.name);
  const prepare = (): void => {
    const backendName = getBackend();
    if (!getKernel(operation.name, backendName)) {
      const make = makers.get(backendName) ?? compositeKernel;
      registerKernel({ kernelName: operation.name, backendName, kernelFunc: make(operation) });
    }
    if (!hasGradient && operation.gradient) registerFusedGradient(operation, operation.gradient);
    hasGradient = true;
  };
  return (inputs, attributes = {}) => {
    prepare();
    const outputs = engine().runKernel(operation.name, inputs as never, attributes as unknown as NamedAttrMap) as Tensor | Tensor[];
    return Array.isArray(outputs) ? outputs : [outputs];
  };
}

function registerFusedGradient(operation: FusedOperation, gradient: NonNullable<FusedOperation['gradient']>): void {
  const inputsToSave = [...(operation.saves?.inputs ?? [])];
  registerGradient({
    kernelName: operation.name,
    inputsToSave,
    outputsToSave: [...(operation.saves?.outputs ?? [])],
    gradFunc: (dy, saved, attrs) => {
      const inputs = Object.fromEntries(inputsToSave.map((name, i) => [name, saved[i]!]));
      const result = gradient({
        gradients: Array.isArray(dy) ? dy : [dy],
        inputs,
        outputs: saved.slice(inputsToSave.length),
        attributes: attrs as FusedAttributes,
      });
      return Object.fromEntries(Object.entries(result).map(([name, value]) => [name, typeof value === 'function' ? value : () => value]));
    },
  });
}
