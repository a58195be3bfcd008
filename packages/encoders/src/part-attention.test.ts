import {
  EVALUATION, Random, add, countParameters, hostTensor, initializeParameters, loadStateDict, mul, namedParameters, referenceBackend, scoped, softmax, sum, tensor, useBackend, valueAndGradients, withParameters, zeros, type Tensor,
} from '@reidkit/core-tensor'; // prettier-ignore
import { gradientFaults } from '@reidkit/core-tensor/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { clipVision, type ClipVisionOptions } from './clip-vision.ts';
import { maskGate, partAttentionBias } from './part-attention-bias.ts';
import { ResidualMaskPredictor } from './residual-mask-predictor.ts';

beforeAll(() => useBackend(referenceBackend));

const [B, P, N, D] = [2, 2, 3, 4];
const open = (bias: Tensor): string[] => {
  const count = bias.shape[3]!;
  const signs = [...bias.dataSync()].map((value) => (value === 0 ? 1 : 0));
  return Array.from({ length: count }, (_, row) => signs.slice(row * count, (row + 1) * count).join(''));
};

describe('maskGate', () => {
  it('is open above the threshold alone, and passes no gradient', () => {
    const given = tensor([0.5, 0.5001, 0, 1, 0.4, 0.6], [1, 2, 3]);
    expect([...maskGate(given).dataSync()]).toEqual([-Infinity, 0, -Infinity, 0, -Infinity, 0]);
    const { gradients } = scoped(() =>
      valueAndGradients(({ x }) => ({ value: add(sum(mul(softmax(maskGate(x!)), tensor([1, 2, 3]))), mul(sum(x!), 0)), rest: {} }), {
        x: given,
      }),
    );
    expect([...gradients.x!.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('weighs instead of closing where it is soft', () => {
    expect([...maskGate(tensor([0.5, 1, 0.25], [1, 1, 3]), { soft: 4 }).dataSync()]).toEqual([0, 4, -2]);
  });
});

describe('partAttentionBias', () => {
  it('lets tokens see what the paper says, for two parts of three patches', () => {
    const gate = maskGate(tensor([1, 1, 0, 0, 0, 0], [1, 2, 3]));
    expect(open(partAttentionBias(gate))).toEqual(['111111', '110110', '101000', '110111', '110111', '100111']);
    expect(open(partAttentionBias(gate, { blockTransposed: false }))).toEqual(['111111', '110110', '101000', '111111', '111111', '111111']);
  });

  it('leaves two places open in every row, whatever the masks', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1), { minLength: B * P * N, maxLength: B * P * N }), (masks) => {
        const rows = scoped(() => open(partAttentionBias(maskGate(tensor(masks, [B, P, N])))));
        for (const row of rows) expect([...row].filter((sign) => sign === '1').length).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 30 },
    );
  });
});

const SMALL = { imageSize: [12, 8], patch: 4, width: 12, depth: 2, heads: 3, projectedWidth: 5 } satisfies ClipVisionOptions;

describe('part tokens in a vision transformer', () => {
  const images = (seed = 9): Tensor => tensor(Random.seed(seed).normal(12 * 8 * 3), [1, 12, 8, 3]);
  const masks = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1];

  it('say nothing of patches outside of their part, in the first layer', () => {
    const encoder = clipVision({ ...SMALL, depth: 1 });
    initializeParameters(encoder, Random.seed(1));
    const parts = tensor(Random.seed(2).normal(24), [1, 2, 12]);
    const bias = partAttentionBias(maskGate(tensor(masks, [1, 2, 6])));
    const added = (pictures: Tensor): number[] =>
      scoped(() => [...encoder.forward(pictures, EVALUATION, { extraTokens: parts, attentionBias: () => bias }).extra.added!.dataSync()]);
    const first = added(images());
    // The lowest patch row is no part of the first token: other pixels there change the second token alone.
    const data = images().dataSync().slice();
    for (let at = 8 * 8 * 3; at < data.length; at++) data[at]! += 1;
    const second = added(tensor(data, [1, 12, 8, 3]));
    expect(second.slice(0, 12)).toEqual(first.slice(0, 12));
    expect(second.slice(12)).not.toEqual(first.slice(12));
  });

  it('stay finite on the way back when every mask is empty', () => {
    const encoder = clipVision(SMALL);
    initializeParameters(encoder, Random.seed(1));
    const bias = partAttentionBias(maskGate(zeros([1, 2, 6])));
    const { gradients } = scoped(() =>
      valueAndGradients(
        ({ parts }) => ({
          value: sum(encoder.forward(images(), EVALUATION, { extraTokens: parts!, attentionBias: () => bias }).taps.projected!),
          rest: {},
        }),
        { parts: tensor(Random.seed(2).normal(24), [1, 2, 12]) },
      ),
    );
    expect([...gradients.parts!.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

describe('ResidualMaskPredictor', () => {
  const sizes = { depth: 2, width: D, parts: P, patches: N };
  const tokens = (seed = 3): Tensor => tensor(Random.seed(seed).normal(B * (1 + P + N) * D), [B, 1 + P + N, D]);
  const made = (options: object = {}): ResidualMaskPredictor => {
    const predictor = new ResidualMaskPredictor({ ...sizes, ...options });
    initializeParameters(predictor, Random.seed(1));
    return predictor;
  };

  it('sums the logits of its layers: with a constant perceptron, layer l says l times it', () => {
    const predictor = made();
    const constant = Object.fromEntries(
      [...namedParameters(predictor)].map(([path, { shape }]) => {
        const value = path.endsWith('mlp.2.bias') ? 1.5 : 0;
        return [path, hostTensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value), shape)];
      }),
    );
    loadStateDict(predictor, constant);
    const first = predictor.forward(tokens(), 0, undefined, EVALUATION).logits;
    expect(new Set(first.dataSync())).toEqual(new Set([1.5]));
    expect(new Set(predictor.forward(tokens(4), 1, first, EVALUATION).logits.dataSync())).toEqual(new Set([3]));
  });

  it('does not read the class token, and each layer alone where nothing accumulates', () => {
    const predictor = made({ accumulates: false });
    const first = predictor.forward(tokens(), 0, undefined, EVALUATION).logits;
    const other = tokens().dataSync().slice();
    for (let b = 0; b < B; b++) other.fill(7, b * (1 + P + N) * D, b * (1 + P + N) * D + D);
    const again = predictor.forward(tensor(other, [B, 1 + P + N, D]), 0, first, EVALUATION).logits;
    expect([...again.dataSync()]).toEqual([...first.dataSync()]);
  });

  it('has the right gradients', async () => {
    const predictor = made();
    const inputs = Object.fromEntries(
      [...namedParameters(predictor)]
        .filter(([path]) => path.startsWith('blocks.0'))
        .map(([path, { shape }], at) => [
          path,
          hostTensor(
            Random.seed(at).normal(
              shape.reduce((a, b) => a * b, 1),
              0.5,
            ),
            shape,
          ),
        ]),
    );
    const faults = await gradientFaults(
      ({ tokens: given, ...rest }) =>
        withParameters(predictor, rest, () => predictor.forward(given!, 0, undefined, EVALUATION).probabilities),
      { ...inputs, tokens: hostTensor(tokens().dataSync().slice(), [B, 1 + P + N, D]) },
      { most: 12 },
    );
    expect(faults).toEqual([]);
  });

  it('has 2,479,616 numbers per layer of ViT-B/16, tied to its patches', () => {
    expect(countParameters(new ResidualMaskPredictor({ depth: 12, width: 768, parts: 3, patches: 128 })).total).toBe(12 * 2_479_616);
    expect(() => made().forward(zeros([B, 2 + P + N, D]), 0, undefined, EVALUATION)).toThrow('ResidualMaskPredictor expected');
    expect(() => made({ heads: 3 })).toThrow('heads that divide its width 4, got 3');
  });
});
