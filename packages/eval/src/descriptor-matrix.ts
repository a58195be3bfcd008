import { ReidError, formatShape, type Descriptors, type HostTensor } from '@reidkit/core-tensor/base';

/** Rows of numbers `[n, D]`, row-major. */
export type Matrix = HostTensor<'float32'>;

/**
 * One of the descriptors as a matrix `[n, D]`, further axes flattened; nothing is copied. Throws UNKNOWN_NAME listing what is there,
 * SHAPE_MISMATCH when it is not a float32 tensor of `count` rows.
 */
export function descriptorMatrix(descriptors: Descriptors, name: string, where: string): Matrix {
  const tensor = descriptors.tensors[name];
  if (!tensor) {
    const names = Object.keys(descriptors.tensors).sort().join(', ') || '(none)';
    throw new ReidError('UNKNOWN_NAME', `${where} reads the descriptor "${name}", which is not there. There are: ${names}.`, {
      hint: 'set its option "descriptor" to one of them, or let the model give this output in evaluation.',
    });
  }
  const [rows, ...rest] = tensor.shape;
  const columns = rest.reduce((product, length) => product * length, 1);
  if (tensor.dtype !== 'float32' || rest.length === 0 || rows !== descriptors.count || tensor.data.length !== rows * columns) {
    throw new ReidError(
      'SHAPE_MISMATCH',
      `${where} expected "${name}" to be float32 [${descriptors.count}, D], got ${tensor.dtype} ${formatShape(tensor.shape)}.`,
    );
  }
  return { dtype: 'float32', shape: [rows, columns], data: tensor.data as Float32Array };
}

/** Throws SHAPE_MISMATCH unless both matrices are `[_, D]` with the same D. */
export function matchWidths(where: string, queries: Matrix, gallery: Matrix): void {
  if (queries.shape[1] !== gallery.shape[1]) {
    throw new ReidError(
      'SHAPE_MISMATCH',
      `${where} expected queries and gallery of one width, got ${formatShape(queries.shape)} and ${formatShape(gallery.shape)}.`,
      { hint: 'both sides must come from the same model and the same output.' },
    );
  }
}
