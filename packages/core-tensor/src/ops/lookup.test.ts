import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor } from '../host-tensor.ts';
import { Random } from '../random.ts';
import { valueAndGradients } from '../step.ts';
import { gather, mul, sum, tensor, toTensor, unsortedSegmentSum } from '../tensor.ts';
import { gradientFaults } from '../testing/finite-differences.ts';
import { gatherNd, scatterNd, topK } from './lookup.ts';

beforeAll(() => useBackend(referenceBackend));

const x = hostTensor(Random.seed(1).normal(24), [2, 3, 4]);

describe('topK', () => {
  it('gives the largest numbers of each row and their places', () => {
    const { values, indices } = topK(tensor([[3, 9, 1, 9], [-1, -5, 0, -2]]), 3); // prettier-ignore
    expect([...values.dataSync()]).toEqual([9, 9, 3, 0, -1, -2]);
    expect([...indices.dataSync()]).toEqual([1, 3, 0, 2, 0, 3]);
    expect([values.shape, indices.shape, indices.dtype]).toEqual([[2, 3], [2, 3], 'int32']);
  });

  it('has the measured gradient, also of a row alone', async () => {
    expect(await gradientFaults((v) => topK(v.x!, 2).values, { x })).toEqual([]);
    expect(await gradientFaults((v) => topK(v.row!, 1).values, { row: hostTensor([0.3, 2, -1]) })).toEqual([]);
  });

  it('refuses more than there are', () => {
    expect(() => topK(toTensor(x), 5)).toThrow('k from 1 to 4 (the last axis of [2, 3, 4]), got 5');
  });
});

describe('gatherNd', () => {
  it('looks up elements and slices', () => {
    const places = tensor([1, 2, 0, 1], [2, 2], 'int32');
    const at = (b: number, n: number): number[] => [...x.data.slice((b * 3 + n) * 4, (b * 3 + n) * 4 + 4)];
    expect([...gatherNd(toTensor(x), places).dataSync()]).toEqual([...at(1, 2), ...at(0, 1)]);
    expect([...gatherNd(toTensor(x), tensor([[1, 2, 3]], [1, 3], 'int32')).dataSync()]).toEqual([x.data[23]]);
  });

  it('has the measured gradient, with a place asked for twice', async () => {
    const places = tensor([1, 2, 0, 1, 1, 2], [3, 2], 'int32');
    expect(await gradientFaults((v) => gatherNd(v.x!, places), { x })).toEqual([]);
  });
});

describe('scatterNd', () => {
  const places = [1, 0, 1];

  it('sums what comes to one place', () => {
    const got = scatterNd(tensor(places, [3, 1], 'int32'), tensor([1, 2, 10, 20, 100, 200], [3, 2]), [3, 2]);
    expect([...got.dataSync()]).toEqual([10, 20, 101, 202, 0, 0]);
  });

  it('has the measured gradient', async () => {
    const updates = hostTensor(Random.seed(2).normal(6), [3, 2]);
    expect(await gradientFaults((v) => scatterNd(tensor(places, [3, 1], 'int32'), v.updates!, [3, 2]), { updates })).toEqual([]);
  });
});

describe('lookups of tfjs', () => {
  it('have the measured gradients', async () => {
    const indices = tensor([2, 0, 2], [3], 'int32');
    expect(await gradientFaults((v) => gather(v.x!, indices, 1), { x })).toEqual([]);
    expect(await gradientFaults((v) => unsortedSegmentSum(v.x!, tensor([1, 1], [2], 'int32') as never, 2), { x })).toEqual([]);
  });

  it('give no gradient to what was not looked up', () => {
    const { gradients } = valueAndGradients((v) => ({ value: sum(mul(topK(v.a!, 1).values, 2)), rest: {} }), { a: tensor([1, 5, 2]) });
    expect([...gradients.a!.dataSync()]).toEqual([0, 2, 0]);
  });
});
