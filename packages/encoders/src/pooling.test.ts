import {
  EVALUATION,
  Random,
  createRegistry,
  disposeModule,
  initializeParameters,
  namedParameters,
  referenceBackend,
  scoped,
  sum,
  tensor,
  useBackend,
  valueAndGradients,
  type ImageTokens,
  type Pooling,
  type Tensor,
} from '@reidkit/core-tensor';
import { poolingConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodersPlugin } from './plugin.ts';

beforeAll(() => useBackend(referenceBackend));

const registry = createRegistry(encodersPlugin);
const KINDS = ['average', 'max', 'gem', 'class-token'] as const;
const make = (kind: (typeof KINDS)[number], width: number): Pooling => registry.build({ use: `pooling/${kind}` })({ width });

const tokens = (patches: Tensor, cls?: Tensor): ImageTokens => ({ ...(cls ? { cls } : {}), patches, grid: [2, 1], extra: {}, taps: {} });

function pooled(kind: (typeof KINDS)[number], values: readonly number[]): number[] {
  const pooling = make(kind, 2);
  initializeParameters(pooling, Random.seed(1));
  const result = scoped(() => [...pooling.forward(tokens(tensor([...values], [1, 2, 2]), tensor([[8, 9]])), EVALUATION).dataSync()]);
  disposeModule(pooling);
  return result;
}

describe.each(KINDS)('pooling/%s', (kind) => {
  for (const { title, check } of poolingConformance(() => make(kind, 3), { width: 3 })) it(title, check);

  it('knows its width', () => expect(make(kind, 3).width).toBe(3));
});

describe('poolings', () => {
  it('take the mean, the largest, the generalised mean, or the class token', () => {
    expect(pooled('average', [1, 5, 3, 7])).toEqual([2, 6]);
    expect(pooled('max', [1, 7, 3, 5])).toEqual([3, 7]);
    const [first, second] = pooled('gem', [1, 5, 3, 7]);
    expect(first).toBeCloseTo(Math.cbrt((1 + 27) / 2), 4);
    expect(second).toBeCloseTo(Math.cbrt((125 + 343) / 2), 4);
    expect(pooled('class-token', [1, 5, 3, 7])).toEqual([8, 9]);
  });

  it('give the gradient of equal largest values to the first', () => {
    const pooling = make('max', 1);
    const gradient = scoped(() => {
      const { gradients } = valueAndGradients(({ x }) => ({ value: sum(pooling.forward(tokens(x!), EVALUATION)), rest: {} }), {
        x: tensor([0, 4, 4], [1, 3, 1]),
      });
      return [...gradients.x!.dataSync()];
    });
    expect(gradient).toEqual([0, 1, 0]);
  });

  it('learn the exponent of the generalised mean, and count small values as the least', () => {
    expect([...namedParameters(make('gem', 2))].map(([path]) => path)).toEqual(['p']);
    const [zero] = pooled('gem', [0, 1, -5, 1]);
    expect(zero).toBeCloseTo(1e-6, 8);
  });

  it('say what to use where there is no class token', () => {
    expect(() => scoped(() => make('class-token', 2).forward(tokens(tensor([1, 2], [1, 1, 2])), EVALUATION))).toThrow(
      'use pooling/average, pooling/max or pooling/gem.',
    );
  });
});
