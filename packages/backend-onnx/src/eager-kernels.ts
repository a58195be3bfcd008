import { getKernel, getKernelsForBackend, type KernelBackend, registerKernel, type TensorInfo } from '@tensorflow/tfjs';
import { type DataArrays, type DataType, type HostTensor, hostTensor, ReidError, sizeOf } from '@reidkit/core-tensor';
import { insideTable } from './kernels/indexing.ts';
import type { KernelAttributes, KernelForm, KernelInputs } from './kernels/kernel-form.ts';
import { kernelTable } from './kernels/table.ts';
import { modelBytes } from './onnx/model-bytes.ts';
import { OnnxGraph, type OnnxValue } from './onnx/graph.ts';
import { createSession, type Session } from './session.ts';

/** A session of one kernel. */
interface KernelSession {
  readonly session: Session;
  /** Whether tfjs expects a list of outputs. */
  readonly isList: boolean;
}

/** What the kernels keep of tfjs's JavaScript backend: where numbers are. */
interface HostBackend extends KernelBackend {
  readonly data: { get(id: object): { values: DataArrays[DataType] } };
  makeTensorInfo(shape: number[], dtype: string, values: DataArrays[DataType]): TensorInfo;
}

/** How {@link EagerKernels} run. */
export interface EagerOptions {
  /** Kernels with fewer elements in and out than this run in JavaScript: a call into the library costs about 10 µs. Default: 32. */
  readonly fewest?: number;
}

/** Sessions that are kept; the least recently used one goes first. */
const MOST_SESSIONS = 1024;

/** Whatever of these never needs the library: they move no numbers, or only make them. */
const FREE_IN_JAVASCRIPT = new Set(['Identity', 'Reshape', 'ExpandDims', 'Fill', 'Range', 'ZerosLike', 'OnesLike', 'LinSpace']);

interface Call {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: KernelAttributes;
  readonly backend: HostBackend;
}

/** Runs kernels one by one through sessions of one kernel each, and counts those that it cannot. */
export class EagerKernels {
  readonly slow: Record<string, number> = {};
  readonly #sessions = new Map<string, KernelSession | 'refused'>();
  readonly #threads: number;
  readonly #fewest: number;

  constructor(threads: number, { fewest = 32 }: EagerOptions = {}) {
    this.#threads = threads;
    this.#fewest = fewest;
  }

  /** Registers every kernel that the table or tfjs's JavaScript backend has, under the backend's name. */
  register(backendName: string): void {
    const inJavaScript = new Map(getKernelsForBackend('cpu').map((kernel) => [kernel.kernelName, kernel]));
    for (const name of new Set([...inJavaScript.keys(), ...Object.keys(kernelTable)])) {
      if (getKernel(name, backendName)) continue;
      const fallback = inJavaScript.get(name);
      const form = FREE_IN_JAVASCRIPT.has(name) ? undefined : kernelTable[name];
      registerKernel({
        ...(fallback ?? {}),
        kernelName: name,
        backendName,
        kernelFunc: ({ inputs, attrs, backend }) => {
          const call: Call = { inputs: inputs as never, attrs: (attrs ?? {}) as KernelAttributes, backend: backend as HostBackend };
          const fast = form ? this.#run(name, form, call, fallback !== undefined) : undefined;
          if (fast) return fast;
          if (!fallback) throw new ReidError('KERNEL_UNSUPPORTED', `The kernel ${name} has no form for ${describe(call)}.`);
          if (!FREE_IN_JAVASCRIPT.has(name) && elementsOf(call) >= this.#fewest) this.slow[name] = (this.slow[name] ?? 0) + 1;
          return fallback.kernelFunc({ inputs, attrs: attrs ?? {}, backend });
        },
      });
    }
  }

  #run(name: string, form: KernelForm, call: Call, canFallBack: boolean): TensorInfo | TensorInfo[] | undefined {
    const tensors = Object.entries(call.inputs).filter(([, value]) => value?.dataId !== undefined);
    if (canFallBack && elementsOf(call) < this.#fewest && !form.isHeavy) return undefined;
    if (!form.takesEmpty && tensors.some(([, { shape }]) => shape.includes(0))) return undefined;
    if (!suits(form, call, tensors)) return undefined;
    const key = keyOf(name, form, tensors, call.attrs);
    let kernel = this.#sessions.get(key);
    if (kernel === undefined) kernel = this.#make(form, tensors, call.attrs);
    else this.#sessions.delete(key);
    this.#sessions.set(key, kernel); // last in the map is the last used
    if (kernel === 'refused') return undefined;
    const feeds: Record<string, HostTensor> = {};
    for (const [input, { dataId, dtype, shape }] of tensors) {
      // A cast without loss in JavaScript keeps the array, so it can be of another type than its tensor: hostTensor() converts it.
      feeds[`i${input}`] = hostTensor(call.backend.data.get(dataId).values, shape, dtype as DataType);
    }
    const results = Object.values(kernel.session.run(feeds));
    const infos = results.map(({ shape, dtype, data }) => call.backend.makeTensorInfo([...shape], dtype, data));
    return kernel.isList ? infos : infos[0];
  }

  #make(form: KernelForm, tensors: readonly (readonly [string, TensorInfo])[], attributes: KernelAttributes): KernelSession | 'refused' {
    if (this.#sessions.size >= MOST_SESSIONS) {
      const [oldest, kernel] = this.#sessions.entries().next().value!;
      this.#sessions.delete(oldest);
      if (kernel !== 'refused') kernel.session.dispose();
    }
    const graph = new OnnxGraph();
    const inputs = Object.fromEntries(
      tensors.map(([input, { shape, dtype }]) => [input, graph.input(`i${input}`, shape, dtype as DataType)]),
    );
    const emitted = form.emit(graph, inputs, attributes);
    const outputs: readonly OnnxValue[] = Array.isArray(emitted) ? emitted : [emitted as OnnxValue];
    const names = outputs.map((value, i) => {
      graph.output(value, `o${i}`);
      return `o${i}`;
    });
    try {
      const model = modelBytes(graph, { anyShape: form.anyShape ?? false });
      return { session: createSession(model, names, form.isHeavy ? this.#threads : 1), isList: Array.isArray(emitted) };
    } catch (error) {
      if (ReidError.is(error)) throw error;
      return 'refused'; // the library has no kernel for these types: JavaScript has
    }
  }

  /** Frees all sessions. */
  dispose(): void {
    for (const kernel of this.#sessions.values()) if (kernel !== 'refused') kernel.session.dispose();
    this.#sessions.clear();
  }
}

const elementsOf = ({ inputs }: Call): number =>
  Object.values(inputs).reduce((most, value) => Math.max(most, value?.dataId ? sizeOf(value.shape) : 0), 0);

const describe = ({ inputs }: Call): string => Object.entries(inputs).map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape}]`).join(', '); // prettier-ignore

const symbolic = (tensors: readonly (readonly [string, TensorInfo])[]): KernelInputs =>
  Object.fromEntries(tensors.map(([name, { shape, dtype }]) => [name, { name, shape, type: dtype as DataType }]));

function suits(form: KernelForm, call: Call, tensors: readonly (readonly [string, TensorInfo])[]): boolean {
  const types = form.types ?? ['float32'];
  if (!tensors.every(([, { dtype }]) => types.includes(dtype as DataType))) return false;
  if (form.takes && !form.takes(symbolic(tensors), call.attrs)) return false;
  return indicesInside(call);
}

/** The library reads whatever an index outside a table points to; JavaScript throws. */
function indicesInside({ inputs: { x, indices }, attrs, backend }: Call): boolean {
  if (!x || !indices || !('batchDims' in attrs)) return true;
  return insideTable(backend.data.get(indices.dataId).values, x.shape.at(attrs.axis as number)!);
}

/** JSON has no infinities and would take one for another, and for nothing. */
const withInfinities = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

function keyOf(name: string, form: KernelForm, tensors: readonly (readonly [string, TensorInfo])[], attributes: KernelAttributes): string {
  const inputs = tensors.map(([input, { dtype, shape }]) => `${input}:${dtype}${form.anyShape ? shape.length : `[${shape}]`}`);
  return `${name}(${inputs.join()})${JSON.stringify(attributes, withInfinities)}`;
}
