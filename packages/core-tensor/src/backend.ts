import { findBackend, getBackend, ready, setBackend } from '@tensorflow/tfjs';
import { ReidError } from './errors.ts';
import type { Backend } from './kinds/backend.ts';
import type { GraphEngine } from './kinds/graph-engine.ts';
import type { HostTensor } from './host-tensor.ts';
import { kernelGraphs } from './record/kernel-graphs.ts';
import { eagerProgram } from './step.ts';

let current: Backend | undefined;

/**
 * Makes an engine the one that all tensor operations of this process run on.
 * Throws BACKEND_UNAVAILABLE when it cannot be started.
 *
 * @example
 * ```ts
 * import { referenceBackend, useBackend } from '@reidkit/core-tensor';
 * await useBackend(referenceBackend);
 * ```
 */
export async function useBackend(backend: Backend): Promise<Backend> {
  await backend.start();
  current = backend;
  return backend;
}

/** The engine in use. Throws BACKEND_UNAVAILABLE when none was chosen. */
export function currentBackend(): Backend {
  if (!current) {
    throw new ReidError('BACKEND_UNAVAILABLE', 'No engine was chosen.', {
      hint: 'call `await useBackend(onnxBackend())` from @reidkit/backend-onnx once, at the start of the program.',
    });
  }
  return current;
}

/** Plain products, row by row: correct everywhere, slow. */
export function plainProduct(a: HostTensor<'float32'>, b: HostTensor<'float32'>, out?: Float32Array): Float32Array {
  const [m, d] = a.shape as [number, number];
  const n = b.shape[0]!;
  const result = out ?? new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += a.data[i * d + k]! * b.data[j * d + k]!;
      result[i * n + j] = sum;
    }
  }
  return result;
}

/** tfjs's own JavaScript kernels: needs nothing, is the reference that other engines are compared with, and is slow. */
export const referenceBackend: Backend = {
  name: 'reference',
  async start() {
    if (getBackend() !== 'cpu') await setBackend('cpu');
    await ready();
    Object.assign(findBackend('cpu'), { firstUse: false }); // or tfjs greets with an advertisement for another engine
  },
  info: () => ({ name: 'reference', version: 'tfjs cpu', device: 'cpu', threads: 1, slowKernels: {} }),
  makeProgram: eagerProgram,
  graphs: kernelGraphs('cpu') as GraphEngine,
  matrixProduct: { name: 'plain', multiply: plainProduct },
};
