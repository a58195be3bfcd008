import { findBackend, findBackendFactory, type KernelBackend, registerBackend, setBackend } from '@tensorflow/tfjs';
import { type Backend, compile, eagerProgram, type GraphEngine } from '@reidkit/core-tensor';
import { EagerKernels } from './eager-kernels.ts';
import { graphEngine } from './graph-engine.ts';
import { matrixProduct } from './matrix-product.ts';
import type { ProgramMemory } from './pjrt/client.ts';
import type { PluginOption } from './pjrt/plugin.ts';
import type { ProductPrecision } from './stablehlo/program.ts';
import { openDevice, type XlaDevice } from './xla-device.ts';

/** Options of {@link xlaBackend}. */
export interface XlaBackendOptions {
  /** File of the PJRT plugin. Default: REIDKIT_PJRT_PLUGIN, what `reidkit backend install` has fetched, or one among Python's packages. */
  readonly plugin?: string;
  /** Threads on a processor; the first client of a process decides, and NPROC goes before. Default: XLA's own choice. */
  readonly threads?: number;
  /** Run steps operation by operation, for debugging. Default: compile them. */
  readonly eager?: boolean;
  /** Folder for compiled programs, or `false` for none. Default: REIDKIT_XLA_CACHE, or `xla-programs` in reidkit's cache folder. */
  readonly cache?: string | false;
  /** Bytes that one step may take on the device; one that takes more is refused before it starts. Default: what the device says it has. */
  readonly memoryLimit?: number;
  /** How exact products of float32 are: `highest` is float32, `default` what the device likes best. Default: `highest`. */
  readonly precision?: ProductPrecision;
  /** Options of the plugin's client, such as `{ memory_fraction: 0.9 }` of the CUDA plugin. */
  readonly pluginOptions?: Readonly<Record<string, PluginOption>>;
}

/** An engine on XLA, with what it knows of its programs. */
export interface XlaBackend extends Backend {
  /** What the program that was loaded last takes of the device's memory, if the plugin says. */
  lastProgramMemory(): ProgramMemory | undefined;
}

let made = 0;

/**
 * XLA as the engine: recorded steps as one program each on a graphics card, a TPU or a processor, through the PJRT plugin that the user has.
 * Parameters and state stay on the device.
 *
 * @example
 * ```ts no-run
 * import { xlaBackend } from '@reidkit/backend-xla';
 * import { useBackend } from '@reidkit/core-tensor';
 * await useBackend(xlaBackend());
 * ```
 */
export function xlaBackend({ eager = false, precision = 'highest', ...where }: XlaBackendOptions = {}): XlaBackend {
  const name = `reidkit-xla-${made++}`;
  let device: XlaDevice | undefined;
  let memory: ProgramMemory | undefined;
  const open = (): XlaDevice => (device ??= openDevice(where));
  const kernels = new EagerKernels(open);
  const backend: XlaBackend = {
    name: 'xla',
    async start() {
      open();
      if (!findBackend(name)) {
        // tfjs's own JavaScript backend holds the numbers of eager operations and computes the small ones.
        registerBackend(name, () => Object.assign(findBackendFactory('cpu')() as KernelBackend, { firstUse: false }), 0);
        kernels.register(name);
      }
      await setBackend(name);
    },
    info() {
      if (!device) return { name: 'xla', version: 'not started', device: 'none', slowKernels: {} };
      const { plugin, platform, platformVersion, deviceKind } = device.client;
      const threads = Number(process.env.NPROC);
      return {
        name: 'xla',
        version: `PJRT ${plugin.version}, ${platformVersion.split('\n')[0]!.trim()}`,
        device: `${platform} ${deviceKind}`,
        ...(platform === 'cpu' && threads > 0 ? { threads } : {}),
        slowKernels: { ...kernels.slow },
      };
    },
    makeProgram: eager ? eagerProgram : (step, values) => compile(step, { backend }).program(values),
    graphs: graphEngine(open, { precision, onProgram: (told) => (memory = told) }) as GraphEngine, // prettier-ignore
    matrixProduct: matrixProduct(open),
    lastProgramMemory: () => memory,
  };
  return backend;
}
