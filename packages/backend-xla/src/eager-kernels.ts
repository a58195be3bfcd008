import { getKernel, getKernelsForBackend, type KernelBackend, registerKernel, type TensorInfo } from '@tensorflow/tfjs';
import {
  type DataArrays,
  type DataType,
  hostTensor,
  type KernelAttributes,
  ReidError,
  sizeOf,
  type TensorSpec,
} from '@reidkit/core-tensor';
import { hasForm } from './kernels/has-form.ts';
import { insideTable } from './kernels/indexing.ts';
import { kernelTable } from './kernels/table.ts';
import { ProgramRunner } from './pjrt/runner.ts';
import { HloProgram } from './stablehlo/program.ts';
import type { HloValue } from './stablehlo/values.ts';
import type { XlaDevice } from './xla-device.ts';

/** What the kernels keep of tfjs's JavaScript backend: where numbers are. */
interface HostBackend extends KernelBackend {
  readonly data: { get(id: object): { values: DataArrays[DataType] } };
  makeTensorInfo(shape: number[], dtype: string, values: DataArrays[DataType]): TensorInfo;
}

/** One call of a kernel. */
interface Call {
  readonly name: string;
  readonly inputs: readonly (readonly [string, TensorInfo])[];
  readonly attributes: KernelAttributes;
  readonly backend: HostBackend;
}

/** A program of one kernel. */
interface KernelProgram {
  readonly runner: ProgramRunner;
  readonly isList: boolean;
}

/** Programs that are kept; the least recently used one goes first. */
const MOST_PROGRAMS = 512;

/** Elements in and out below which a kernel runs in JavaScript: compiling one takes some 20 ms. */
const FEWEST = 16_384;

const largestOf = ({ inputs }: Call): number => inputs.reduce((most, [, { shape }]) => Math.max(most, sizeOf(shape)), 0);
const specsOf = ({ inputs }: Call): Readonly<Record<string, TensorSpec>> => Object.fromEntries(inputs.map(([name, { shape, dtype }]) => [name, { shape, dtype: dtype as DataType }])); // prettier-ignore

/** JSON has no infinities. */
const withInfinities = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

const keyOf = ({ name, inputs, attributes }: Call): string =>
  `${name}(${inputs.map(([input, { dtype, shape }]) => `${input}:${dtype}[${shape}]`).join()})${JSON.stringify(attributes, withInfinities)}`;

/** A program takes the nearest place inside a table for one outside; JavaScript throws. */
function hasPlacesInside({ name, inputs, attributes, backend }: Call): boolean {
  const { x, indices } = Object.fromEntries(inputs);
  if (name === 'ScatterNd') return false; // whose places are checked in JavaScript alone
  if (!x || !indices || !('batchDims' in attributes)) return true;
  return insideTable(backend.data.get(indices.dataId).values, x.shape.at(attributes.axis as number)!);
}

/**
 * Runs kernels one by one: large ones as a program each, small ones in JavaScript. It is for what happens once and for looking into steps;
 * compiled steps are what XLA is for.
 */
export class EagerKernels {
  readonly slow: Record<string, number> = {};
  readonly #open: () => XlaDevice;
  readonly #fewest: number;
  readonly #programs = new Map<string, KernelProgram>();

  constructor(open: () => XlaDevice, { fewest = FEWEST }: { readonly fewest?: number } = {}) {
    this.#open = open;
    this.#fewest = fewest;
  }

  /** Registers every kernel that the table or tfjs's JavaScript backend has, under the backend's name. */
  register(backendName: string): void {
    const inJavaScript = new Map(getKernelsForBackend('cpu').map((kernel) => [kernel.kernelName, kernel]));
    for (const name of inJavaScript.keys()) {
      if (getKernel(name, backendName)) continue;
      const fallback = inJavaScript.get(name)!;
      registerKernel({
        ...fallback,
        backendName,
        kernelFunc: ({ inputs, attrs, backend }) => {
          const given = (Object.entries(inputs) as [string, TensorInfo | undefined][]).filter((entry): entry is [string, TensorInfo] => entry[1]?.dataId !== undefined); // prettier-ignore
          const call: Call = { name, inputs: given, attributes: (attrs ?? {}) as KernelAttributes, backend: backend as HostBackend };
          return this.#run(call) ?? fallback.kernelFunc({ inputs, attrs: attrs ?? {}, backend });
        },
      });
    }
  }

  #run(call: Call): TensorInfo | TensorInfo[] | undefined {
    if (largestOf(call) < this.#fewest || call.inputs.some(([, { shape }]) => shape.includes(0))) return undefined;
    if (!hasForm(call.name, specsOf(call), call.attributes) || !hasPlacesInside(call)) {
      this.slow[call.name] = (this.slow[call.name] ?? 0) + 1;
      return undefined;
    }
    const key = keyOf(call);
    const program = this.#programs.get(key) ?? this.#make(call);
    this.#programs.delete(key);
    this.#programs.set(key, program); // last in the map is the last used
    return this.#compute(call, program);
  }

  #compute({ inputs, backend }: Call, { runner, isList }: KernelProgram): TensorInfo | TensorInfo[] {
    const { client } = this.#open();
    // A cast without loss in JavaScript keeps the array, so it can be of another type than its tensor: hostTensor() converts it.
    const given = inputs.map(([, { dataId, shape, dtype }]) => client.upload(hostTensor(backend.data.get(dataId).values, shape, dtype as DataType))); // prettier-ignore
    const results = runner.run(given);
    for (const buffer of given) client.release(buffer);
    const infos = results.map((buffer) => {
      const { shape, dtype, data } = client.downloadSync(buffer);
      client.release(buffer);
      return backend.makeTensorInfo([...shape], dtype, data);
    });
    return isList ? infos : infos[0]!;
  }

  #make({ name, inputs, attributes }: Call): KernelProgram {
    const { client } = this.#open();
    if (this.#programs.size >= MOST_PROGRAMS) {
      const [oldest, program] = this.#programs.entries().next().value!;
      this.#programs.delete(oldest);
      program.runner.dispose();
    }
    const program = new HloProgram();
    const given = inputs.map(([, { shape, dtype }], i): HloValue => ({ name: `%arg${i}`, shape, type: dtype as DataType }));
    const emitted = kernelTable[name]!.emit(program, Object.fromEntries(inputs.map(([input], i) => [input, given[i]!])), attributes);
    const outputs = Array.isArray(emitted) ? (emitted as readonly HloValue[]) : [emitted as HloValue];
    if (program.held.length > 0) throw new ReidError('KERNEL_UNSUPPORTED', `The kernel ${name} has numbers of its own that are too long.`);
    const executable = client.compile(program.text(given.map((value) => ({ value })), outputs, name)); // prettier-ignore
    const specs = outputs.map(({ shape, type }) => ({ shape, dtype: type as DataType }));
    return { runner: new ProgramRunner(client, executable, given.length, specs), isList: Array.isArray(emitted) };
  }
}
