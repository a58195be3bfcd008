import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Executable, PjrtClient } from './pjrt/client.ts';

/** Programs that are kept; those that were not used for longest go first. */
const MOST_KEPT = 64;
/** Bytes of the hash in front of a kept program. */
const HASH = 32;

const hashOf = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest();
};

/** A program's bytes behind their hash; nothing for a file that is cut short or was changed. */
function read(path: string): Uint8Array | undefined {
  try {
    const file = readFileSync(path);
    const bytes = file.subarray(HASH);
    return bytes.length > 0 && hashOf(bytes).equals(file.subarray(0, HASH)) ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Removes a file, if that can be. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // in a folder that is none
  }
}

/** Compiled programs in a folder, by the graph's text, the plugin and the device. Whatever is wrong with the folder costs time, never a run. */
export class ProgramCache {
  readonly #folder: string;
  readonly #client: PjrtClient;
  /** Programs that were read and that were made. */
  readonly counts = { read: 0, made: 0 };

  constructor(folder: string, client: PjrtClient) {
    this.#folder = folder;
    this.#client = client;
  }

  #path(text: string): string {
    const { plugin, platform, platformVersion, deviceKind } = this.#client;
    const { size, mtimeMs } = statSync(plugin.path);
    // A processor's programs are of its own instructions; the file stands for plugins that do not say their version.
    const machine = platform === 'cpu' ? (cpus()[0]?.model ?? '') : '';
    const facts = [plugin.version, platform, platformVersion, deviceKind, machine, `${size} ${mtimeMs}`, process.env.XLA_FLAGS ?? ''];
    return join(this.#folder, `${hashOf(text, ...facts).toString('hex')}.xla`);
  }

  /** A program from the folder, or compiled and put there. */
  compile(text: string): Executable {
    const path = this.#path(text);
    const known = this.#load(path);
    if (known) return known;
    const made = this.#client.compile(text);
    this.counts.made++;
    this.#keep(path, made);
    return made;
  }

  #load(path: string): Executable | undefined {
    const bytes = read(path);
    if (!bytes) return undefined; // what is damaged is written over
    try {
      const executable = this.#client.deserialize(bytes);
      this.counts.read++;
      utimesSync(path, new Date(), new Date());
      return executable;
    } catch {
      remove(path); // of a plugin that changed without saying so
      return undefined;
    }
  }

  #keep(path: string, executable: Executable): void {
    const partial = `${path}.${randomUUID()}`;
    try {
      const bytes = this.#client.serialize(executable);
      if (!bytes) return;
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(partial, Buffer.concat([hashOf(bytes), bytes]));
      renameSync(partial, path);
      this.#prune();
    } catch {
      remove(partial);
    }
  }

  #prune(): void {
    const files = readdirSync(this.#folder)
      .filter((name) => name.endsWith('.xla'))
      .map((name) => ({ path: join(this.#folder, name), used: statSync(join(this.#folder, name)).mtimeMs }))
      .sort((a, b) => b.used - a.used);
    for (const { path } of files.slice(MOST_KEPT)) remove(path);
  }
}
