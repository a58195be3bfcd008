import type { TensorSpec } from '@reidkit/core-tensor';
import type { DeviceBuffer, Executable, PjrtClient } from './client.ts';
import { type NativeMemory, nativeMemory } from './native-memory.ts';

/** Runs one program again and again, with lists that are allocated once. */
export class ProgramRunner {
  readonly #client: PjrtClient;
  readonly #executable: Executable;
  readonly #results: readonly TensorSpec[];
  readonly #options = nativeMemory(24 * 8);
  readonly #inputs: NativeMemory;
  readonly #outputs: NativeMemory;
  readonly #lists = nativeMemory(16);

  constructor(client: PjrtClient, executable: Executable, inputs: number, results: readonly TensorSpec[]) {
    this.#client = client;
    this.#executable = executable;
    this.#results = results;
    this.#inputs = nativeMemory(8 * inputs);
    this.#outputs = nativeMemory(8 * results.length);
    this.#options.words[0] = BigInt(this.#options.words.length * 8);
    this.#lists.words.set([this.#inputs.address, this.#outputs.address]);
  }

  /** Starts the program; its results are ready when they are downloaded. Inputs that are donated have lost their memory, and are released as others. */
  run(inputs: readonly DeviceBuffer[]): DeviceBuffer[] {
    inputs.forEach(({ handle }, i) => (this.#inputs.words[i] = handle));
    const lists = this.#lists.address;
    const fields = [this.#executable.handle, this.#options.address, lists, 1, inputs.length, lists + 8n, 0, 0];
    this.#client.plugin.call('LoadedExecutable_Execute', fields);
    return this.#results.map(({ shape, dtype }, i) => ({ handle: this.#outputs.words[i]!, shape, dtype }));
  }

  /** Frees the lists and the program. */
  dispose(): void {
    for (const memory of [this.#options, this.#inputs, this.#outputs, this.#lists]) memory.free();
    this.#client.unload(this.#executable);
  }
}
