import type { CheckpointFile, CheckpointTensor, CheckpointValue } from './checkpoint-file.ts';
import { refuseCheckpoint } from './refuse-checkpoint.ts';
import { ReidError } from '../errors.ts';
import { didYouMean } from '../nearest-name.ts';

const MAX_SHARDS = 1000;

/** Which tensor lies in which file, as an index says. Throws FILE_INVALID. */
function weightMap({ weight_map: map }: Readonly<Record<string, unknown>>, path: string): ReadonlyMap<string, string> {
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    refuseCheckpoint(path, 'bad-index', 'it is no index of shards: it has no "weight_map"');
  }
  const entries = Object.entries(map as Record<string, unknown>);
  for (const [name, shard] of entries) {
    if (typeof shard !== 'string') refuseCheckpoint(path, 'bad-index', `its tensor "${name}" lies in no file`);
    if (shard === '' || shard === '.' || /[/\\\0:]|^\.\.$/.test(shard)) {
      refuseCheckpoint(path, 'path-escape', `its tensor "${name}" is said to lie in "${shard}", which is no file beside it`);
    }
  }
  return new Map(entries as [string, string][]);
}

async function openAll(
  path: string,
  names: ReadonlySet<string>,
  open: (path: string) => Promise<CheckpointFile>,
): Promise<Map<string, CheckpointFile>> {
  const { dirname, join } = await import('node:path');
  const shards = new Map<string, CheckpointFile>();
  try {
    for (const name of names) shards.set(name, await open(join(dirname(path), name)));
  } catch (error) {
    for (const shard of shards.values()) await shard.close();
    if (ReidError.is(error) && error.code === 'FILE_NOT_FOUND') {
      refuseCheckpoint(path, 'missing-shard', `the file "${[...names][shards.size]}" of the set is not there`, error);
    }
    throw error;
  }
  return shards;
}

/** Opens the files that an index names as one checkpoint. Throws FILE_INVALID. */
export async function openShards(
  path: string,
  index: Readonly<Record<string, unknown>>,
  open: (path: string) => Promise<CheckpointFile>,
): Promise<CheckpointFile> {
  const places = weightMap(index, path);
  const names = new Set(places.values());
  if (names.size > MAX_SHARDS) refuseCheckpoint(path, 'limit', `it names ${names.size} files, the limit is ${MAX_SHARDS}`);
  const shards = await openAll(path, names, open);
  const close = async (): Promise<void> => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    const tensors = new Map<string, CheckpointTensor>();
    for (const [name, shard] of places) {
      const tensor = shards.get(shard)!.tensors.get(name);
      tensors.set(name, tensor ?? refuseCheckpoint(path, 'missing-tensor', `the tensor "${name}" is not in "${shard}"`));
    }
    const shardOf = (name: string): CheckpointFile => {
      const shard = places.get(name);
      if (shard === undefined) throw new ReidError('UNKNOWN_NAME', `${path} has no tensor "${name}".${didYouMean(name, places.keys())}`);
      return shards.get(shard)!;
    };
    const first = [...shards.values()][0];
    return {
      path,
      format: first?.format ?? 'safetensors',
      files: [path, ...[...shards.values()].flatMap(({ files }) => files)],
      tensors,
      metadata: first?.metadata ?? {},
      values: { dict: new Map([...tensors.keys()].map((name): [string, CheckpointValue] => [name, { tensor: name }])) },
      read: async (name) => shardOf(name).read(name),
      readBytes: async (name) => shardOf(name).readBytes(name),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
