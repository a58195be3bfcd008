import {
  createRegistry,
  hostTensor,
  Random,
  referenceBackend,
  tensor,
  useBackend,
  type HostTensors,
  type Loss,
} from '@reidkit/core-tensor';
import { lossConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { partLabels } from './part-labels.ts';
import { partTripletLoss } from './part-triplet.ts';
import { lossesPlugin } from './plugin.ts';
import { tripletLoss } from './triplet.ts';

beforeAll(() => useBackend(referenceBackend));

const registry = createRegistry(lossesPlugin);

describe('loss/part-triplet', () => {
  const numbers = Random.seed(1).normal(4 * 2 * 3);
  const labels = (): Float32Array | number[] => [0, 0, 1, 1];

  it('is the triplet loss of every part by itself, added up', () => {
    const part = (at: number): number => {
      const rows = [0, 1, 2, 3].flatMap((row) => [...numbers.subarray((row * 2 + at) * 3, (row * 2 + at + 1) * 3)]);
      return tripletLoss(tensor(rows, [4, 3]), tensor([...labels()], [4], 'int32')).dataSync()[0]!;
    };
    const all = tensor(numbers, [4, 2, 3]);
    const got = partTripletLoss(all, tensor([...labels()], [4], 'int32')).dataSync()[0]!;
    expect(got).toBeCloseTo(part(0) + part(1), 5);
    expect(partTripletLoss(all, tensor([...labels()], [4], 'int32'), { average: 'mean' }).dataSync()[0]).toBeCloseTo(got / 2, 5);
  });

  const inputs: HostTensors = {
    embeddings: hostTensor(numbers, [4, 2, 3]),
    labels: hostTensor([0, 0, 1, 1], [4], 'int32'),
    valid: hostTensor([1, 1, 1, 1], [4], 'bool'),
  };
  const short = { ...inputs, labels: hostTensor([0, 1], [2], 'int32') };
  for (const { title, check } of lossConformance(() => registry.use<Loss>({ use: 'loss/part-triplet' }), { inputs, misshapen: [short] }))
    it(title, check);
});

describe('partLabels', () => {
  it('takes the part of most of a place, the background where it has most or where parts have as much', () => {
    const shares = [
      [0.6, 0.2, 0.5, 0.3, 0, 1 / 3], // first part
      [0.1, 0.7, 0.5, 0.2, 0, 1 / 3], // second part; the last place is a tie of three
    ];
    const labels = partLabels(tensor(shares.flat(), [1, 2, 2, 3]), tensor([1, 1], [1, 2], 'bool'));
    expect([...labels.dataSync()]).toEqual([1, 2, 0, 0, 0, 0]);
  });

  it('knows no label in an image without part masks', () => {
    const masks = tensor([1, 0, 0, 1, 0, 0, 0, 0], [2, 2, 1, 2]);
    expect([...partLabels(masks, tensor([1, 1, 0, 0], [2, 2], 'bool')).dataSync()]).toEqual([1, 2, -1, -1]);
    expect(() => partLabels(masks, tensor([1, 1], [1, 2], 'bool'))).toThrow(/valid/);
  });

  it('gives the labels of loss/part-segmentation, where it reads part masks', () => {
    const logits = tensor(Random.seed(2).normal(6), [1, 2, 3]);
    const loss = (from: string, more: object): number =>
      registry
        .use<Loss>({ use: 'loss/part-segmentation', options: { from } })
        .compute({ logits, ...more }, {} as never)
        .dataSync()[0]!;
    const masks = { masks: tensor([1, 0, 0, 1], [1, 2, 1, 2]), valid: tensor([1, 1], [1, 2], 'bool') };
    expect(loss('masks', masks)).toBe(loss('labels', { labels: tensor([1, 2], [1, 2], 'int32') }));
  });
});

describe('loss/watch', () => {
  it('is the mean of an output, or of each of its columns, one for every part of a model', () => {
    const value = tensor([1, 2, 3, 4], [2, 2]);
    const meanBy = (loss: Loss): number => loss.compute({ value }, {} as never).dataSync()[0]!;
    const watch = (options: object): Loss => registry.use<Loss>({ use: 'loss/watch', options });
    expect(meanBy(watch({}))).toBe(2.5);
    expect(watch({}).perPart).toBeUndefined();
    expect(watch({ perPart: true }).perPart!(2).map(meanBy)).toEqual([2, 3]);
  });
});
