import { ReidError } from '../errors.ts';
import type { CheckpointFile, CheckpointOptions, CheckpointTensor, CheckpointValue } from './checkpoint-file.ts';
import { openFileReader, type FileReader } from './file-reader.ts';
import { latin1Text } from './latin1-text.ts';
import { openShards } from './open-shards.ts';
import { readJsonFile } from './read-json-file.ts';
import { refuseCheckpoint } from './refuse-checkpoint.ts';
import { openSafetensors } from './safetensors-read.ts';
import { openTorchLegacy } from './torch/torch-legacy.ts';
import { openTorchZip } from './torch/torch-zip.ts';

async function safetensorsFile(path: string): Promise<CheckpointFile> {
  const file = await openSafetensors(path);
  const tensors = new Map(
    [...file.entries].map(([name, { type, shape, begin, end }]): [string, CheckpointTensor] => [name, { type, shape, bytes: end - begin }]),
  );
  const values = new Map([...tensors.keys()].map((name): [string, CheckpointValue] => [name, { tensor: name }]));
  const { metadata, read, readBytes, close } = file;
  return { path, format: 'safetensors', files: [path], tensors, metadata, values: { dict: values }, read, readBytes, close };
}

/** Beginnings of files that people give instead of a checkpoint. */
const OTHERS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^version https:\/\/git-lfs/, 'it is a Git LFS pointer, the text that stands for the file until `git lfs pull` fetches it'],
  [/^\s*<(!doctype|html|\?xml)/i, 'it is an HTML page, which a server sent instead of the file'],
  [/^.\x8b[^a-z]/s, 'it is packed by gzip; unpack it'],
  [/^\x89HDF/, 'it is HDF5, as Keras writes it'],
  [/^\x93NUMPY/, 'it is an array of numpy'],
  [/^.{257}ustar/s, 'it is a tar archive; unpack it, or load and save it in PyTorch where PyTorch before 0.1.10 wrote it'],
];

type Kind = 'safetensors' | 'zip' | 'pickle' | 'json';

const isSafetensors = (text: string, path: string): boolean => path.endsWith('.safetensors') || /^.{5}\0\0\0\{/s.test(text);

/** Which container a file is, from its first bytes. Throws FILE_INVALID. */
function kindOf(text: string, path: string): Kind {
  if (text === '') refuseCheckpoint(path, 'not-a-checkpoint', 'it is empty');
  const other = OTHERS.find(([pattern]) => pattern.test(text));
  if (other) refuseCheckpoint(path, 'not-a-checkpoint', other[1]);
  if (isSafetensors(text, path)) return 'safetensors';
  if (text.startsWith('PK')) return 'zip';
  if (text.startsWith('\x80')) return 'pickle';
  if (/^\s*\{/.test(text)) return 'json';
  return refuseCheckpoint(path, 'not-a-checkpoint', 'it begins like no container of weights that is known');
}

async function openByKind(file: FileReader, options: CheckpointOptions): Promise<CheckpointFile> {
  const { path } = file;
  const text = latin1Text(await file.read(0, Math.min(512, file.size)));
  const kind = kindOf(text, path);
  if (kind === 'zip') return openTorchZip(file, options);
  if (kind === 'pickle') return openTorchLegacy(file);
  const index = kind === 'json' ? await readJsonFile(file) : undefined;
  await file.close();
  return index ? openShards(path, index, (shard) => openFile(shard, options)) : safetensorsFile(path);
}

async function openFile(path: string, options: CheckpointOptions): Promise<CheckpointFile> {
  const file = await openFileReader(path);
  try {
    return await openByKind(file, options);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Weights of a folder, the best first: whole or in shards, in the form that is safe before the one that PyTorch pickles. */
const IN_FOLDER = ['model.safetensors.index.json', 'model.safetensors', 'pytorch_model.bin.index.json', 'pytorch_model.bin'];
const ENDINGS = /\.(safetensors|pth|pt|bin|pth\.tar)$/;

async function weightsIn(folder: string): Promise<string> {
  const [{ readdir }, { join }] = await Promise.all([import('node:fs/promises'), import('node:path')]);
  const names = (await readdir(folder)).sort();
  const known = IN_FOLDER.find((name) => names.includes(name));
  if (known) return join(folder, known);
  const files = names.filter((name) => ENDINGS.test(name));
  if (files.length === 1) return join(folder, files[0]!);
  const found = files.length === 0 ? 'it holds no weights' : `it holds ${files.length} files of weights (${files.slice(0, 5).join(', ')})`;
  return refuseCheckpoint(folder, 'not-a-checkpoint', `${found}; a folder needs ${IN_FOLDER.join(', ')}, or one file alone`);
}

async function configIn(folder: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { join } = await import('node:path');
  const file = await openFileReader(join(folder, 'config.json')).catch((error: unknown) => {
    if (ReidError.is(error) && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    return await readJsonFile(file);
  } finally {
    await file.close();
  }
}

/**
 * Opens a checkpoint of any kind: safetensors; what `torch.save` writes, today or before 1.6; TorchScript archives; an index of shards of
 * either; or a folder with one of these, as Hugging Face lays it out. A pickle is read as data: names outside of a fixed list are refused,
 * nothing is ever run. Tensors are read one by one, so that a file may be larger than memory. Throws FILE_NOT_FOUND, or FILE_INVALID with
 * the rule that is broken as `reason`.
 *
 * @example
 * ```ts
 * import { openCheckpoint } from '@reidkit/core-tensor';
 * async function listTensors(path: string): Promise<string[]> {
 *   const file = await openCheckpoint(path);
 *   await file.close();
 *   return [...file.tensors].map(([name, { type, shape }]) => `${name} ${type} [${shape}]`);
 * }
 * ```
 */
export async function openCheckpoint(path: string, options: CheckpointOptions = {}): Promise<CheckpointFile> {
  const { stat } = await import('node:fs/promises');
  const isFolder = await stat(path).then((facts) => facts.isDirectory(), () => false); // prettier-ignore
  if (!isFolder) return openFile(path, options);
  const config = await configIn(path);
  const file = await openFile(await weightsIn(path), options);
  return config ? { ...file, config } : file;
}
