import type { CheckpointFile } from '../checkpoint-file.ts';
import { ELEMENT_BYTES } from '../element-type.ts';
import type { FileReader } from '../file-reader.ts';
import { MAX_PICKLE_BYTES } from '../pickle/pickle-machine.ts';
import { itemsOf } from '../pickle/pickle-values.ts';
import { unpickle } from '../pickle/unpickle.ts';
import { refuseCheckpoint } from '../refuse-checkpoint.ts';
import { torchFile, type TorchStorages } from './torch-file.ts';
import { torchGlobals, torchStorage } from './torch-globals.ts';
import { torchTree } from './torch-tree.ts';
import type { TorchStorage } from './torch-values.ts';

/** The number that `torch.save` wrote first, before version 1.6. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
/** Five pickles stand at the front, of which the fourth is the large one. */
const MAX_HEAD = MAX_PICKLE_BYTES + 2 ** 20;

interface Place {
  readonly begin: number;
  readonly bytes: number;
}

/** Walks over the storages, which stand one after another, each behind the number of its elements. */
async function placesOf(
  file: FileReader,
  begin: number,
  keys: unknown,
  known: ReadonlyMap<string, TorchStorage>,
): Promise<Map<string, Place>> {
  const { path } = file;
  const names = itemsOf(keys) ?? refuseCheckpoint(path, 'bad-pickle', 'its list of storages is no list');
  const places = new Map<string, Place>();
  let at = begin;
  for (const key of names) {
    const storage = typeof key === 'string' ? known.get(key) : undefined;
    if (!storage || places.has(storage.key))
      refuseCheckpoint(path, 'bad-pickle', `its list of storages names "${String(key)}", which no tensor uses`);
    const head = await file.read(at, 8);
    const count = Number(new DataView(head.buffer).getBigInt64(0, true));
    if (count !== storage.count) {
      refuseCheckpoint(path, 'storage-bounds', `storage "${storage.key}" has ${count} numbers, its tensors say ${storage.count}`);
    }
    const bytes = count * (storage.type ? ELEMENT_BYTES[storage.type] : 1);
    if (at + 8 + bytes > file.size)
      refuseCheckpoint(path, 'truncated', `storage "${storage.key}" ends at byte ${at + 8 + bytes}, the file has ${file.size}`);
    places.set(storage.key, { begin: at + 8, bytes });
    at += 8 + bytes;
  }
  return places;
}

function storagesOf(file: FileReader, places: ReadonlyMap<string, Place>): TorchStorages {
  const placeOf = (key: string): Place =>
    places.get(key) ?? refuseCheckpoint(file.path, 'missing-entry', `storage "${key}" is not in the file`);
  return {
    bytesOf: (key) => placeOf(key).bytes,
    read: (key, begin, length) => file.read(placeOf(key).begin + begin, length),
    close: () => file.close(),
  };
}

const readsBackwards = (info: unknown): boolean => info instanceof Map && info.get('little_endian') === false;

/** Opens what `torch.save` wrote before version 1.6: five pickles and the storages, one after another. Throws FILE_INVALID. */
export async function openTorchLegacy(file: FileReader): Promise<CheckpointFile> {
  const { path } = file;
  const head = await file.read(0, Math.min(file.size, MAX_HEAD));
  const storages = new Map<string, TorchStorage>();
  const persistent = (id: unknown): TorchStorage => {
    const storage = torchStorage(id, path);
    const before = storages.get(storage.key);
    if (before && (before.count !== storage.count || before.type !== storage.type)) {
      refuseCheckpoint(path, 'storage-bounds', `storage "${storage.key}" is described in two ways`);
    }
    storages.set(storage.key, before ?? storage);
    return storage;
  };
  const rules = { global: torchGlobals(path, false), persistent };
  let end = 0;
  const next = (): unknown => {
    const { value, end: after } = unpickle(head, { rules, source: path, begin: end, isCut: head.byteLength < file.size });
    end = after;
    return value;
  };
  if (next() !== MAGIC) refuseCheckpoint(path, 'not-a-checkpoint', 'it is a pickle, but none that torch.save wrote');
  if (next() !== PROTOCOL) refuseCheckpoint(path, 'not-a-checkpoint', 'it is of an unknown version of torch.save');
  if (readsBackwards(next())) refuseCheckpoint(path, 'byte-order', 'its numbers are stored in the byte order of another kind of machine');
  const tree = torchTree(next(), path);
  const keys = next();
  return torchFile(path, 'torch-legacy', tree, storagesOf(file, await placesOf(file, end, keys, storages)));
}
