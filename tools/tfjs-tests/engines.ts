import { findBackendFactory, type KernelBackend, registerBackend } from '@tensorflow/tfjs';
import { onnxBackend } from '@reidkit/backend-onnx';
import { EagerKernels } from '../../packages/backend-onnx/src/eager-kernels.ts';

const THREADS = 2;

/** An engine under test: what results call it, and its name in tfjs. */
export interface Engine {
  readonly name: string;
  readonly backendName: string;
  /** Calls that ran in JavaScript although the engine has kernels of its own, by kernel. */
  readonly slow?: () => Readonly<Record<string, number>>;
}

/** tfjs's own JavaScript kernels. */
export const reference: Engine = { name: 'tfjs cpu', backendName: 'cpu' };

/** The engine as people get it. */
export async function asShipped(): Promise<Engine> {
  const backend = onnxBackend({ threads: THREADS });
  await backend.start();
  return { name: 'onnx', backendName: `reidkit-onnx-${THREADS}`, slow: () => backend.info().slowKernels };
}

/** The engine with every call in the library that has a form, also the small ones that tests are made of and that run in JavaScript otherwise. */
export function everyCall(): Engine {
  const backendName = 'onnx-every-call';
  const kernels = new EagerKernels(THREADS, { fewest: 0 });
  registerBackend(backendName, () => Object.assign(findBackendFactory('cpu')() as KernelBackend, { firstUse: false }), 0);
  kernels.register(backendName);
  return { name: 'onnx, every call', backendName, slow: () => kernels.slow };
}
