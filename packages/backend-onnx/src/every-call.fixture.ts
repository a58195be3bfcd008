import { findBackend, findBackendFactory, type KernelBackend, registerBackend, setBackend } from '@tensorflow/tfjs';
import { type Backend, eagerProgram } from '@reidkit/core-tensor';
import { EagerKernels } from './eager-kernels.ts';
import { matrixProduct } from './matrix-product.ts';
import { loadNative } from './session.ts';

/** The engine with every call in the library that has a form: also the small ones that tests are made of, which run in JavaScript otherwise. */
export function everyCallBackend({ threads }: { readonly threads: number }): Backend {
  const name = `reidkit-onnx-every-call-${threads}`;
  const kernels = new EagerKernels(threads, { fewest: 0 });
  return {
    name: 'onnx, every call',
    async start() {
      loadNative();
      if (!findBackend(name)) {
        registerBackend(name, () => Object.assign(findBackendFactory('cpu')() as KernelBackend, { firstUse: false }), 0);
        kernels.register(name);
      }
      await setBackend(name);
    },
    info: () => ({ name: 'onnx, every call', version: '', device: '', threads, slowKernels: { ...kernels.slow } }),
    makeProgram: eagerProgram,
    matrixProduct: matrixProduct({ threads }),
  };
}
