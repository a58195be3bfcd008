import type { CheckpointValue } from '../checkpoint-file.ts';
import { PickledGlobal, PickledObject, PickledTuple } from '../pickle/pickle-values.ts';
import { refuseCheckpoint } from '../refuse-checkpoint.ts';
import { TorchTensor, TorchType } from './torch-values.ts';

/** What a pickle of PyTorch holds: every tensor by its dotted path, and the tree that they hang in. */
export interface TorchTree {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  readonly values: CheckpointValue;
}

const MAX_DEPTH = 100;
const MAX_VALUES = 600_000;

const isPlain = (value: unknown): value is null | boolean | number | bigint | string | Uint8Array =>
  value === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof value) || value instanceof Uint8Array;

/** Walks what a pickle gave; shared parts are walked for each place they stand in, up to a limit, and a part of itself is refused. */
class Walk {
  readonly tensors = new Map<string, TorchTensor>();
  readonly #source: string;
  readonly #above = new Set<unknown>();
  #seen = 0;

  constructor(source: string) {
    this.#source = source;
  }

  visit(value: unknown, path: string): CheckpointValue {
    if (++this.#seen > MAX_VALUES) refuseCheckpoint(this.#source, 'limit', `it holds more than ${MAX_VALUES} values`);
    if (value instanceof TorchTensor) return this.#tensor(value, path);
    if (isPlain(value)) return { value };
    if (value instanceof PickledGlobal) return { opaque: value.name };
    if (value instanceof TorchType) return { value: value.type ?? 'bytes' };
    if (this.#above.has(value)) refuseCheckpoint(this.#source, 'not-a-state-dict', `"${path}" holds itself`);
    if (this.#above.size >= MAX_DEPTH) refuseCheckpoint(this.#source, 'limit', `it is nested more than ${MAX_DEPTH} deep`);
    this.#above.add(value);
    const seen = this.#container(value, path);
    this.#above.delete(value);
    return seen;
  }

  #container(value: unknown, path: string): CheckpointValue {
    if (Array.isArray(value)) return { list: this.#items(value, path) };
    if (value instanceof PickledTuple) return { tuple: this.#items(value.items, path) };
    if (value instanceof Map) return { dict: this.#entries(value, path) };
    if (value instanceof PickledObject) {
      const isModule = value.name.startsWith('__torch__.') && value.attributes;
      return isModule ? { dict: this.#entries(value.attributes!, path) } : { opaque: value.name };
    }
    return { opaque: 'storage' };
  }

  #tensor(tensor: TorchTensor, path: string): CheckpointValue {
    if (this.tensors.has(path)) refuseCheckpoint(this.#source, 'not-a-state-dict', `two tensors have the path "${path}"`);
    this.tensors.set(path, tensor);
    return { tensor: path };
  }

  #items(items: readonly unknown[], path: string): CheckpointValue[] {
    return items.map((item, i) => this.visit(item, path ? `${path}.${i}` : String(i)));
  }

  #entries(map: ReadonlyMap<unknown, unknown>, path: string): ReadonlyMap<string, CheckpointValue> {
    const entries = new Map<string, CheckpointValue>();
    for (const [key, value] of map) {
      const name = this.#key(key, path);
      if (entries.has(name)) refuseCheckpoint(this.#source, 'not-a-state-dict', `"${path}" has two keys "${name}"`);
      entries.set(name, this.visit(value, path ? `${path}.${name}` : name));
    }
    return entries;
  }

  #key(key: unknown, path: string): string {
    if (isPlain(key) && !(key instanceof Uint8Array)) return String(key);
    if (key instanceof PickledTuple && key.items.every(isPlain)) return `(${key.items.map(String).join(', ')})`;
    return refuseCheckpoint(this.#source, 'not-a-state-dict', `"${path}" has a key that is neither text nor number`);
  }
}

/** The tensors and plain values of what a pickle gave. Throws FILE_INVALID when it is no dict or list of something. */
export function torchTree(root: unknown, source: string): TorchTree {
  const walk = new Walk(source);
  const values = walk.visit(root, '');
  if (!('dict' in values || 'list' in values || 'tuple' in values)) {
    refuseCheckpoint(source, 'not-a-state-dict', 'it holds a single value, not a dict of tensors');
  }
  return { tensors: walk.tensors, values };
}
