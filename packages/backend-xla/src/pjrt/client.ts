import { type DataType, type HostTensor, hostTensor, ReidError, sizeOf } from '@reidkit/core-tensor';
import { bytesAt, foreign, nativeBytes, nativeMemory } from './native-memory.ts';
import { copyOf, type PjrtPlugin, type PluginOption, textOf } from './plugin.ts';

/** Element types by PJRT's numbers. */
const TYPE: Readonly<Record<DataType, number>> = { bool: 1, int32: 4, float32: 11 };

/** `CompileOptionsProto { executable_build_options { device_ordinal: -1, num_replicas: 1, num_partitions: 1 } }` */
export const COMPILE_OPTIONS = Buffer.from('1a0f08ffffffffffffffffff0120012801', 'hex');

/** A tensor on the device. */
export interface DeviceBuffer {
  readonly handle: bigint;
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** Memory that a program takes on the device, in bytes. */
export interface ProgramMemory {
  /** Of its inputs. */
  readonly arguments: number;
  /** Of its results, those that take the memory of inputs included. */
  readonly outputs: number;
  /** Of results that take the memory of inputs. */
  readonly aliased: number;
  /** Of whatever lives only while it runs. */
  readonly temporary: number;
  /** Of its code. */
  readonly code: number;
  /** All at once. */
  readonly total: number;
}

/** What a device says about its memory, in bytes. */
export interface DeviceMemory {
  readonly used: number;
  readonly limit?: number;
}

/** A program on the device. */
export interface Executable {
  readonly handle: bigint;
  readonly outputs: number;
}

/** One device of a plugin: compiles, keeps tensors, runs. */
export class PjrtClient {
  readonly plugin: PjrtPlugin;
  /** `cpu`, `cuda`, `tpu` … */
  readonly platform: string;
  readonly platformVersion: string;
  /** Handles of the devices that this process may use. */
  readonly devices: readonly bigint[];
  /** Name of the first one. */
  readonly deviceKind: string;
  readonly #client: bigint;

  /** Throws BACKEND_UNAVAILABLE with the plugin's own words, such as that no device is there. */
  constructor(plugin: PjrtPlugin, options: Readonly<Record<string, PluginOption>> = {}) {
    this.plugin = plugin;
    this.#client = plugin.withOptions(options, (list, count) => plugin.call('Client_Create', [list, count, 0, 0, 0, 0, 0, 0, 0])[8]!);
    this.platform = textOf(plugin.call('Client_PlatformName', [this.#client, 0, 0]), 3);
    this.platformVersion = textOf(plugin.call('Client_PlatformVersion', [this.#client, 0, 0]), 3);
    const listed = plugin.call('Client_AddressableDevices', [this.#client, 0, 0]);
    this.devices = [...new BigUint64Array(bytesAt(listed[3]!, listed[4]! * 8n).slice().buffer)];
    if (this.devices.length === 0) throw new ReidError('BACKEND_UNAVAILABLE', `The PJRT plugin ${plugin.path} has no device.`);
    const description = plugin.call('Device_GetDescription', [this.devices[0]!, 0])[3]!;
    this.deviceKind = textOf(plugin.call('DeviceDescription_Kind', [description, 0, 0]), 3);
  }

  /** Compiles StableHLO text. */
  compile(text: string): Executable {
    return this.#withProgram(text, (program, options, size) =>
      this.#loaded(this.plugin.call('Client_Compile', [this.#client, program, options, size, 0])[6]!),
    );
  }

  #withProgram<T>(text: string, use: (program: bigint, options: bigint, size: number) => T): T {
    const [code, format, options, program] = [nativeBytes(text), nativeBytes('mlir'), nativeBytes(COMPILE_OPTIONS), nativeMemory(16 * 8)];
    program.words.set([BigInt(program.words.length * 8), 0n, code.address, BigInt(code.size), format.address, BigInt(format.size)]);
    try {
      return use(program.address, options.address, options.size);
    } finally {
      for (const memory of [code, format, options, program]) memory.free();
    }
  }

  #loaded(handle: bigint): Executable {
    return { handle, outputs: Number(this.plugin.call('Executable_NumOutputs', [this.#executable(handle), 0])[3]) };
  }

  #executable(loaded: bigint): bigint {
    return this.plugin.call('LoadedExecutable_GetExecutable', [loaded, 0])[3]!;
  }

  /** A compiled program as bytes, for {@link PjrtClient.deserialize} of the same plugin and device; nothing where the plugin cannot. */
  serialize({ handle }: Executable): Uint8Array | undefined {
    if (!this.plugin.has('Executable_Serialize')) return undefined;
    const words = this.plugin.call('Executable_Serialize', [this.#executable(handle), 0, 0, 0, 0]);
    const bytes = copyOf(words, 3);
    const [owner, free] = [words[5]!, words[6]!];
    if (owner && free) (foreign().decode(free, foreign().proto('void (void *owner)')) as (owner: bigint) => void)(owner);
    return bytes;
  }

  /** A program that was compiled before. */
  deserialize(bytes: Uint8Array): Executable {
    const [program, options] = [nativeBytes(bytes), nativeBytes(COMPILE_OPTIONS)];
    try {
      const fields = [this.#client, program.address, program.size, 0, options.address, options.size];
      return this.#loaded(this.plugin.call('Executable_DeserializeAndLoad', fields)[5]!);
    } finally {
      program.free();
      options.free();
    }
  }

  /** What a program takes of the device's memory; nothing where the plugin does not say. */
  memoryOf({ handle }: Executable): ProgramMemory | undefined {
    if (!this.plugin.has('Executable_GetCompiledMemoryStats')) return undefined;
    const words = this.plugin.call('Executable_GetCompiledMemoryStats', [this.#executable(handle), ...Array<number>(12).fill(0)]);
    const [code, given, outputs, aliased, temporary] = [3, 4, 5, 6, 7].map((at) => Number(BigInt.asIntN(64, words[at]!))) as [number, number, number, number, number]; // prettier-ignore
    return { code, arguments: given, outputs, aliased, temporary, total: given + outputs - aliased + temporary + code };
  }

  /** What the device says about its memory; nothing where it does not. */
  deviceMemory(): DeviceMemory | undefined {
    if (!this.plugin.has('Device_MemoryStats')) return undefined;
    try {
      const words = this.plugin.call('Device_MemoryStats', [this.devices[0]!, ...Array<number>(21).fill(0)]);
      const [used, limit, isSet] = [Number(words[3]), Number(words[10]), (words[11]! & 0xffn) !== 0n];
      return { used, ...(isSet ? { limit } : {}) };
    } catch (error) {
      if (ReidError.is(error)) return undefined; // not every device counts
      throw error;
    }
  }

  /** Copies numbers to the device. */
  upload({ data, shape, dtype }: HostTensor): DeviceBuffer {
    const memory = nativeMemory(data.byteLength);
    memory.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const lengths = nativeMemory(8 * shape.length);
    shape.forEach((length, axis) => (lengths.words[axis] = BigInt(length)));
    try {
      const fields = [this.#client, memory.address, TYPE[dtype], lengths.address, shape.length, 0, 0, 0, this.devices[0]!, 0, 0, 0, 0];
      const words = this.plugin.call('Client_BufferFromHostBuffer', fields);
      const [done, handle] = [words[13]!, words[14]!];
      this.#wait(done);
      return { handle, shape, dtype };
    } finally {
      memory.free();
      lengths.free();
    }
  }

  #wait(event: bigint): void {
    try {
      this.plugin.call('Event_Await', [event]);
    } finally {
      this.plugin.call('Event_Destroy', [event]);
    }
  }

  /** Copies numbers from the device, when they are ready; JavaScript goes on meanwhile. */
  async download({ handle, shape, dtype }: DeviceBuffer): Promise<HostTensor> {
    const size = sizeOf(shape) * (dtype === 'bool' ? 1 : 4);
    const memory = nativeMemory(size);
    try {
      const event = this.plugin.call('Buffer_ToHostBuffer', [handle, 0, memory.address, size, 0])[6]!;
      try {
        await this.plugin.callAside('Event_Await', [event]);
      } finally {
        this.plugin.call('Event_Destroy', [event]);
      }
      return hostOf(memory.bytes.slice(0, size), shape, dtype);
    } finally {
      memory.free();
    }
  }

  /** As {@link PjrtClient.download}, waiting. */
  downloadSync({ handle, shape, dtype }: DeviceBuffer): HostTensor {
    const size = sizeOf(shape) * (dtype === 'bool' ? 1 : 4);
    const memory = nativeMemory(size);
    try {
      this.#wait(this.plugin.call('Buffer_ToHostBuffer', [handle, 0, memory.address, size, 0])[6]!);
      return hostOf(memory.bytes.slice(0, size), shape, dtype);
    } finally {
      memory.free();
    }
  }

  /** Forgets a tensor on the device. */
  release({ handle }: DeviceBuffer): void {
    this.plugin.call('Buffer_Destroy', [handle]);
  }

  /** Forgets a program. */
  unload({ handle }: Executable): void {
    this.plugin.call('LoadedExecutable_Destroy', [handle]);
  }
}

function hostOf(bytes: Uint8Array<ArrayBuffer>, shape: readonly number[], dtype: DataType): HostTensor {
  if (dtype === 'bool') return hostTensor(bytes, shape, dtype);
  return hostTensor(dtype === 'int32' ? new Int32Array(bytes.buffer) : new Float32Array(bytes.buffer), shape, dtype);
}
