import {
  conv2d,
  createRegistry,
  matMul,
  recordStep,
  referenceBackend,
  attention,
  sum,
  useBackend,
  valueAndGradients,
  type Step,
  type TensorSpec,
} from '@reidkit/core-tensor';
import { muva } from '@reidkit/recipes';
import { buildRun, modelPass } from '@reidkit/trainer';
import { beforeAll, describe, expect, it } from 'vitest';
import { builtInPlugins } from '../plugins.ts';
import { countProducts } from './count-products.ts';
import { INFERENCE, measurePhase } from './measure-phase.ts';
import { recordPass } from './profile-inputs.ts';

beforeAll(() => useBackend(referenceBackend));

const spec = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
const productsOf = (step: Step, batch: Readonly<Record<string, TensorSpec>>): number =>
  countProducts(recordStep(step, { parameters: {}, state: {}, batch, hyper: [], draws: false }).graph);

describe('countProducts', () => {
  it('counts matrix products, whichever way they are turned, and nothing else', () => {
    const step: Step = ({ batch: { a, b } }) => ({ outputs: { c: matMul(a!, b!, true, false), d: sum(a!) } });
    expect(productsOf(step, { a: spec(3, 4, 2), b: spec(3, 4, 5) })).toBe(3 * 2 * 5 * 4);
  });

  it('counts both products of attention, and the four of its gradient', () => {
    const [q, k] = [spec(2, 3, 4, 5), spec(2, 3, 7, 5)];
    const forward: Step = ({ batch }) => ({ outputs: { y: attention(batch.q!, batch.k!, batch.v!) } });
    expect(productsOf(forward, { q, k, v: k })).toBe(2 * (2 * 3 * 4 * 7 * 5));
    const trained: Step = ({ batch }) => ({
      outputs: {
        ...valueAndGradients(({ q: queries }) => ({ value: sum(attention(queries!, batch.k!, batch.v!)), rest: {} }), { q: batch.q! })
          .gradients,
      },
    });
    expect(productsOf(trained, { q, k, v: k })).toBe(6 * (2 * 3 * 4 * 7 * 5));
  });

  it('counts windows of convolutions', () => {
    const step: Step = ({ batch: { x, w } }) => ({ outputs: { y: conv2d(x!, w!, { padding: 1, stride: 2 }) } });
    expect(productsOf(step, { x: spec(2, 3, 8, 6), w: spec(4, 3, 3, 3) })).toBe(2 * 4 * 4 * 3 * (3 * 3 * 3));
  });
});

describe('a profile', () => {
  const registry = createRegistry(...builtInPlugins);
  const facts = { data: { classes: 6, cameras: 2, views: 1, records: 12 } };

  it('finds in MUVA at its full size what the paper would count: 11.8 billion products per image, not 13.5', () => {
    const { model, scorer } = buildRun(muva(), facts, registry);
    const products = countProducts(recordPass(model, modelPass(model, 'images'), scorer.reads, 1));
    expect(products / 1e9).toBeCloseTo(11.76, 1);
  });

  it('measures every stage and inference', async () => {
    const run = buildRun(muva({ size: 'ablation' }), facts, registry);
    for (const phase of ['prompts', INFERENCE]) {
      const cost = await measurePhase(run, phase, referenceBackend, { classes: 6, batch: 2, steps: 1 });
      expect(cost).toMatchObject({ phase, batch: 2 });
      expect(Math.min(cost.products, cost.milliseconds, cost.peakBytes)).toBeGreaterThan(0);
    }
  });
});
