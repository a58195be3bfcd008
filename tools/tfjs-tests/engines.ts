import { getBackend } from '@tensorflow/tfjs';
import { onnxBackend } from '@reidkit/backend-onnx';
import { type Backend, referenceBackend } from '@reidkit/core-tensor';
import { everyCallBackend } from '../../packages/backend-onnx/src/every-call.fixture.ts';

const THREADS = 2;

/** An engine under test: what results call it, and its name in tfjs. */
export interface Engine {
  readonly name: string;
  readonly backendName: string;
  /** Calls that ran in JavaScript although the engine has kernels of its own, by kernel. */
  readonly slow: () => Readonly<Record<string, number>>;
}

async function started(name: string, backend: Backend): Promise<Engine> {
  await backend.start();
  return { name, backendName: getBackend(), slow: () => backend.info().slowKernels };
}

/**
 * The engine as people get it, and with every call in the library that has a form: tests are made of small calls, which run in JavaScript
 * otherwise. On demand also tfjs's own JavaScript kernels.
 */
export async function enginesUnderTest({ withReference }: { readonly withReference: boolean }): Promise<readonly Engine[]> {
  return [
    ...(withReference ? [await started('tfjs cpu', referenceBackend)] : []),
    await started('onnx', onnxBackend({ threads: THREADS })),
    await started('onnx, every call', everyCallBackend({ threads: THREADS })),
  ];
}
