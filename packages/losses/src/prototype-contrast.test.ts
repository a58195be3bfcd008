import {
  createRegistry, hostTensor, initializeParameters, normalizeRows, Random, referenceBackend, scoped, stack, tensor, trainingContext, useBackend, withParameters, type HostTensors, type Loss, type Tensor,
} from '@reidkit/core-tensor'; // prettier-ignore
import { lossConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { crossEntropyLoss } from './cross-entropy.ts';
import { imageToTextLoss } from './image-to-text.ts';
import { lossesPlugin } from './plugin.ts';
import { movedPrototypes, PrototypeContrast, type PrototypeUpdate } from './prototype-contrast.ts';

beforeAll(() => useBackend(referenceBackend));

const HARDEST: PrototypeUpdate = { update: 'hardest', momentum: 0.2, renormalise: true };
const list = (f: () => Tensor): number[] => scoped(() => [...f().dataSync()]);
const near = (got: readonly number[], want: readonly number[], digits = 6): void => {
  expect(got).toHaveLength(want.length);
  got.forEach((number, at) => expect(number).toBeCloseTo(want[at]!, digits));
};

describe('movedPrototypes', () => {
  const prototypes = (): Tensor => tensor([1, 0, 0, 1], [2, 2]);
  const moved = (rows: readonly number[], labels: readonly number[], how: Partial<PrototypeUpdate> & { valid?: Tensor } = {}): number[] =>
    list(() => movedPrototypes(prototypes(), tensor([...rows], [labels.length, 2]), tensor([...labels], [labels.length], 'int32'), { ...HARDEST, ...how })); // prettier-ignore

  it('goes to the sample of an identity that is least like it, in any order', () => {
    near(moved([0.6, 0.8, 0.8, 0.6], [0, 0], { renormalise: false }), [0.68, 0.64, 0, 1]);
    near(moved([0.6, 0.8, 0.8, 0.6], [0, 0]), [0.7282, 0.6853647, 0, 1]);
    near(moved([0.8, 0.6, 0.6, 0.8], [0, 0]), [0.7282, 0.6853647, 0, 1]);
    near(moved([3, 4, 4, 3], [0, 0]), [0.7282, 0.6853647, 0, 1]);
  });

  it('takes the first of equal ones, the mean, or each in turn', () => {
    near(moved([0.6, 0.8, 0.6, -0.8], [0, 0], { renormalise: false }), [0.68, 0.64, 0, 1]);
    near(moved([0.6, 0.8, 0.8, 0.6], [0, 0], { update: 'mean', renormalise: false }), [0.76, 0.56, 0, 1]);
    near(moved([0.6, 0.8, 0.8, 0.6], [0, 0], { update: 'all', renormalise: false }), [0.776, 0.608, 0, 1]);
    expect(moved([0.6, 0.8], [0], { update: 'none' })).toEqual([1, 0, 0, 1]);
  });

  it.each(['hardest', 'mean', 'all'] as const)(
    'by %s, leaves rows of others and padding as they are, and has length 1 afterwards',
    (update) => {
      const valid = tensor([1, 0, 1, 1], [4], 'bool');
      const rows = moved([0.3, 0.2, 9, 9, -1, 2, 5, 5], [1, 0, 1, -1], { update, valid });
      expect(rows.slice(0, 2)).toEqual([1, 0]);
      expect(Math.hypot(rows[2]!, rows[3]!)).toBeCloseTo(1, 6);
      expect(rows.slice(2)).not.toEqual([0, 1]);
    },
  );
});

describe('PrototypeContrast', () => {
  it('has the loss of similarities that are written down', () => {
    // Logits of cosines 0.8, 0.6, 0.1 and 0.62, 0.6, 0.1, the first being the right one.
    const loss = (cosines: readonly number[]): number =>
      list(() => crossEntropyLoss(tensor(cosines.map((cosine) => cosine / 0.01), [1, 3]), tensor([0], [1], 'int32')))[0]!; // prettier-ignore
    expect(loss([0.8, 0.6, 0.1])).toBeLessThan(3e-9);
    expect(loss([0.62, 0.6, 0.1])).toBeCloseTo(0.126928, 5);
    const contrast = new PrototypeContrast({ classes: 3, width: 3, temperature: 0.01 });
    const basis = tensor([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]);
    const [a, b, c] = [0.62, 0.6, 0.1];
    const direction = [a, b, c].map((x) => x / Math.hypot(a, b, c));
    const got = list(() =>
      withParameters(contrast, { prototypes: basis }, () =>
        contrast.compute({ embeddings: tensor([a, b, c], [1, 3]), labels: tensor([0], [1], 'int32') }, { training: false } as never),
      ),
    )[0]!;
    expect(got).toBeCloseTo(loss(direction), 5);
  });

  it('compares with the old prototypes and keeps the new ones, in training alone', () => {
    const contrast = new PrototypeContrast({ classes: 2, width: 3, temperature: 0.5 });
    initializeParameters(contrast, Random.seed(1));
    const before = [...contrast.prototypes.value.dataSync()];
    const ctx = trainingContext({ draws: { uniform: () => tensor(0), normal: () => tensor(0) } });
    const embeddings = tensor(Random.seed(2).normal(6), [2, 3]);
    const labels = tensor([1, 1], [2], 'int32');
    const first = contrast.compute({ embeddings, labels }, ctx).dataSync()[0]!;
    const next = ctx.updates.get(contrast.prototypes)!;
    near([...next.dataSync()], list(() => movedPrototypes(stack([tensor(before.slice(0, 3)), tensor(before.slice(3))]), normalizeRows(embeddings), labels, HARDEST))); // prettier-ignore
    expect([...contrast.prototypes.value.dataSync()]).toEqual(before);
    expect(contrast.compute({ embeddings, labels }, ctx).dataSync()[0]).toBe(first);
  });

  const registry = createRegistry(lossesPlugin);
  const inputs: HostTensors = {
    embeddings: hostTensor(Random.seed(3).normal(4 * 3), [4, 3]),
    labels: hostTensor([0, 1, 1, 0], [4], 'int32'),
    valid: hostTensor([1, 1, 0, 1], [4], 'bool'),
  };
  const misshapen = [{ ...inputs, embeddings: hostTensor(new Float32Array(8), [4, 2]) }];
  describe.each(['hardest', 'all', 'mean', 'none'])('updated by %s', (update) => {
    const make = (): Loss =>
      registry.use<Loss>({ use: 'loss/prototype-contrast', options: { classes: 2, width: 3, temperature: 0.5, update } });
    for (const { title, check } of lossConformance(make, { inputs, misshapen, batchInputs: ['embeddings', 'labels', 'valid'] }))
      it(title, check);
  });
});

describe('sentences against centroids, without a temperature', () => {
  it('cannot have a loss below that of opposite directions, and begin at that of chance', () => {
    const classes = 751;
    const labels = tensor([0], [1], 'int32');
    // The best there can be: like the own centroid, opposite to all others.
    const rows = Float32Array.from({ length: classes * 2 }, (_, at) => (at % 2 === 0 ? (at === 0 ? 1 : -1) : 0));
    const best = list(() => imageToTextLoss(tensor([1, 0], [1, 2]), tensor(rows, [classes, 2]), labels, { normalize: true }))[0]!;
    expect(best).toBeCloseTo(Math.log(1 + 750 * Math.exp(-2)), 5);
    expect(best).toBeCloseTo(4.62988, 4);
    const far = list(() => imageToTextLoss(tensor([0, 1], [1, 2]), tensor(rows, [classes, 2]), labels, { normalize: true }))[0]!;
    expect(far).toBeCloseTo(6.62141, 4);
  });
});
