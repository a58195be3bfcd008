import { availableParallelism } from 'node:os';
import { type Backend, ReidError, referenceBackend, useBackend } from '@reidkit/core-tensor';
import type * as BackendXla from '@reidkit/backend-xla';
import { UsageError } from './usage-error.ts';

/** Which engine to start, and how. */
export interface EngineChoice {
  readonly backend?: string;
  readonly threads?: number;
  /** Run steps operation by operation. */
  readonly eager?: boolean;
}

/** Engines that the command line can start, by name. */
const ENGINES: Readonly<Record<string, (options: { readonly threads: number; readonly eager: boolean }) => Promise<Backend>>> = {
  onnx: async (options) => (await import('@reidkit/backend-onnx')).onnxBackend(options),
  tensorflow: async ({ threads }) => (await import('@reidkit/backend-tensorflow')).tensorflowBackend({ threads }),
  xla: async (options) => (await optionalPackage()).xlaBackend(options),
  reference: async () => referenceBackend,
};

/** The engine on XLA is a package of its own, which not everybody installs. */
async function optionalPackage(): Promise<Pick<typeof BackendXla, 'xlaBackend'>> {
  try {
    return await import('@reidkit/backend-xla');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new ReidError('BACKEND_UNAVAILABLE', 'The engine "xla" is the package @reidkit/backend-xla, which is not installed.', {
      hint: 'npm install @reidkit/backend-xla, and then `reidkit backend install xla-cuda13` or another plugin.',
      cause,
    });
  }
}

/** Names of the engines. */
export const engineNames = Object.keys(ENGINES);

/** Starts an engine: the one named, that of the environment (REIDKIT_BACKEND), or the embedded one. */
export async function startEngine({ backend, threads = availableParallelism(), eager = false }: EngineChoice): Promise<Backend> {
  const name = backend ?? process.env.REIDKIT_BACKEND ?? 'onnx';
  const make = ENGINES[name];
  if (!make) throw new UsageError(`unknown backend "${name}"; there are ${engineNames.join(', ')}.`);
  return useBackend(await make({ threads, eager }));
}
