import { hostTensor, toTensor, type HostTensor, type Tensor } from '@reidkit/core-tensor';
import type { GoldenCase, GoldenTensor } from './adapter.ts';

/** A tensor of a case as the library takes it: float32, or int32 for whole numbers. */
export function hostNumbers({ dtype, shape, data }: GoldenTensor): HostTensor {
  const numbers = Float64Array.from(data as ArrayLike<number | bigint>, Number);
  return hostTensor(numbers, shape, dtype.startsWith('F') ? 'float32' : 'int32');
}

/** A tensor of a case on the backend in use. */
export function goldenTensor(golden: GoldenCase, key: string): Tensor {
  return toTensor(hostNumbers(golden.tensor(key)));
}
