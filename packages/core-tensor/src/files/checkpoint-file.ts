import type { HostTensor } from '../host-tensor.ts';
import type { ElementType } from './element-type.ts';

/** A tensor of a checkpoint that was not read yet. */
export interface CheckpointTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Bytes of its numbers, in its own type. */
  readonly bytes: number;
}

/** What a checkpoint holds beside tensors, and where tensors hang in it. */
export type CheckpointValue =
  | { readonly value: null | boolean | number | bigint | string | Uint8Array }
  | { readonly tensor: string }
  | { readonly list: readonly CheckpointValue[] }
  | { readonly tuple: readonly CheckpointValue[] }
  | { readonly dict: ReadonlyMap<string, CheckpointValue> }
  /** An object of this class, which is not looked into. */
  | { readonly opaque: string };

/** Containers that are read. */
export type CheckpointFormat = 'safetensors' | 'torch-zip' | 'torch-legacy' | 'torch-script';

/** An open checkpoint: it is known what is in it; tensors are read one by one, when asked for. */
export interface CheckpointFile {
  readonly path: string;
  readonly format: CheckpointFormat;
  /** Files that it consists of: one, or an index and its shards. */
  readonly files: readonly string[];
  /** Tensors by their dotted path, in the order of the file. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Notes that a safetensors file carries. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Plain values of a nested checkpoint; for the others the tensors alone. */
  readonly values: CheckpointValue;
  /** `config.json` of a Hugging Face folder. */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * One tensor's numbers, in rows: floats become float32, whole numbers int32. Throws UNKNOWN_NAME, or FILE_INVALID for damaged data and for
   * numbers beyond int32.
   */
  read(name: string): Promise<HostTensor>;
  /** One tensor's bytes, in rows, little-endian, in its own type. Throws UNKNOWN_NAME, or FILE_INVALID for damaged data. */
  readBytes(name: string): Promise<Uint8Array>;
  /** Closes its files. */
  close(): Promise<void>;
}

/** How a checkpoint is read. */
export interface CheckpointOptions {
  /** Whether checksums of zip archives are compared. Default: true. */
  readonly checksums?: boolean;
}
