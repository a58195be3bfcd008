import { backend_util, getKernel, type KernelFunc, registerKernel, type Tensor, tensor1d, unregisterKernel } from '@tensorflow/tfjs';

/** An attribute of an operation of TensorFlow. */
interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** tfjs-node's backend, as far as its kernels use it. */
interface OpRunner {
  readonly binding: Readonly<Record<'TF_ATTR_INT' | 'TF_ATTR_STRING' | 'TF_ATTR_TYPE' | 'TF_FLOAT', number>>;
  executeSingleOutput(name: string, attributes: readonly OpAttribute[], inputs: readonly Tensor[]): Tensor;
}

/** What tfjs works out of a kernel's attributes: of convolutions and of poolings alike. */
type Geometry = ReturnType<typeof backend_util.computePool2DInfo>;

interface KernelCall {
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Attributes of the kernel, as tfjs-core has them. */
  readonly attrs: Readonly<Record<string, never>>;
}

/** How to run a kernel as an operation of TensorFlow. */
interface KernelForm {
  readonly geometry: (call: KernelCall) => Geometry;
  readonly inputs: (call: KernelCall) => readonly Tensor[];
  /** Whether the size of its window is an attribute. */
  readonly isPooling?: boolean;
}

const convolution =
  (shapes: (call: KernelCall) => readonly [image: readonly number[], filter: readonly number[]]): KernelForm['geometry'] =>
  (call) => {
    const [image, filter] = shapes(call);
    const { strides, pad, dimRoundingMode } = call.attrs;
    return backend_util.computeConv2DInfo(image as never, filter as never, strides!, 1, pad!, dimRoundingMode);
  };

const pooling =
  (image: string): KernelForm['geometry'] =>
  ({ inputs, attrs: { filterSize, strides, pad, dimRoundingMode } }) =>
    backend_util.computePool2DInfo(inputs[image]!.shape as never, filterSize!, strides!, 1, pad!, dimRoundingMode);

/** Kernels whose operation takes any padding while tfjs-node 4.22 refuses all but `valid` and `same`. */
const FORMS: Readonly<Record<string, KernelForm>> = {
  Conv2DBackpropInput: {
    geometry: convolution(({ inputs, attrs }) => [attrs.inputShape!, inputs.filter!.shape]),
    inputs: ({ inputs, attrs }) => [tensor1d(attrs.inputShape!, 'int32'), inputs.filter!, inputs.dy!],
  },
  Conv2DBackpropFilter: {
    geometry: convolution(({ inputs, attrs }) => [inputs.x!.shape, attrs.filterShape!]),
    inputs: ({ inputs, attrs }) => [inputs.x!, tensor1d(attrs.filterShape!, 'int32'), inputs.dy!],
  },
  MaxPool: { geometry: pooling('x'), inputs: ({ inputs }) => [inputs.x!], isPooling: true },
  MaxPoolGrad: { geometry: pooling('input'), inputs: ({ inputs }) => [inputs.input!, inputs.output!, inputs.dy!], isPooling: true },
};

function attributesOf(geometry: Geometry, { binding }: OpRunner, isPooling: boolean): OpAttribute[] {
  const { padInfo, strideHeight, strideWidth, filterHeight, filterWidth } = geometry;
  const whole = (name: string, value: readonly number[]): OpAttribute => ({ name, type: binding.TF_ATTR_INT, value });
  const text = (name: string, value: string): OpAttribute => ({ name, type: binding.TF_ATTR_STRING, value });
  return [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    whole('strides', [1, strideHeight, strideWidth, 1]),
    text('padding', 'EXPLICIT'),
    whole('explicit_paddings', [0, 0, padInfo.top, padInfo.bottom, padInfo.left, padInfo.right, 0, 0]),
    text('data_format', 'NHWC'),
    ...(isPooling ? [whole('ksize', [1, filterHeight, filterWidth, 1])] : []),
  ];
}

/** tfjs-node's kernel, with paddings that it refuses run by the operation itself. */
function withPadding(name: string, { geometry, inputs, isPooling = false }: KernelForm, original: KernelFunc): KernelFunc {
  return (call) => {
    const known = call as unknown as KernelCall & { readonly backend: OpRunner };
    const isChannelsFirst = (known.attrs as { dataFormat?: unknown }).dataFormat === 'NCHW';
    const found = isChannelsFirst ? undefined : geometry(known);
    if (!found || found.padInfo.type === 'VALID' || found.padInfo.type === 'SAME') return original(call);
    const given = inputs(known);
    const result = known.backend.executeSingleOutput(name, attributesOf(found, known.backend, isPooling), given);
    for (const value of given) if (!Object.values(known.inputs).includes(value)) value.dispose();
    return result;
  };
}

const ours = new WeakSet<KernelFunc>();

/** Lets tfjs-node's gradients of convolutions and its max-pooling take any padding, once. */
export function takeAnyPadding(backendName: string): void {
  for (const [kernelName, form] of Object.entries(FORMS)) {
    const config = getKernel(kernelName, backendName);
    if (!config || ours.has(config.kernelFunc)) continue;
    const kernelFunc = withPadding(kernelName, form, config.kernelFunc);
    ours.add(kernelFunc);
    unregisterKernel(kernelName, backendName);
    registerKernel({ ...config, kernelFunc });
  }
}
