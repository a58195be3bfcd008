import { ReidError, hostTensor, type Descriptors, type HostTensor } from '@reidkit/core-tensor/base';

/** Descriptors of one name from one row per image `n × [D]`. Throws SHAPE_MISMATCH when the rows differ in length. */
export function stackDescriptors(name: string, rows: readonly Float32Array[]): Descriptors {
  const width = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, position) => {
    if (row.length !== width) {
      throw new ReidError('SHAPE_MISMATCH', `stackDescriptors expected rows of ${width} numbers, got ${row.length} in row ${position}.`);
    }
    data.set(row, position * width);
  });
  return { count: rows.length, tensors: { [name]: hostTensor(data, [rows.length, width]) } };
}

function takeTensorRows(tensor: HostTensor, positions: ArrayLike<number>): HostTensor {
  const [rows = 1, ...rest] = tensor.shape;
  const width = tensor.data.length / Math.max(1, rows);
  const data = new (tensor.data.constructor as new (length: number) => typeof tensor.data)(positions.length * width);
  for (let i = 0; i < positions.length; i++) {
    const begin = positions[i]! * width;
    data.set(tensor.data.subarray(begin, begin + width), i * width);
  }
  return { dtype: tensor.dtype, shape: [positions.length, ...rest], data };
}

/**
 * The descriptors of some images, copied: `[n, …]` → `[positions, …]` of all tensors, or of those named that are there. The result knows its
 * positions.
 */
export function takeDescriptors(descriptors: Descriptors, positions: ArrayLike<number>, names?: readonly string[]): Descriptors {
  const wanted = Object.entries(descriptors.tensors).filter(([name]) => names === undefined || names.includes(name));
  const tensors = Object.fromEntries(wanted.map(([name, tensor]) => [name, takeTensorRows(tensor, positions)]));
  const { positions: outer } = descriptors;
  return { count: positions.length, tensors, positions: outer ? Array.from(positions, (at) => outer[at]!) : positions };
}
