// The one place that takes operations from tfjs. Everything else in reidkit, and whoever builds on it, takes them from here.
export {
  abs,
  add,
  addN,
  argMax,
  argMin,
  atan,
  cast,
  clipByValue,
  concat,
  cos,
  cumsum,
  depthToSpace,
  div,
  divNoNan,
  einsum,
  equal,
  erf,
  exp,
  expandDims,
  expm1,
  eye,
  fill,
  floor,
  floorDiv,
  gather,
  greater,
  greaterEqual,
  isNaN,
  keep,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  logSoftmax,
  logSumExp,
  matMul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mod,
  mul,
  neg,
  notEqual,
  ones,
  onesLike,
  pad,
  pow,
  range,
  reciprocal,
  reshape,
  reverse as tensorReverse,
  rsqrt,
  scalar,
  sigmoid,
  sin,
  slice,
  softmax,
  softplus,
  split,
  sqrt,
  square,
  squaredDifference,
  squeeze,
  stack,
  step as stepFunction,
  sub,
  sum,
  tanh,
  tensor,
  tidy,
  tile,
  transpose,
  unsortedSegmentSum,
  unstack,
  where,
  zeros,
  zerosLike,
  dispose as disposeTensors,
  memory as tensorMemory,
  type Tensor,
} from '@tensorflow/tfjs';

import { engine, tensor, type Tensor } from '@tensorflow/tfjs';
import { ReidError } from './errors.ts';
import { hostTensor, type DataType, type HostTensor, type HostTensors } from './host-tensor.ts';

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** Copies numbers from JavaScript's memory into a tensor of the backend in use. The array is taken over, not copied: do not write to it. */
export function toTensor(value: HostTensor): Tensor {
  return tensor(value.data, [...value.shape], value.dtype);
}

/** As {@link toTensor}, for every name. */
export function toTensors(values: HostTensors): Tensors {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toTensor(value)]));
}

function hostDataType(value: Tensor): DataType {
  if (value.dtype === 'float32' || value.dtype === 'int32' || value.dtype === 'bool') return value.dtype;
  throw new ReidError(
    'INVALID_ARGUMENT',
    `A tensor of ${value.dtype} cannot be read into a host tensor; it takes float32, int32 and bool.`,
  );
}

/** tfjs's casts without loss keep the array, so it can be of another type than its tensor; `hostTensor` converts it. */
function hostNumbers(value: Tensor, data: ArrayLike<number>): HostTensor {
  return hostTensor(data, [...value.shape], hostDataType(value));
}

/** Reads a tensor's numbers, waiting for the backend. The array must not be written to. */
export async function readTensor(value: Tensor): Promise<HostTensor> {
  return hostNumbers(value, await value.data());
}

/** As {@link readTensor}, at once; backends on a GPU may refuse. */
export function readTensorSync(value: Tensor): HostTensor {
  return hostNumbers(value, value.dataSync());
}

/** As {@link readTensor}, for every name. */
export async function readTensors(values: Tensors): Promise<HostTensors> {
  return Object.fromEntries(
    await Promise.all(Object.entries(values).map(async ([name, value]) => [name, await readTensor(value)] as const)),
  );
}

/** Disposes every tensor of a record. */
export function disposeAll(values: Tensors): void {
  for (const value of Object.values(values)) value.dispose();
}

/** Runs `f` with its intermediate tensors freed, also when it throws; returns what it returns. Records of tensors survive too. */
export function scoped<T>(f: () => T): T {
  const owner = engine();
  owner.startScope('scoped');
  let result: T | undefined;
  try {
    result = f();
    return result;
  } finally {
    owner.endScope(result as never);
  }
}
