import { availableParallelism, cpus } from 'node:os';
import { findBackend, findBackendFactory, type KernelBackend, registerBackend, setBackend } from '@tensorflow/tfjs';
import { type Backend, compile, eagerProgram, type GraphEngine } from '@reidkit/core-tensor';
import { EagerKernels } from './eager-kernels.ts';
import { graphEngine, type WeightStorage } from './graph-engine.ts';
import { matrixProduct } from './matrix-product.ts';
import { prepareFreeing } from './free-arrays.ts';
import { loadNative, onnxRuntimeVersion } from './session.ts';

/** Options of {@link onnxBackend}. */
export interface OnnxBackendOptions {
  /** Threads of each operation. Default: as many as the machine offers this process. */
  readonly threads?: number;
  /** Run steps operation by operation, for debugging. Default: compile them. */
  readonly eager?: boolean;
  /**
   * How weights of compiled inference lie in memory: `float16` takes half the room and widens each before its use, which costs some percent of
   * the time. Numbers are rounded to the nearest. Default: `float32`.
   */
  readonly weights?: WeightStorage;
}

/**
 * The embedded engine: kernels by ONNX Runtime, with nothing to install beside npm packages.
 *
 * @example
 * ```ts
 * import { onnxBackend } from '@reidkit/backend-onnx';
 * import { useBackend } from '@reidkit/core-tensor';
 * await useBackend(onnxBackend({ threads: 2 }));
 * ```
 */
export function onnxBackend({ threads = availableParallelism(), eager = false, weights = 'float32' }: OnnxBackendOptions = {}): Backend {
  const name = `reidkit-onnx-${threads}`;
  const kernels = new EagerKernels(threads);
  const backend: Backend = {
    name: 'onnx',
    async start() {
      loadNative();
      await prepareFreeing();
      if (!findBackend(name)) {
        // tfjs's own JavaScript backend holds the numbers and computes what has no form here; its factory makes one for us alone.
        registerBackend(name, () => quiet(findBackendFactory('cpu')() as KernelBackend), 0);
        kernels.register(name);
      }
      await setBackend(name);
    },
    info: () => ({
      name: 'onnx',
      version: `onnxruntime ${onnxRuntimeVersion()}`,
      device: cpus()[0]?.model.trim() ?? 'cpu',
      threads,
      slowKernels: { ...kernels.slow },
    }),
    makeProgram: eager ? eagerProgram : (step, values) => compile(step, { backend }).program(values),
    graphs: graphEngine(threads, { weights }) as GraphEngine,
    matrixProduct: matrixProduct({ threads }),
  };
  return backend;
}

/** tfjs greets whoever uses its JavaScript backend in Node with an advertisement for another one. */
function quiet(backend: KernelBackend): KernelBackend {
  return Object.assign(backend, { firstUse: false });
}
