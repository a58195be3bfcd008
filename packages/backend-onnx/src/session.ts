import { createRequire } from 'node:module';
import { Tensor as OnnxTensor } from 'onnxruntime-common';
import type { DataArrays, DataType, HostTensor } from '@reidkit/core-tensor';
import { ReidError } from '@reidkit/core-tensor';

// onnxruntime-node offers a promise for each run; its native session, which the promise wraps, also runs at once. Engines of many small
// kernels need that.
interface NativeSession {
  loadModel(bytes: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(feeds: Record<string, OnnxTensor>, fetches: Record<string, null>, options: object): Record<string, OnnxTensor>;
  dispose(): void;
}

interface NativeBinding {
  readonly initOrt: () => void;
  readonly binding: { readonly InferenceSession: new () => NativeSession };
}

let native: NativeBinding | undefined;

/** The native library. Throws BACKEND_UNAVAILABLE where the package has none for this machine. */
export function loadNative(): NativeBinding {
  if (native) return native;
  try {
    native = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as NativeBinding;
    native.initOrt();
    return native;
  } catch (cause) {
    throw new ReidError(
      'BACKEND_UNAVAILABLE',
      `ONNX Runtime cannot be loaded on ${process.platform}/${process.arch} (${(cause as Error).message}).`,
      {
        cause,
        hint: 'onnxruntime-node has libraries for Linux, macOS (arm64) and Windows; install it with `npm install onnxruntime-node`.',
      },
    );
  }
}

/** Version of ONNX Runtime. */
export function onnxRuntimeVersion(): string {
  return (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version;
}

/** A graph ready to run. */
export interface Session {
  /** Runs at once: numbers in by input name, numbers out by output name. Arrays of the result belong to the caller. */
  run(feeds: Readonly<Record<string, HostTensor>>): Readonly<Record<string, HostTensor>>;
  /** The same with tensors of the library, which stay as they are from one run to the next. */
  runTensors(feeds: Readonly<Record<string, OnnxTensor>>): Readonly<Record<string, OnnxTensor>>;
  dispose(): void;
}

/** A tensor of the library on the same numbers. */
export const toOnnx = ({ dtype, data, shape }: HostTensor): OnnxTensor => new OnnxTensor(dtype, data as never, shape);

/** The numbers of a tensor of the library, not copied. */
export const fromOnnx = ({ type, data, dims }: OnnxTensor): HostTensor => ({
  dtype: type as DataType,
  data: data as DataArrays[DataType],
  shape: dims,
});

/**
 * Loads a model of which the outputs are named; a file of constants that it refers to lies in `folder`. Throws whatever the library says
 * about a graph that it refuses.
 */
export function createSession(model: Uint8Array, outputs: readonly string[], threads: number, folder?: string): Session {
  const session = new (loadNative().binding.InferenceSession)();
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    // A block planned for the whole run would lie beside the pieces of the first run: a third more memory, and no faster.
    enableMemPattern: false,
    logSeverityLevel: 3,
    // Threads that spin while they wait take the time of others on a shared machine.
    extra: { session: { intra_op: { allow_spinning: '0' }, ...(folder ? { model_external_initializers_file_folder_path: folder } : {}) } },
  });
  const fetches = Object.fromEntries(outputs.map((name) => [name, null]));
  return {
    run(feeds) {
      const inputs: Record<string, OnnxTensor> = {};
      for (const name in feeds) inputs[name] = toOnnx(feeds[name]!);
      const results = session.run(inputs, fetches, {});
      const host: Record<string, HostTensor> = {};
      for (const name of outputs) host[name] = fromOnnx(results[name]!);
      return host;
    },
    runTensors: (feeds) => session.run(feeds, fetches, {}),
    dispose: () => session.dispose(),
  };
}
