import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor } from '../host-tensor.ts';
import type { Loss } from '../kinds/loss.ts';
import { Module } from '../module.ts';
import { crossEntropy, smoothedTargets } from '../ops/cross-entropy.ts';
import { normalInit, parameter } from '../parameter.ts';
import { Random } from '../random.ts';
import { keep, maximum, mean, mul, square, sub, sum, tensor, type Tensors } from '../tensor.ts';
import { matchShape } from '../host-tensor.ts';
import { conformanceFaults } from './conformance-check.ts';
import { lossConformance, type LossConformanceOptions } from './loss-conformance.ts';

beforeAll(() => useBackend(referenceBackend));

const [B, C] = [4, 5];
const inputs = { logits: hostTensor(Random.seed(1).normal(B * C), [B, C]), labels: hostTensor([0, 3, 1, 3], [B], 'int32') };
const options: LossConformanceOptions = {
  inputs,
  batchInputs: ['logits', 'labels'],
  misshapen: [{ ...inputs, labels: hostTensor([0, 1, 2], [3], 'int32') }],
};

const good: Loss = {
  reads: { logits: 'outputs.logits', labels: 'batch.labels' },
  compute({ logits, labels }) {
    matchShape('labels of the loss', labels!.shape, [matchShape('the loss', logits!.shape, ['B', 'C']).B]);
    return mean(crossEntropy(logits!, smoothedTargets(labels!, C)));
  },
};

describe('lossConformance passes', () => {
  for (const { title, check } of lossConformance(() => good, options)) it(title, check);

  it('a loss of which half the batch does not count', async () => {
    const hinge: Loss = { reads: { x: 'outputs.x' }, compute: ({ x }) => mean(maximum(x!, 0)) };
    expect(await conformanceFaults(lossConformance(() => hinge, { inputs: { x: hostTensor([-2, 1, 0.5, -0.3], [4]) } }))).toEqual([]);
  });
});

/** Distance to a learned centre. */
class CentreLoss extends Module implements Loss {
  readonly reads = { x: 'outputs.x' } as const;
  readonly centre = parameter([3], normalInit(1));
  readonly spare = parameter([1], normalInit(1), { trainable: false });
  compute({ x }: Tensors) {
    return mean(square(sub(x!, this.centre.value)));
  }
}

describe('lossConformance on a loss with learned state', () => {
  const x = hostTensor(Random.seed(2).normal(6), [2, 3]);
  for (const { title, check } of lossConformance(() => new CentreLoss(), { inputs: { x } })) it(title, check);

  it('names a parameter that no gradient reaches', async () => {
    class Idle extends CentreLoss {
      readonly idle = parameter([2], normalInit(1));
    }
    expect(await conformanceFaults(lossConformance(() => new Idle(), { inputs: { x } }))).toEqual([
      'keeps learned state as a module does, if it has any: lets a gradient reach every trainable parameter: No gradient reaches "idle".',
    ]);
  });
});

describe('lossConformance names', () => {
  let calls = 0;
  const faulty = (compute: (inputs: Tensors) => ReturnType<Loss['compute']>, more: Partial<Loss> = {}): Promise<string[]> =>
    conformanceFaults(lossConformance(() => ({ ...good, ...more, compute }), options));
  const usual = (given: Tensors) => good.compute(given, undefined as never);

  it('a loss that is no scalar', async () => {
    const faults = await faulty(({ logits, labels }) => crossEntropy(logits!, smoothedTargets(labels!, C)));
    expect(faults).toContain('gives a finite scalar: The shape of the loss is [4] instead of [].');
  });

  it('a loss that is not finite', async () => {
    expect((await faulty((given) => mul(usual(given), NaN)))[0]).toBe('gives a finite scalar: the loss holds NaN at position 0.');
  });

  it('a name that it reads and does not declare, and a name outside the namespaces', async () => {
    expect(await faulty((given) => (given.weights ? usual(given) : usual(given)))).toEqual([
      'reads only what it declares, under names of a namespace: It reads "weights", which it does not declare.',
    ]);
    const reads = { logits: 'model.logits', labels: 'batch.labels' } as never;
    expect((await faulty(usual, { reads }))[0]).toContain('It reads "logits" from "model.logits", which is in none of');
  });

  it('another value at a second call', async () => {
    expect((await faulty((given) => mul(usual(given), 1 + calls++)))[0]).toMatch(/A second call: "value" differs by/);
  });

  it('an input that it disposes of', async () => {
    const faults = await faulty((given) => {
      const value = usual(given);
      given.labels!.dispose();
      return value;
    });
    expect(faults.join('\n')).toContain('It disposes of its input "labels".');
  });

  it('a leak', async () => {
    const faults = await faulty((given) => keep(mul(keep(usual(given)), 1)));
    expect(faults).toEqual(['leaks no tensor: The loss leaks 1 tensor with every call.']);
  });

  it('a gradient that stops, and one that is wrong', async () => {
    const detached = await faulty((given) => usual({ ...given, logits: tensor(given.logits!.dataSync(), [B, C]) }));
    expect(detached.join('\n')).toContain('No gradient reaches "logits", though it changes the result.');
  });

  it('an order of the batch that matters', async () => {
    const faults = await faulty(({ logits }) => sum(mul(logits!, tensor([1, 2, 3, 4], [4, 1]))));
    expect(faults.join('\n')).toMatch(/does not depend on the order of the batch: Another order of the batch: "value" differs/);
  });

  it('misshapen inputs that are accepted', async () => {
    const faults = await faulty(({ logits }) => mean(sub(logits!, 1)));
    expect(faults.at(-1)).toBe('refuses inputs that do not fit together (1): It accepts misshapen inputs without a word.');
  });

  it('draws that are needed in evaluation', async () => {
    const loss: Loss = { ...good, compute: (given, ctx) => mean(mul(usual(given), ctx.draws.uniform([1]))) };
    expect((await conformanceFaults(lossConformance(() => loss, options)))[0]).toMatch(
      /^works in evaluation, without draws: A forward pass drew/,
    );
  });
});
