import { EVALUATION, Random, disposeModule, hostTensor, initializeParameters, loadStateDict, referenceBackend, stateDict, tensor, trainingContext, useBackend, withParameters, countParameters, type Tensor, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { gradientFaults } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { BatchNorm } from './batch-norm.ts';
import { FeatureQueue } from './feature-queue.ts';
import { inTurn } from './in-turn.ts';
import { SwapClassFusion } from './swap-class-fusion.ts';
import { vitLayer } from './vit.ts';

beforeAll(() => useBackend(referenceBackend));

const context = () => trainingContext({ draws: { uniform: () => tensor(0), normal: () => tensor(0) } });
const rows = (seed: number, shape: readonly number[]): Tensor => tensor(Random.seed(seed).normal(shape.reduce((a, b) => a * b, 1)), [...shape]); // prettier-ignore

describe('FeatureQueue', () => {
  it('starts empty, is written from the oldest on, and goes around', async () => {
    const queue = new FeatureQueue({ width: 2, length: 5 });
    initializeParameters(queue, Random.seed(1));
    expect([...(await stateDict(queue)).idx_queue!.data]).toEqual([-100, -100, -100, -100, -100]);
    for (const [ids, want, next] of [
      [[1, 2], [1, 2, -100, -100, -100], 2],
      [[3, 4], [1, 2, 3, 4, -100], 4],
      [[5, 6], [6, 2, 3, 4, 5], 1],
    ] as const) {
      const ctx = context();
      const features = rows(ids[0], [2, 2]);
      queue.push({ images: features, texts: features, identities: tensor([...ids], [2], 'int32') }, ctx);
      expect([...ctx.updates.get(queue.idx_queue)!.dataSync()]).toEqual(want);
      expect(ctx.updates.get(queue.queue_ptr)!.dataSync()[0]).toBe(next);
      const held = await stateDict(queue);
      const after = Object.entries(held).map(([name, value]) => {
        const now = ctx.updates.get(queue[name as 'idx_queue']);
        return [name, now ? hostTensor(now.dataSync(), value.shape) : value] as const;
      });
      loadStateDict(queue, Object.fromEntries(after));
    }
    disposeModule(queue);
  });

  it('refuses a batch that is longer than it is', () => {
    const queue = new FeatureQueue({ width: 2, length: 1 });
    const two = rows(1, [2, 2]);
    expect(() => queue.push({ images: two, texts: two, identities: tensor([1, 2], [2], 'int32') }, context())).toThrow(
      'of 1 places got a batch of 2',
    );
  });
});

describe('inTurn', () => {
  it('lets running statistics follow every input', () => {
    const norm = new BatchNorm({ width: 1 });
    initializeParameters(norm, Random.seed(1));
    const ctx = context();
    inTurn(norm, [tensor([0, 2], [2, 1]), tensor([10, 20], [2, 1])], ctx);
    expect(ctx.updates.get(norm.running_mean)!.dataSync()[0]).toBeCloseTo(0.1 * 0.9 + 1.5, 6);
    disposeModule(norm);
  });
});

describe('SwapClassFusion', () => {
  const make = () => new SwapClassFusion(Array.from({ length: 2 }, () => vitLayer({ width: 6, heads: 2, mlpRatio: 2 })));

  it('has the size of two layers of a base-sized encoder: 14,175,744', () => {
    const layers = Array.from({ length: 2 }, () => vitLayer({ width: 768, heads: 12, mlpRatio: 4 }));
    expect(countParameters(new SwapClassFusion(layers)).total).toBe(14_175_744);
  });

  it('puts each class token among the tokens of the other, and sees no padding', () => {
    const fusion = make();
    initializeParameters(fusion, Random.seed(1));
    const [image, words] = [rows(1, [2, 3, 6]), rows(2, [2, 4, 6])];
    const { first, second } = fusion.forward({ tokens: image }, { tokens: words }, EVALUATION);
    expect([first.shape, second.shape]).toEqual([[2, 4, 6], [2, 3, 6]]); // prettier-ignore
    const padded = { tokens: words.concat(rows(3, [2, 2, 6]), 1), mask: tensor([1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0], [2, 6]) };
    const again = fusion.forward({ tokens: image }, padded, EVALUATION).first;
    const head = (x: Tensor): number[] => [...x.slice([0, 0, 0], [2, 4, 6]).dataSync()];
    head(again).forEach((value, i) => expect(value).toBeCloseTo(head(first)[i]!, 5));
    disposeModule(fusion);
  });

  it('has the gradients that differences measure', async () => {
    const fusion = make();
    initializeParameters(fusion, Random.seed(1));
    const own = await stateDict(fusion);
    const names = ['0.attn.qkv.weight', '1.mlp.fc1.weight', '0.norm1.weight'];
    const bolder = names.map((name) => [name, hostTensor(Random.seed(3).normal(own[name]!.data.length, 0.5), own[name]!.shape)] as const);
    const inputs = { ...Object.fromEntries(bolder), image: hostTensor(Random.seed(4).normal(18), [1, 3, 6]), words: hostTensor(Random.seed(5).normal(12), [1, 2, 6]) }; // prettier-ignore
    const f = ({ image, words, ...values }: Tensors): Tensor =>
      withParameters(fusion, values, () => fusion.forward({ tokens: image! }, { tokens: words! }, EVALUATION).second);
    expect(await gradientFaults(f, inputs, { most: 12 })).toEqual([]);
    disposeModule(fusion);
  });
});
