import { engine, findBackendFactory, getKernelsForBackend, registerBackend, registerKernel, type KernelBackend, type KernelFunc, setBackend, tidy, type TensorInfo } from '@tensorflow/tfjs'; // prettier-ignore
import { ReidError } from '../errors.ts';
import { type DataArrays, type DataType, hostTensor } from '../host-tensor.ts';
import { type FusedAttributes, type FusedInputs, type FusedOperation, isFused, onFusedOperation } from '../ops/fused.ts';
import type { Tensor } from '../tensor.ts';
import { GraphBuilder, unsupportedKernel } from './graph-builder.ts';
import { attributeText } from './call-text.ts';
import { kernelResults, type SpecInputs } from './kernel-results.ts';
import type { GraphNode, GraphValue, KernelAttributes, TensorSpec } from './step-graph.ts';
import { atUserCode, userCode } from './user-code.ts';

const NAME = 'reidkit-recording';

/** One recording under way. */
export interface Recording {
  readonly graph: GraphBuilder;
  /** Told of tensors from outside the step, once each. */
  readonly onCapture?: (spec: TensorSpec, place: string | undefined) => void;
  /** Where in the user's code each node comes from; filled when given. */
  readonly places?: Map<GraphNode, string>;
}

interface Entry {
  readonly values?: DataArrays[DataType];
  readonly dtype: string;
  symbol?: GraphValue;
}

/** What is used of tfjs's JavaScript backend: where numbers are, and here also what stands for numbers. */
interface HostBackend extends KernelBackend {
  readonly data: { get(id: object): Entry };
  makeTensorInfo(shape: number[], dtype: string, values?: DataArrays[DataType]): TensorInfo;
}

let backend: HostBackend | undefined;
let active: Recording | undefined;
const fusedResults = new Map<string, readonly TensorSpec[]>();

function refuseRead(id: object): void {
  if (!backend!.data.get(id).symbol) return;
  throw new ReidError(
    'VALUE_READ',
    `The step reads the numbers of a tensor${atUserCode(userCode())}: while it is recorded, there are none.`,
    {
      hint: 'compute with tensors instead (where(), mul() with a mask), give the number as an output or a loss, or run the step eagerly.',
    },
  );
}

/** tfjs's JavaScript backend, with tensors that stand for values of a graph. Constants are computed by it at once. */
function makeBackend(): HostBackend {
  const made = findBackendFactory('cpu')() as HostBackend;
  const { readSync, read, move } = made as unknown as Record<'readSync' | 'read' | 'move', (...args: unknown[]) => unknown>;
  return Object.assign(made, {
    firstUse: false, // or tfjs greets with an advertisement for another backend
    readSync: (id: object) => (refuseRead(id), readSync.call(made, id)),
    read: async (id: object) => (refuseRead(id), read.call(made, id)),
    move(id: object, values: unknown, shape: number[], dtype: DataType, references: number) {
      move.call(made, id, values, shape, dtype, references);
      active?.onCapture?.({ shape, dtype }, userCode());
    },
  }) as HostBackend;
}

/** A tensor that stands for a value of the graph. */
export function symbolicTensor(value: GraphValue): Tensor {
  return engine().makeTensorFromTensorInfo(wrap(value), backend);
}

function wrap(value: GraphValue): TensorInfo {
  const info = backend!.makeTensorInfo([...value.shape], value.dtype);
  backend!.data.get(info.dataId).symbol = value;
  return info;
}

/** The value of the graph that a tensor stands for, or its numbers as a constant. */
export function valueOf({ dataId, shape, dtype }: TensorInfo): GraphValue {
  const { symbol, values } = backend!.data.get(dataId);
  const { graph } = active!;
  return symbol ? graph.reshape(symbol, shape) : graph.constant(hostTensor(values!, [...shape], dtype as DataType));
}

const isSymbolic = ({ dataId }: TensorInfo): boolean => backend!.data.get(dataId).symbol !== undefined;

/** Inputs that are there, by name; members of lists by number. */
const inputsOf = (inputs: object): [string, TensorInfo][] =>
  (Object.entries(inputs) as [string, TensorInfo | undefined][]).filter(
    (entry): entry is [string, TensorInfo] => entry[1]?.dataId !== undefined,
  );

/** Adds a kernel call to the graph under way. */
function record(
  kernel: string,
  given: readonly (readonly [string, TensorInfo])[],
  attributes: KernelAttributes,
  results: readonly TensorSpec[],
): TensorInfo[] {
  const { graph, places } = active!;
  const inputs = Object.fromEntries(given.map(([name, info]) => [name, valueOf(info)]));
  const values = graph.call(kernel, inputs, attributes, results);
  if (places) for (const value of values) if (value.kind === 'result' && !places.has(value.node)) places.set(value.node, userCode() ?? '');
  return values.map(wrap);
}

const recorded =
  (kernel: string, onConstants: KernelFunc): KernelFunc =>
  ({ inputs, attrs, backend: own }) => {
    const given = inputsOf(inputs);
    const attributes = (attrs ?? {}) as KernelAttributes;
    if (active) active.graph.counts.calls++;
    if (!active || !given.some(([, info]) => isSymbolic(info))) {
      if (active) active.graph.counts.folded++;
      return onConstants({ inputs, attrs: attrs ?? {}, backend: own });
    }
    const specs = Object.fromEntries(given) as unknown as SpecInputs;
    const results = kernelResults(kernel, specs, attributes);
    if (!results) throw unsupportedKernel(kernel, specs);
    const infos = record(kernel, given, attributes, results);
    return LISTS.has(kernel) ? infos : infos[0]!;
  };

/** Kernels that give lists, also of one tensor. */
const LISTS = new Set(['SplitV', 'Unpack', 'TopK']);

/** Shapes that the composite of a fused operation gives, from a recording of it that is thrown away. */
function fusedShapes(
  { name, composite }: FusedOperation,
  given: readonly (readonly [string, TensorInfo])[],
  attributes: FusedAttributes,
): readonly TensorSpec[] {
  const key = `${name}(${given.map(([input, { shape, dtype }]) => `${input} ${dtype}[${shape}]`)})${attributeText(attributes)}`;
  const held = fusedResults.get(key);
  if (held) return held;
  const specs = recordAside(
    () =>
      tidy(() => {
        const inputs = given.map(([input, { shape, dtype }]) => [
          input,
          symbolicTensor(active!.graph.input('batch', input, { shape, dtype: dtype as DataType })),
        ]);
        return composite(Object.fromEntries(inputs) as FusedInputs, attributes).map(({ shape, dtype }) => ({
          shape,
          dtype: dtype as DataType,
        })) as never;
      }) as unknown as readonly TensorSpec[],
  );
  if (fusedResults.size > 4096) fusedResults.clear();
  fusedResults.set(key, specs);
  return specs;
}

function recordAside<T>(f: () => T): T {
  const outer = active;
  active = { graph: new GraphBuilder() };
  try {
    return f();
  } finally {
    active = outer;
  }
}

const fusedKernel =
  (operation: FusedOperation): KernelFunc =>
  ({ inputs, attrs }) => {
    const given = inputsOf(inputs);
    const attributes = (attrs ?? {}) as FusedAttributes;
    const whole =
      active &&
      given.some(([, info]) => isSymbolic(info)) &&
      active.graph.supports(operation.name, Object.fromEntries(given) as unknown as SpecInputs, attributes);
    if (!whole) return tidy(() => operation.composite(inputs as unknown as FusedInputs, attributes));
    active!.graph.counts.calls++;
    return record(operation.name, given, attributes, fusedShapes(operation, given, attributes));
  };

function install(): HostBackend {
  if (backend) return backend;
  const made = makeBackend();
  registerBackend(NAME, () => made, 0);
  for (const { kernelName, kernelFunc } of getKernelsForBackend('cpu')) {
    if (isFused(kernelName)) continue; // registered at its first call
    registerKernel({ kernelName, backendName: NAME, kernelFunc: recorded(kernelName, kernelFunc) });
  }
  onFusedOperation(NAME, fusedKernel);
  return made;
}

/**
 * Runs `f` on a backend that writes down kernels instead of computing them; tensors made by {@link symbolicTensor} stand for values of the graph.
 * Everything that `f` makes is freed. Returns what `f` returns, which must not hold tensors.
 */
export function underRecording<T>(recording: Recording, f: () => T): T {
  const owner = engine();
  const before = owner.backendName;
  backend = install();
  if (active)
    throw new ReidError('INVALID_ARGUMENT', 'A step was recorded inside another recording.', { hint: 'compile steps one after another.' });
  void setBackend(NAME); // at once for a backend that is made at once
  active = recording;
  owner.startScope('recording');
  try {
    return f();
  } finally {
    active = undefined;
    owner.endScope();
    void setBackend(before);
  }
}
