import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from './backend.ts';
import { cast, readTensor, readTensorSync, tensor } from './tensor.ts';

describe('readTensor', () => {
  beforeAll(() => useBackend(referenceBackend));

  it('gives the array of the type that the tensor says, also after a cast', async () => {
    const truth = tensor([1, 0, 1], [3], 'bool');
    const numbers = cast(truth, 'float32');
    expect(await readTensor(numbers)).toEqual({ dtype: 'float32', shape: [3], data: Float32Array.of(1, 0, 1) });
    expect(readTensorSync(cast(truth, 'int32')).data).toEqual(Int32Array.of(1, 0, 1));
    expect((await readTensor(truth)).data).toEqual(Uint8Array.of(1, 0, 1));
  });
});
