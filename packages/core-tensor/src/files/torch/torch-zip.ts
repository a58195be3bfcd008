import type { CheckpointFile, CheckpointOptions } from '../checkpoint-file.ts';
import type { FileReader } from '../file-reader.ts';
import { MAX_PICKLE_BYTES } from '../pickle/pickle-machine.ts';
import { unpickle } from '../pickle/unpickle.ts';
import { refuseCheckpoint } from '../refuse-checkpoint.ts';
import { torchFile, type TorchStorages } from './torch-file.ts';
import { torchGlobals, torchStorage } from './torch-globals.ts';
import { torchTree } from './torch-tree.ts';
import { openZip, type ZipArchive } from './zip-archive.ts';

/** Folder inside the archive in which everything lies, with its slash. */
function rootOf({ sizes }: ZipArchive, path: string): string {
  const roots = [...sizes.keys()].filter((name) => /^([^/]+\/)?data\.pkl$/.test(name)).map((name) => name.slice(0, -'data.pkl'.length));
  if (roots.length === 0)
    refuseCheckpoint(path, 'missing-entry', 'the zip archive has no entry "data.pkl", so it is none that PyTorch wrote');
  if (roots.length > 1) refuseCheckpoint(path, 'bad-zip', `the zip archive has ${roots.length} entries "data.pkl"`);
  return roots[0]!;
}

async function checkByteOrder(zip: ZipArchive, root: string, path: string): Promise<void> {
  const size = zip.sizes.get(`${root}byteorder`);
  if (size === undefined || size > 16) return;
  const order = new TextDecoder().decode(await zip.read(`${root}byteorder`));
  if (order !== 'little')
    refuseCheckpoint(path, 'byte-order', `its numbers are stored in the byte order "${order}", only "little" is read`);
}

function storagesOf(zip: ZipArchive, root: string, file: FileReader): TorchStorages {
  const nameOf = (key: string): string => `${root}data/${key}`;
  return {
    bytesOf: (key) =>
      zip.sizes.get(nameOf(key)) ??
      refuseCheckpoint(file.path, 'missing-entry', `a tensor lies in the entry "data/${key}", which is not there`),
    read: (key, begin, length) => zip.read(nameOf(key), begin, length),
    close: () => file.close(),
  };
}

/** Opens a zip archive of PyTorch: what `torch.save` writes since 1.6, and TorchScript archives, whose code is not read. Throws FILE_INVALID. */
export async function openTorchZip(file: FileReader, { checksums = true }: CheckpointOptions): Promise<CheckpointFile> {
  const { path } = file;
  const zip = await openZip(file, checksums);
  const root = rootOf(zip, path);
  await checkByteOrder(zip, root, path);
  const isScript = zip.sizes.has(`${root}constants.pkl`);
  const size = zip.sizes.get(`${root}data.pkl`)!;
  if (size > MAX_PICKLE_BYTES) refuseCheckpoint(path, 'limit', `its "data.pkl" has ${size} bytes, the limit is ${MAX_PICKLE_BYTES}`);
  const rules = { global: torchGlobals(path, isScript), persistent: (id: unknown) => torchStorage(id, path) };
  const { value } = unpickle(await zip.read(`${root}data.pkl`), { rules, source: path });
  return torchFile(path, isScript ? 'torch-script' : 'torch-zip', torchTree(value, path), storagesOf(zip, root, file));
}
