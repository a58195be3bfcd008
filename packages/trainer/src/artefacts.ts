import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { type HostTensors, readSafetensors, ReidError, writeSafetensors } from '@reidkit/core-tensor';
import { fileExists } from './file-exists.ts';

const FORMAT = 'reidkit-artefact-1';

/** Where an artefact's tensor is found in a step: `value` under the artefact's own name. */
export const artefactPlace = (name: string, tensor: string): string => (tensor === 'value' ? name : `${name}.${tensor}`);

/** The artefact and its tensor at a place: the other way round. */
export function placeOf(place: string): { artefact: string; tensor: string } {
  const dot = place.indexOf('.');
  return dot < 0 ? { artefact: place, tensor: 'value' } : { artefact: place.slice(0, dot), tensor: place.slice(dot + 1) };
}

/** SHA-256 over names, shapes and numbers. */
export function hashTensors(tensors: HostTensors): string {
  const hash = createHash('sha256');
  for (const [name, { dtype, shape, data }] of Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}:${dtype}[${shape.join()}]`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** What stages leave for later ones: in memory, and one file each in the run's folder. */
export class Artefacts {
  readonly #directory: string;
  readonly #data: string;
  readonly #held = new Map<string, { readonly tensors: HostTensors; readonly hash: string }>();

  /** `data` is the hash of the data that the run trains on: artefacts of other data are refused. */
  constructor(directory: string, data: string) {
    this.#directory = directory;
    this.#data = data;
  }

  #path(name: string): string {
    return join(this.#directory, `${name}.safetensors`);
  }

  /** The tensors of an artefact, from its file if need be; undefined when there is none. Throws FILE_INVALID or DATASET_INVALID. */
  async find(name: string): Promise<HostTensors | undefined> {
    const held = this.#held.get(name);
    if (held) return held.tensors;
    if (!(await fileExists(this.#path(name)))) return undefined;
    return this.#read(this.#path(name), name);
  }

  /** The tensors of an artefact. Throws FILE_NOT_FOUND when there is none, and as {@link find} does. */
  async get(name: string): Promise<HostTensors> {
    const found = await this.find(name);
    if (found) return found;
    throw new ReidError('FILE_NOT_FOUND', `The artefact "${name}" is not there ("${this.#path(name)}").`, {
      hint: 'train the stage that makes it first, or start the run again.',
    });
  }

  async #read(path: string, name: string): Promise<HostTensors> {
    const { tensors, metadata } = await readSafetensors(path);
    const { format, name: own, data, hash } = metadata;
    if (format !== FORMAT || own !== name) {
      const what = format === FORMAT ? `the artefact "${own}"` : 'no artefact of a run';
      throw new ReidError('FILE_INVALID', `"${path}" is ${what}, expected the artefact "${name}".`, {
        hint: 'artefacts lie in the folder "artefacts" of the run that made them.',
      });
    }
    if (data !== this.#data) {
      throw new ReidError('DATASET_INVALID', `The artefact "${name}" ("${path}") was made on other data than this run trains on.`, {
        hint: 'make it again on these data: identities and their labels would not meet.',
      });
    }
    if (hash !== hashTensors(tensors)) {
      throw new ReidError('FILE_INVALID', `The artefact "${name}" ("${path}") does not hold the numbers it was written with.`);
    }
    this.#held.set(name, { tensors, hash });
    return tensors;
  }

  /** Keeps an artefact and writes its file. Throws SAVE_FAILED. */
  async put(name: string, tensors: HostTensors, stage: string): Promise<void> {
    const hash = hashTensors(tensors);
    await mkdir(this.#directory, { recursive: true });
    await writeSafetensors(this.#path(name), tensors, { metadata: { format: FORMAT, name, stage, data: this.#data, hash } });
    this.#held.set(name, { tensors, hash });
  }

  /** Takes an artefact that another run made, after checking it; {@link save} writes it. Throws FILE_NOT_FOUND, FILE_INVALID or DATASET_INVALID. */
  take(name: string, path: string): Promise<HostTensors> {
    return this.#read(path, name);
  }

  /** Writes the file of an artefact that was taken. Throws SAVE_FAILED. */
  async save(name: string): Promise<void> {
    await this.put(name, await this.get(name), 'another run');
  }

  /** Compares artefacts with the hashes that a checkpoint has of them. Throws FILE_NOT_FOUND or FILE_INVALID. */
  async verify(hashes: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, hash] of Object.entries(hashes)) {
      await this.get(name);
      if (this.#held.get(name)!.hash === hash) continue;
      throw new ReidError('FILE_INVALID', `The artefact "${name}" ("${this.#path(name)}") is not the one that the run was trained with.`, {
        hint: 'put the file back, or start the run again.',
      });
    }
  }

  /** Hashes of the artefacts in memory, by name. */
  hashes(): Record<string, string> {
    return Object.fromEntries([...this.#held].map(([name, { hash }]) => [name, hash]));
  }
}
