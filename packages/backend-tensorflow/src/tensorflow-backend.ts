import { findBackend, matMul, setBackend, tensor2d, tidy } from '@tensorflow/tfjs';
import { type Backend, compile, eagerProgram, type GraphEngine, kernelGraphs, type MatrixProduct, ReidError } from '@reidkit/core-tensor';
import { takeAnyPadding } from './explicit-padding.ts';
import { type LoadedTfjsNode, loadTfjsNode, type TfjsNodePackage } from './load-tfjs-node.ts';

/** Options of {@link tensorflowBackend}. */
export interface TensorflowBackendOptions {
  /** What to run on. Default: `@tensorflow/tfjs-node-gpu` where it is installed, else `@tensorflow/tfjs-node`. */
  readonly package?: TfjsNodePackage;
  /** Threads of each operation on the processor; TF_NUM_INTRAOP_THREADS goes before. Default: TensorFlow's own choice. */
  readonly threads?: number;
  /** Record steps and run the recorded kernels one by one. Default: run steps operation by operation. */
  readonly compile?: boolean;
}

/** What tfjs-node registers, as far as it is asked here. */
interface TfjsNodeBackend {
  readonly binding: { readonly TF_Version: string };
  readonly isUsingGpuDevice: boolean;
}

/** `tensorflow` in tfjs: tfjs-node registers itself under this name. */
const NAME = 'tensorflow';

/** `a · bᵀ` by the engine in use. */
const matrixProduct: MatrixProduct = {
  name: 'tensorflow',
  async multiply(a, b) {
    if (a.data.length === 0 || b.data.length === 0) return new Float32Array(a.shape[0]! * b.shape[0]!);
    const product = tidy(() => matMul(tensor2d(a.data, a.shape as [number, number]), tensor2d(b.data, b.shape as [number, number]), false, true)); // prettier-ignore
    const numbers = await product.data<'float32'>();
    product.dispose();
    return numbers;
  },
};

/**
 * TensorFlow as the engine, by the `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node` that the user has installed. A process has one
 * TensorFlow: the package that was started first stays.
 *
 * @example
 * ```ts no-run
 * import { tensorflowBackend } from '@reidkit/backend-tensorflow';
 * import { useBackend } from '@reidkit/core-tensor';
 * await useBackend(tensorflowBackend());
 * ```
 */
export function tensorflowBackend({ package: chosen, threads, compile: compiles = false }: TensorflowBackendOptions = {}): Backend {
  let loaded: LoadedTfjsNode | undefined;
  const backend: Backend = {
    name: NAME,
    async start() {
      loaded ??= loadTfjsNode({ package: chosen, threads });
      if (!(await setBackend(NAME))) throw new ReidError('BACKEND_UNAVAILABLE', `${loaded.name} ${loaded.version} does not start.`);
      takeAnyPadding(NAME);
    },
    info() {
      if (!loaded) return { name: NAME, version: 'not started', device: 'none', slowKernels: {} };
      const { binding, isUsingGpuDevice } = findBackend(NAME) as unknown as TfjsNodeBackend;
      const counted = Number(process.env.TF_NUM_INTRAOP_THREADS);
      return {
        name: NAME,
        version: `${loaded.name.replace('@tensorflow/', '')} ${loaded.version}, TensorFlow ${binding.TF_Version}`,
        device: isUsingGpuDevice ? 'gpu' : 'cpu',
        ...(counted > 0 ? { threads: counted } : {}),
        slowKernels: {},
      };
    },
    makeProgram: compiles ? (step, values) => compile(step, { backend }).program(values) : eagerProgram,
    graphs: kernelGraphs(NAME) as GraphEngine,
    matrixProduct,
  };
  return backend;
}
