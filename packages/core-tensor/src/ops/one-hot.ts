import { cast, equal, expandDims, range, type Tensor } from '../tensor.ts';

/** 1 at each index and 0 elsewhere: `[...]` int32 → `[..., depth]` float32. An index outside gives zeros; tfjs's own refuses a depth of 1. */
export function oneHot(indices: Tensor, depth: number): Tensor {
  return cast(equal(expandDims(cast(indices, 'int32'), -1), range(0, depth, 1, 'int32')), 'float32');
}
