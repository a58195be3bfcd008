import { sizeOf } from '../../host-tensor.ts';
import { ELEMENT_BYTES } from '../element-type.ts';
import { refuseCheckpoint } from '../refuse-checkpoint.ts';
import type { TorchTensor } from './torch-values.ts';

/** Which bytes of a storage a tensor needs, and how its elements lie in them. */
export interface TorchView {
  /** First byte in the storage. */
  readonly begin: number;
  /** Bytes up to and with the last element. */
  readonly span: number;
  /** Bytes of its elements in rows. */
  readonly bytes: number;
  /** Whether these are the bytes of the span as they stand. */
  readonly isContiguous: boolean;
}

const MAX_RANK = 16;
/** How much larger than its storage a tensor may be that repeats elements. */
const MAX_REPEATED_BYTES = 64 * 2 ** 20;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

function isInRows(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis]!;
  }
  return true;
}

/** Checks that a tensor lies inside its storage. Throws FILE_INVALID, naming the tensor. */
export function torchView(name: string, tensor: TorchTensor, storageBytes: number, source: string): TorchView {
  const { storage, type, offset, shape, strides } = tensor;
  const width = ELEMENT_BYTES[type];
  const where = `tensor "${name}" of shape [${shape}]`;
  const declared = storage.count * (storage.type ? ELEMENT_BYTES[storage.type] : 1);
  if (!(declared <= storageBytes)) {
    refuseCheckpoint(
      source,
      'storage-bounds',
      `${where} lies in storage "${storage.key}" of ${declared} bytes, of which the file holds ${storageBytes}`,
    );
  }
  if (shape.length !== strides.length || shape.length > MAX_RANK) {
    refuseCheckpoint(source, 'storage-bounds', `${where} has ${strides.length} strides`);
  }
  if (![offset, ...shape, ...strides].every(isCount)) {
    refuseCheckpoint(source, 'storage-bounds', `${where} has offset ${offset} and strides [${strides}], which must be counts`);
  }
  const count = sizeOf(shape);
  if (count === 0) return { begin: 0, span: 0, bytes: 0, isContiguous: true };
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset);
  if (!((last + 1) * width <= declared)) {
    refuseCheckpoint(
      source,
      'storage-bounds',
      `${where} reaches to element ${last}, its storage "${storage.key}" has ${Math.floor(declared / width)}`,
    );
  }
  if (count * width > declared + MAX_REPEATED_BYTES) {
    refuseCheckpoint(source, 'limit', `${where} would repeat the ${declared} bytes of its storage up to ${count * width}`);
  }
  return { begin: offset * width, span: (last + 1 - offset) * width, bytes: count * width, isContiguous: isInRows(shape, strides) };
}

/** Elements in rows, from the bytes of a view's span. */
export function gatherView({ shape, strides, type }: TorchTensor, view: TorchView, span: Uint8Array): Uint8Array {
  if (view.isContiguous) return span;
  const width = ELEMENT_BYTES[type];
  const rows = new Uint8Array(view.bytes);
  const place = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < rows.length; to += width) {
    for (let byte = 0; byte < width; byte++) rows[to + byte] = span[from + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]! * width;
      if (++place[axis]! < shape[axis]!) break;
      from -= place[axis]! * strides[axis]! * width;
      place[axis] = 0;
    }
  }
  return rows;
}
