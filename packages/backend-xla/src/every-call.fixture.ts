import { findBackend, findBackendFactory, type KernelBackend, registerBackend, setBackend } from '@tensorflow/tfjs';
import { type Backend, eagerProgram } from '@reidkit/core-tensor';
import { EagerKernels } from './eager-kernels.ts';
import { matrixProduct } from './matrix-product.ts';
import { openDevice } from './xla-device.ts';

/** The engine with every call that has a form in a program of its own, also the small ones that run in JavaScript otherwise. */
export function everyCallBackend(plugin: string): Backend {
  const name = 'reidkit-xla-every-call';
  const device = openDevice({ plugin, cache: false });
  const kernels = new EagerKernels(() => device, { fewest: 0 });
  return {
    name: 'xla, every call',
    async start() {
      if (!findBackend(name)) {
        registerBackend(name, () => Object.assign(findBackendFactory('cpu')() as KernelBackend, { firstUse: false }), 0);
        kernels.register(name);
      }
      await setBackend(name);
    },
    info: () => ({ name: 'xla, every call', version: device.client.plugin.version, device: device.client.platform, slowKernels: { ...kernels.slow } }), // prettier-ignore
    makeProgram: eagerProgram,
    matrixProduct: matrixProduct(() => device),
  };
}
