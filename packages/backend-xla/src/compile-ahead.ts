import { openCudaLibraries } from './cuda-libraries.ts';
import { COMPILE_OPTIONS } from './pjrt/client.ts';
import { nativeBytes, nativeMemory } from './pjrt/native-memory.ts';
import { copyOf, PjrtPlugin } from './pjrt/plugin.ts';

/** What a device is, for a compiler that has none at hand. */
export interface CompileTarget {
  /** File of the CUDA plugin; `ptxas` and `libdevice` lie in the packages beside it. */
  readonly plugin: string;
  /** A `GpuTargetConfigProto` as text. */
  readonly target: string;
}

/**
 * Compiles StableHLO text for a graphics card that need not be there, and gives the program's bytes. Throws BACKEND_UNAVAILABLE with the
 * compiler's own words for a program that it refuses.
 */
export function compileAhead(text: string, { plugin: path, target }: CompileTarget): Uint8Array {
  openCudaLibraries(path);
  const plugin = new PjrtPlugin(path);
  const name = nativeBytes('target');
  const [code, format, options, program] = [nativeBytes(text), nativeBytes('mlir'), nativeBytes(COMPILE_OPTIONS), nativeMemory(16 * 8)];
  program.words.set([BigInt(program.words.length * 8), 0n, code.address, BigInt(code.size), format.address, BigInt(format.size)]);
  try {
    const given = { target_config: target, topology: '1x1x1' };
    const topology = plugin.withOptions(
      given,
      (list, count) => plugin.call('TopologyDescription_Create', [name.address, name.size, list, count, 0])[6]!,
    );
    const executable = plugin.call('Compile', [topology, program.address, options.address, options.size, 0, 0])[7]!;
    return copyOf(plugin.call('Executable_Serialize', [executable, 0, 0, 0, 0]), 3);
  } finally {
    for (const memory of [name, code, format, options, program]) memory.free();
  }
}
