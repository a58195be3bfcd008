import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor, type HostTensor, type HostTensors } from '../host-tensor.ts';
import { Random } from '../random.ts';
import { valueAndGradients } from '../step.ts';
import { gradientFaults } from '../testing/finite-differences.ts';
import { sum, toTensors, type Tensors } from '../tensor.ts';
import { attention } from './attention.ts';

beforeAll(() => useBackend(referenceBackend));

const [B, H, Q, K, D] = [2, 3, 4, 5, 2];
const normal = (name: string, ...shape: number[]): HostTensor =>
  hostTensor(
    Random.seed(1)
      .fork(name)
      .normal(shape.reduce((product, length) => product * length, 1)),
    shape,
  );
const inputs = { q: normal('q', B, H, Q, D), k: normal('k', B, H, K, D), v: normal('v', B, H, K, D) };

/** One head at a time, in float64; `bias` by head, query and key. */
function byHand({ q, k, v }: HostTensors, scale: number, bias: (b: number, h: number, i: number, j: number) => number): number[] {
  const at = (t: HostTensor, b: number, h: number, n: number, d: number): number => t.data[((b * H + h) * t.shape[2]! + n) * D + d]!;
  const result: number[] = [];
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H; h++)
      for (let i = 0; i < Q; i++) {
        const scores = Array.from(
          { length: K },
          (_, j) => scale * (at(q!, b, h, i, 0) * at(k!, b, h, j, 0) + at(q!, b, h, i, 1) * at(k!, b, h, j, 1)) + bias(b, h, i, j),
        );
        const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
        const total = weights.reduce((a, c) => a + c, 0);
        for (let d = 0; d < D; d++) result.push(weights.reduce((s, weight, j) => s + (weight / total) * at(v!, b, h, j, d), 0));
      }
  return result;
}

const run = ({ q, k, v, bias }: Tensors, scale?: number) =>
  attention(q!, k!, v!, { ...(bias ? { bias } : {}), ...(scale ? { scale } : {}) });

describe('attention', () => {
  it.each([undefined, 0.3])('weighs values by the softmax of scaled products (scale %s)', async (scale) => {
    const got = run(toTensors(inputs), scale);
    const want = byHand(inputs, scale ?? D ** -0.5, () => 0);
    expect(got.shape).toEqual([B, H, Q, D]);
    got.dataSync().forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 5));
    expect(await gradientFaults((t) => run(t, scale), inputs, { most: 20 })).toEqual([]);
  });

  it.each([
    { shape: [B, H, Q, K] },
    { shape: [1, H, Q, K] },
    { shape: [B, 1, 1, K] },
    { shape: [H, 1, K] },
    { shape: [Q, K] },
    { shape: [1] },
  ])('takes a bias of shape $shape, with its gradient', async ({ shape }) => {
    const bias = normal('bias', ...shape);
    const full = [...Array<number>(4 - shape.length).fill(1), ...shape];
    const biasAt = (...at: number[]): number =>
      bias.data[at.reduce((flat, n, axis) => flat * full[axis]! + (full[axis] === 1 ? 0 : n), 0)]!;
    const got = run(toTensors({ ...inputs, bias }));
    const want = byHand(inputs, D ** -0.5, biasAt);
    got.dataSync().forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 5));
    expect(await gradientFaults((t) => run(t), { ...inputs, bias }, { of: ['bias', 'q'], most: 20 })).toEqual([]);
  });

  it('looks nowhere that is forbidden, and gives finite gradients', () => {
    const mask = hostTensor(Array.from({ length: Q * K }, (_, i) => (i % K > Math.floor(i / K) ? -Infinity : 0)), [Q, K]); // prettier-ignore
    const tensors = toTensors({ ...inputs, bias: mask });
    const { value, gradients } = valueAndGradients(
      ({ q, k, v }) => ({ value: sum(run({ q: q!, k: k!, v: v!, bias: tensors.bias! })), rest: {} }),
      {
        q: tensors.q!,
        k: tensors.k!,
        v: tensors.v!,
      },
    );
    expect(Number.isFinite(value.dataSync()[0])).toBe(true);
    for (const gradient of Object.values(gradients)) expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    const first = run(tensors).slice([0, 0, 0, 0], [1, 1, 1, D]).dataSync();
    expect([...first]).toEqual([...inputs.v.data.slice(0, D)]);
  });
});
