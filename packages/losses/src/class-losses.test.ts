import { Random, createRegistry, hostTensor, referenceBackend, scoped, tensor, useBackend, valueAndGradients, type HostTensors, type Loss, type Node, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { lossConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { centerLoss } from './center.ts';
import { arcfaceLogits, circleLogits, cosfaceLogits } from './cosine-margins.ts';
import { crossEntropyLoss } from './cross-entropy.ts';
import { focalLoss } from './focal.ts';
import { marginCrossEntropy } from './margin-cross-entropy.ts';
import { maskedWordsLoss } from './masked-words.ts';
import { pairwiseLoss } from './pairwise-margin.ts';
import { lossesPlugin } from './plugin.ts';

beforeAll(() => useBackend(referenceBackend));

const [B, C, D, N, V] = [4, 5, 3, 2, 6];
const LABELS = [0, 3, 1, 3];
const labels = hostTensor(LABELS, [B], 'int32');
const valid = hostTensor([1, 1, 0, 1], [B], 'bool');
const short = hostTensor([0, 1], [2], 'int32');
const logits = hostTensor(Random.seed(1).normal(B * C, 2), [B, C]);
const cosines = hostTensor(
  Random.seed(2)
    .uniform(B * C)
    .map((u) => 1.6 * u - 0.8),
  [B, C],
);
const embeddings = hostTensor(Random.seed(3).normal(B * D), [B, D]);
const words = hostTensor(Random.seed(4).normal(B * N * V), [B, N, V]);
const wordLabels = hostTensor([1, -100, -100, 4, 5, 2, -1, 0], [B, N], 'int32');
const soft = hostTensor(
  Float32Array.from({ length: B * N * V }, () => 1 / V),
  [B, N, V],
);

const margin = (node: Node): [Node, HostTensors, HostTensors, string[]] => [node, { cosines, labels, valid }, { cosines, labels: short, valid }, ['cosines', 'labels', 'valid']]; // prettier-ignore
const pairs = (node: Node): [Node, HostTensors, HostTensors, string[]] => [node, { embeddings, labels, valid }, { embeddings, labels: short, valid }, ['embeddings', 'labels', 'valid']]; // prettier-ignore
const CASES: [Node, HostTensors, HostTensors, string[]][] = [
  [{ use: 'loss/focal' }, { logits, labels, valid }, { logits, labels: short, valid }, ['logits', 'labels', 'valid']],
  margin({ use: 'loss/arcface' }),
  margin({ use: 'loss/arcface', options: { isMonotonic: true, margin: 2, scale: 8, smoothing: 0.1 } }),
  margin({ use: 'loss/cosface' }),
  margin({ use: 'loss/circle', options: { scale: 16 } }),
  pairs({ use: 'loss/pairwise-circle', options: { gamma: 8 } }),
  pairs({ use: 'loss/pairwise-cosface', options: { gamma: 8 } }),
  pairs({ use: 'loss/center', options: { classes: C, width: D } }),
  [{ use: 'loss/masked-words' }, { logits: words, labels: wordLabels }, { logits: words, labels: short }, ['logits', 'labels']],
  [
    { use: 'loss/masked-words', options: { softShare: 0.4, ignored: 0 } },
    { logits: words, labels: wordLabels, soft },
    { logits: words, labels: wordLabels, soft: logits },
    ['logits', 'labels', 'soft'],
  ],
];

/** Weights of circles carry no gradient, so differences measure another one. */
const hasFixedWeights = (node: Node): boolean => /circle/.test(node.use);

describe.each(CASES)('%j', (node, inputs, misshapen, batchInputs) => {
  const registry = createRegistry(lossesPlugin);
  const suite = lossConformance(() => registry.use<Loss>(node), {
    inputs,
    batchInputs,
    misshapen: [misshapen],
    ...(hasFixedWeights(node)
      ? { differentiable: [] }
      : node.options && 'softShare' in (node.options as object)
        ? { differentiable: ['logits'] }
        : {}),
  });
  for (const { title, check } of suite) it(title, check);
});

const rows = (values: readonly number[], width: number): Tensor => tensor([...values], [values.length / width, width]);
const ids = (values: readonly number[] = LABELS): Tensor => tensor([...values], [values.length], 'int32');
const scalar = (f: () => Tensor): number => scoped(() => f().dataSync()[0]!);
const list = (f: () => Tensor): number[] => scoped(() => [...f().dataSync()]);

describe('focalLoss', () => {
  it('is the cross-entropy times alpha when gamma is 0, and less of it otherwise', () => {
    const given = (): Tensor => rows([...logits.data], C);
    const whole = scalar(() => crossEntropyLoss(given(), ids()));
    expect(scalar(() => focalLoss(given(), ids(), { gamma: 0, alpha: 0.5 }))).toBeCloseTo(whole / 2, 6);
    expect(scalar(() => focalLoss(given(), ids(), { gamma: 2, alpha: 1 }))).toBeLessThan(whole);
  });

  it('has a finite gradient for rows that are entirely sure or entirely wrong', () => {
    const { gradients } = scoped(() =>
      valueAndGradients(({ x }) => ({ value: focalLoss(x!, ids([0, 1]), { gamma: 0.5 }), rest: {} }), { x: rows([1000, 0, 1000, 0], 2) }),
    );
    expect([...gradients.x!.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

describe('margins on cosines', () => {
  const cosine = (angle: number): number => Math.cos(angle);
  it('turn the own class by an angle, and go on falling beyond half a turn only where asked', () => {
    const own = (angle: number, isMonotonic: boolean): number =>
      list(() => arcfaceLogits(rows([cosine(angle), 0.1], 2), ids([0]), { margin: 0.5, scale: 10, isMonotonic }))[0]!;
    expect(own(1, false)).toBeCloseTo(10 * Math.cos(1.5), 5);
    expect(own(1, true)).toBeCloseTo(10 * Math.cos(1.5), 5);
    expect(own(3, false)).toBeCloseTo(10 * Math.cos(3.5), 4);
    expect(own(3, true)).toBeCloseTo(10 * (Math.cos(3) - 0.5 * Math.sin(0.5)), 4);
  });

  it('leave other classes as they are', () => {
    expect(list(() => arcfaceLogits(rows([0.2, 0.1], 2), ids([0]), { margin: 0.5, scale: 10 }))[1]).toBeCloseTo(1, 6);
    expect(list(() => cosfaceLogits(rows([0.2, 0.1], 2), ids([1]), { margin: 0.5, scale: 10 }))).toEqual([
      expect.closeTo(2, 5),
      expect.closeTo(-4, 5),
    ]);
  });

  it('weigh a cosine by its distance from where it should be', () => {
    const [own, other] = list(() => circleLogits(rows([0.5, 0.2], 2), ids([0]), { margin: 0.25, scale: 2 }));
    expect(own).toBeCloseTo(2 * 0.75 * (0.5 - 0.75), 6);
    expect(other).toBeCloseTo(2 * 0.45 * (0.2 - 0.25), 6);
  });

  it('have a finite gradient at a cosine of 1 and of -1', () => {
    const lossOf = (x: Tensor): Tensor =>
      marginCrossEntropy(x, ids([0, 0]), (values, of) => arcfaceLogits(values, of, { margin: 0.5, scale: 30 }));
    const { gradients } = scoped(() => valueAndGradients(({ x }) => ({ value: lossOf(x!), rest: {} }), { x: rows([1, 0, -1, 0], 2) }));
    expect([...gradients.x!.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

describe('pairwiseLoss', () => {
  it('does not count an anchor without a partner, nor padding', () => {
    const on = (values: readonly number[], of: readonly number[]): number =>
      scalar(() => pairwiseLoss(rows(values, 2), ids(of), { form: 'cosface', gamma: 4 }));
    const whole = on([1, 0, 0.8, 0.6, 0, 1], [0, 0, 1]);
    expect(whole).toBeGreaterThan(0);
    expect(on([1, 0, 0.8, 0.6, 0, 1, 3, 4], [0, 0, 1, -1])).toBeCloseTo(whole, 6);
    expect(on([1, 0, 0, 1], [0, 1])).toBe(0);
  });
});

describe('centerLoss', () => {
  it('is the mean squared distance to the own centre, and moves the centres that are met', () => {
    const centers = [0, 0, 1, 1, 5, 5];
    const { value, gradients } = scoped(() =>
      valueAndGradients(({ c }) => ({ value: centerLoss(rows([3, 4, 1, 1], 2), ids([0, 1]), c!), rest: {} }), { c: rows(centers, 2) }),
    );
    expect(value.dataSync()[0]).toBeCloseTo(12.5, 6);
    expect([...gradients.c!.dataSync()]).toEqual([-3, -4, 0, 0, 0, 0].map((number) => expect.closeTo(number, 6)));
  });

  it('refuses centres of another width', () => {
    expect(() => scoped(() => centerLoss(rows([1, 2], 2), ids([0]), rows([1, 2, 3], 3)))).toThrow(
      'centers of the center loss expected [C, 2], got [1, 3].',
    );
  });
});

describe('maskedWordsLoss', () => {
  it('asks for the labelled words only, and is 0 without any', () => {
    const given = (): Tensor => tensor([2, 0, 0, 0, 1, 5], [1, 3, 2]);
    const of = (values: readonly number[]): Tensor => tensor([...values], [1, 3], 'int32');
    expect(scalar(() => maskedWordsLoss(given(), of([0, -100, -100])))).toBeCloseTo(Math.log(1 + Math.exp(-2)), 6);
    expect(scalar(() => maskedWordsLoss(given(), of([0, 1, 0]), { ignored: 0 }))).toBeCloseTo(Math.log(2), 6);
    expect(scalar(() => maskedWordsLoss(given(), of([-100, -100, -100])))).toBe(0);
  });
});
