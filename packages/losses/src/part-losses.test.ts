import { createRegistry, hostTensor, log, Random, referenceBackend, tensor, useBackend, valueAndGradients, type HostTensors, type Loss } from '@reidkit/core-tensor'; // prettier-ignore
import { lossConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { partIdentityLoss } from './part-identity.ts';
import { partSegmentationLoss } from './part-segmentation.ts';
import { lossesPlugin } from './plugin.ts';

beforeAll(() => useBackend(referenceBackend));

const registry = createRegistry(lossesPlugin);
const normal = (seed: number, shape: readonly number[]) => hostTensor(Random.seed(seed).normal(shape.reduce((a, b) => a * b, 1)), shape); // prettier-ignore

describe('loss/part-segmentation', () => {
  it('is the mean over places of the logarithm of the right part, sign and all', () => {
    const masks = tensor([0.0158762, 0.8668133, 0.1173104, 0.106507, 0.106507, 0.786986], [1, 2, 3]);
    const labels = tensor([1, 2], [1, 2], 'int32');
    expect(partSegmentationLoss(log(masks), labels).dataSync()[0]).toBeCloseTo(0.1912382, 5);
  });

  it('leaves places of the background out where it should, and is 0 when nothing is left', () => {
    const logits = tensor(Random.seed(1).normal(12), [1, 4, 3]);
    const [some, none] = [tensor([0, 1, 0, 2], [1, 4], 'int32'), tensor([0, 0, 0, 0], [1, 4], 'int32')];
    const all = partSegmentationLoss(logits, some).dataSync()[0]!;
    const parts = partSegmentationLoss(logits, some, { background: false }).dataSync()[0]!;
    expect(all).not.toBeCloseTo(parts, 4);
    expect(partSegmentationLoss(logits, none, { background: false }).dataSync()[0]).toBe(0);
  });

  const inputs: HostTensors = { logits: normal(2, [2, 4, 3]), labels: hostTensor([0, 1, 2, 0, 1, 1, -1, 2], [2, 4], 'int32') };
  const short = { logits: normal(2, [2, 4, 3]), labels: hostTensor([0, 1], [2, 1], 'int32') };
  for (const { title, check } of lossConformance(() => registry.use<Loss>({ use: 'loss/part-segmentation' }), { inputs, misshapen: [short] })) it(title, check); // prettier-ignore
});

describe('loss/part-identity', () => {
  it('takes a score down where its part is hard, and the others up, by as much in all', () => {
    // Class scores whose cross-entropies are 0.5, 0.5, 2 and 3.
    const logits = tensor([0.5, 0.5, 2, 3].flatMap((loss) => [0, Math.log(Math.exp(loss) - 1)]), [1, 4, 2]); // prettier-ignore
    const labels = tensor([0], [1], 'int32');
    const weight = [0.3257014, 0.3230075, 0.1900797, 0.1612113];
    const { value, gradients } = valueAndGradients(
      ({ weight: w }) => ({ value: partIdentityLoss({ logits, labels, weight: w! }), rest: {} }),
      { weight: tensor(weight, [1, 4]) },
    );
    expect(value.dataSync()[0]).toBeCloseTo(1.1881479, 5);
    [0.5, 0.5, 2, 3].forEach((loss, part) => expect(gradients.weight!.dataSync()[part]).toBeCloseTo(loss, 4));
  });

  const inputs: HostTensors = {
    logits: normal(3, [3, 2, 4]),
    labels: hostTensor([2, 0, 3], [3], 'int32'),
    weight: hostTensor([0.2, 0.8, 0.5, 0.5, 0.9, 0.1], [3, 2]),
    valid: hostTensor([1, 1, 0], [3], 'bool'),
  };
  const short = { ...inputs, labels: hostTensor([0, 1], [2], 'int32') };
  for (const { title, check } of lossConformance(() => registry.use<Loss>({ use: 'loss/part-identity' }), { inputs, misshapen: [short] })) it(title, check); // prettier-ignore
});
