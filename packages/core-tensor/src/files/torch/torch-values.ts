import type { ElementType } from '../element-type.ts';

/** A storage of PyTorch: numbers in one row, of which tensors are views. */
export interface TorchStorage {
  readonly isStorage: true;
  /** Its name in the file. */
  readonly key: string;
  /** Type of its numbers; undefined for plain bytes, of which each tensor says the type. */
  readonly type: ElementType | undefined;
  /** How many numbers, or bytes, the pickle says that it has. */
  readonly count: number;
}

/** A tensor of PyTorch: a view of a storage. Nothing of it is checked yet. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly type: ElementType;
  /** Numbers before its first one. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** Numbers from one element to the next along each axis. */
  readonly strides: readonly number[];

  constructor(parts: Pick<TorchTensor, 'storage' | 'type' | 'offset' | 'shape' | 'strides'>) {
    this.storage = parts.storage;
    this.type = parts.type;
    this.offset = parts.offset;
    this.shape = parts.shape;
    this.strides = parts.strides;
  }
}

/** A type of numbers that a pickle names: of a storage class or a dtype. */
export class TorchType {
  readonly type: ElementType | undefined;

  constructor(type: ElementType | undefined) {
    this.type = type;
  }
}
