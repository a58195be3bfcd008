import { ReidError } from '../../errors.ts';
import type { HostTensor } from '../../host-tensor.ts';
import { didYouMean } from '../../nearest-name.ts';
import type { CheckpointFile, CheckpointFormat, CheckpointTensor } from '../checkpoint-file.ts';
import { decodeElements, memoryType } from '../element-type.ts';
import { refuseCheckpoint } from '../refuse-checkpoint.ts';
import type { TorchTree } from './torch-tree.ts';
import type { TorchTensor } from './torch-values.ts';
import { gatherView, torchView, type TorchView } from './torch-view.ts';

/** Where the numbers of a checkpoint of PyTorch are. */
export interface TorchStorages {
  /** Bytes of a storage. Throws FILE_INVALID where the file has none of that name. */
  bytesOf(key: string): number;
  /** Some bytes of a storage. Throws FILE_INVALID for damaged data. */
  read(key: string, begin: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A checkpoint from what its pickle gave and where its numbers are. Every tensor is checked to lie inside its storage. Throws FILE_INVALID. */
export function torchFile(
  path: string,
  format: CheckpointFormat,
  { tensors: found, values }: TorchTree,
  storages: TorchStorages,
): CheckpointFile {
  const views = new Map<string, { readonly tensor: TorchTensor; readonly view: TorchView }>();
  for (const [name, tensor] of found) {
    views.set(name, { tensor, view: torchView(name, tensor, storages.bytesOf(tensor.storage.key), path) });
  }
  const tensors = new Map(
    [...views].map(([name, { tensor, view }]): [string, CheckpointTensor] => [
      name,
      { type: tensor.type, shape: tensor.shape, bytes: view.bytes },
    ]),
  );
  const readBytes = async (name: string): Promise<Uint8Array> => {
    const entry = views.get(name);
    if (!entry) throw new ReidError('UNKNOWN_NAME', `${path} has no tensor "${name}".${didYouMean(name, views.keys())}`);
    const { tensor, view } = entry;
    if (view.bytes === 0) return new Uint8Array(0);
    return gatherView(tensor, view, await storages.read(tensor.storage.key, view.begin, view.span));
  };
  const read = async (name: string): Promise<HostTensor> => {
    const bytes = await readBytes(name);
    const { type, shape } = tensors.get(name)!;
    const data = decodeElements(type, bytes, true);
    if (!data) refuseCheckpoint(path, 'out-of-range', `tensor "${name}" of ${type} holds numbers beyond int32`);
    return { dtype: memoryType(type), shape, data };
  };
  return { path, format, files: [path], tensors, metadata: {}, values, read, readBytes, close: () => storages.close() };
}
