import { EVALUATION, Module, Random, concat, disposeModule, hostTensor, initializeParameters, loadStateDict, namedParameters, referenceBackend, scoped, seededDraws, slice, stateDict, sum, tensor, trainingContext, useBackend, valueAndGradients, withParameters, zeros, ones, countParameters, type Context, type HostTensors, type ImageEncoder, type Tensor, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { adapterConformance, gradientFaults } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Attention } from '../attention.ts';
import { clipVision } from '../clip-vision.ts';
import { Linear } from '../linear.ts';
import { vit } from '../vit.ts';
import { VIT_BASE_PATCH16 } from '../vit-presets.ts';
import { attachAll } from './adapted.ts';
import { gatedSideAttention, type GatedSideAttentionOptions } from './gated-side-attention.ts';
import { lora } from './lora.ts';

beforeAll(() => useBackend(referenceBackend));

const SIZE = { imageSize: [8, 4] as [number, number], patch: 4, width: 6, heads: 2 };
const HOSTS: readonly [string, () => ImageEncoder][] = [
  ['a vision transformer', () => vit({ ...SIZE, depth: 12, mlpRatio: 2, dropPath: 0.3 })],
  ['one layer', () => vit({ ...SIZE, depth: 1, mlpRatio: 2 })],
  ['PASS', () => vit({ ...SIZE, depth: 2, parts: 3, mlpRatio: 2 })],
  ["CLIP's", () => clipVision({ ...SIZE, depth: 2, projectedWidth: 5 })],
  ['a recomputed one', () => vit({ ...SIZE, depth: 2, mlpRatio: 2, dropPath: 0, recompute: true })],
];
const READINGS: readonly GatedSideAttentionOptions[] = [
  {},
  { keys: 'shared', gate: 'head', bounded: true },
  { gate: 'head', sideNorm: true, sideWidth: 6 },
];

const images = (): Tensor => tensor(Random.seed(9).normal(2 * 8 * 4 * 3), [2, 8, 4, 3]);
const sideOf = (count: number): Tensor => tensor(Random.seed(count).normal(2 * count * 6), [2, count, 6]);
const training = (): Context => trainingContext({ draws: seededDraws(Random.seed(3)) });
const last = (encoder: ImageEncoder, ctx: Context, side?: { tokens: Tensor; mask?: Tensor }): number[] =>
  scoped(() => [...encoder.forward(images(), ctx, side ? { side } : {}).patches.dataSync()]);

/** Gates that are open, alike every time. */
async function open(model: Module): Promise<void> {
  const numbers = await stateDict(model);
  const gates = Object.entries(numbers).flatMap(([path, { shape, data }]) =>
    path.endsWith('.gate') ? [[path, hostTensor(Random.seed(5).normal(data.length), shape)] as const] : [],
  );
  loadStateDict(model, { ...numbers, ...Object.fromEntries(gates) } as HostTensors);
}

describe.each(HOSTS)('adapter/gated-side-attention in %s', (_name, make) => {
  it.each(READINGS)('changes no bit while its gates are zero: %o', (options) => {
    const host = make();
    const edited = make();
    gatedSideAttention(options).attach(edited);
    initializeParameters(host, Random.seed(1));
    initializeParameters(edited, Random.seed(1));
    for (const count of [1, 65, 70]) {
      const side = { tokens: sideOf(count) };
      expect(last(edited, EVALUATION, side)).toEqual(last(host, EVALUATION));
      expect(last(edited, training(), side)).toEqual(last(host, training()));
    }
    expect(last(edited, EVALUATION)).toEqual(last(host, EVALUATION));
    [host, edited].forEach(disposeModule);
  });

  it('sees no padding, and no order among the tokens of a sample', async () => {
    const edited = make();
    gatedSideAttention().attach(edited);
    initializeParameters(edited, Random.seed(1));
    await open(edited);
    const tokens = sideOf(3);
    const plain = last(edited, EVALUATION, { tokens });
    expect(plain).not.toEqual(last(edited, EVALUATION));
    const close = (got: number[], want: number[]): void => got.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 5));
    const padded = { tokens: concat([tokens, sideOf(2)], 1), mask: concat([ones([2, 3]), zeros([2, 2])], 1) };
    close(last(edited, EVALUATION, padded), plain);
    const turned = concat([slice(tokens, [0, 2, 0], [2, 1, 6]), slice(tokens, [0, 0, 0], [2, 2, 6])], 1);
    close(last(edited, EVALUATION, { tokens: turned }), plain);
    expect(last(edited, EVALUATION, { tokens, mask: zeros([2, 3]) })).toEqual(last(edited, EVALUATION));
    disposeModule(edited);
  });
});

/** A single attention whose maps are all the identity. */
class Identities extends Module {
  readonly width = 2;
  readonly attn: Attention;

  constructor() {
    super();
    this.attn = new Attention({ qkv: new Linear({ inputs: 2, outputs: 6 }), proj: new Linear({ inputs: 2, outputs: 2 }), heads: 1 });
  }
}

describe('gatedSideAttention', () => {
  const X = [1, 0, 0, 1];
  const F = [1, 1, 2, 0];
  const attended = (gate: number): { readonly tokens: number[]; readonly slope: number } => {
    const model = new Identities();
    gatedSideAttention({ targets: ['attn'] }).attach(model);
    initializeParameters(model, Random.seed(1));
    const I = [1, 0, 0, 1];
    for (const [path, parameter] of namedParameters(model)) {
      const repeated = parameter.shape[0] === 6 ? [...I, ...I, ...I] : I;
      const numbers = path.endsWith('bias') ? Array<number>(parameter.shape[0]!).fill(0) : repeated;
      parameter.assign(hostTensor(path.endsWith('gate') ? [gate] : numbers, parameter.shape));
    }
    const { rest, gradients } = valueAndGradients(
      (variables) => {
        const out = withParameters(model, variables, () =>
          model.attn.forward(tensor(X, [1, 2, 2]), EVALUATION, { side: { tokens: tensor(F, [1, 2, 2]) } }),
        );
        return { value: sum(out), rest: { out } };
      },
      { 'attn.gate': tensor([gate]) },
    );
    return { tokens: [...rest.out.dataSync()], slope: gradients['attn.gate']!.dataSync()[0]! };
  };

  it('adds two softmaxes, never one over both', () => {
    [0.669762, 0.330238, 0.330238, 0.669762].forEach((want, i) => expect(attended(0).tokens[i]).toBeCloseTo(want, 6));
    const { tokens, slope } = attended(0.5);
    [1.504642, 0.495358, 0.995358, 1.004642].forEach((want, i) => expect(tokens[i]).toBeCloseTo(want, 6));
    expect(slope).toBeCloseTo(4, 5);
  });

  it('gives its gate a gradient at once, and keys, values and side tokens only after a step of it', async () => {
    const model = vit({ ...SIZE, depth: 1, mlpRatio: 2, dropPath: 0 });
    gatedSideAttention().attach(model);
    initializeParameters(model, Random.seed(1));
    const gradients = async (): Promise<Record<string, number>> => {
      const own = Object.fromEntries(
        [...namedParameters(model)].filter(([path]) => /gate|instruction/.test(path)).map(([path, { value }]) => [path, value]),
      );
      const inputs: Tensors = { ...own, side: sideOf(3) };
      const run = valueAndGradients(({ side, ...values }) => {
        const tokens = withParameters(model, values, () => model.forward(images(), EVALUATION, { side: { tokens: side! } }).patches);
        return { value: sum(tokens.mul(tensor(Random.seed(2).normal(24), [2, 2, 6]))), rest: {} };
      }, inputs);
      return Object.fromEntries(
        Object.entries(run.gradients).map(([path, gradient]) => [path, Math.max(...gradient.dataSync().map(Math.abs))]),
      );
    };
    const { 'blocks.0.attn.gate': gate, ...others } = await gradients();
    expect(gate).toBeGreaterThan(1e-4);
    expect(Object.values(others).every((most) => most === 0)).toBe(true);
    await open(model);
    const later = await gradients();
    // A bias of the keys moves all scores of a row alike.
    expect(Object.entries(later).filter(([path]) => !path.endsWith('instruction_k.bias')).every(([, most]) => most > 1e-6)).toBe(true); // prettier-ignore
    disposeModule(model);
  });

  it('has the gradients that differences measure', async () => {
    const model = new Identities();
    gatedSideAttention({ targets: ['attn'], gate: 'head', bounded: true, sideWidth: 3 }).attach(model);
    initializeParameters(model, Random.seed(1));
    const numbers = await stateDict(model);
    const inputs = {
      ...Object.fromEntries(
        Object.entries(numbers).map(([path, { shape, data }]) => [
          path,
          hostTensor(Random.seed(data.length).normal(data.length, 0.6), shape),
        ]),
      ),
      x: hostTensor(Random.seed(1).normal(6), [1, 3, 2]),
      side: hostTensor(Random.seed(2).normal(12), [1, 4, 3]),
    };
    const f = ({ x, side, ...values }: Tensors): Tensor =>
      withParameters(model, values, () =>
        model.attn.forward(x!, EVALUATION, { side: { tokens: side!, mask: tensor([1, 1, 1, 0], [1, 4]) } }),
      );
    expect(await gradientFaults(f, inputs)).toEqual([]);
    disposeModule(model);
  });

  it('has 14,174,208 numbers beside its gates in a base-sized encoder', () => {
    const model = vit(VIT_BASE_PATCH16);
    const before = countParameters(model).total;
    gatedSideAttention().attach(model);
    expect(countParameters(model).total - before).toBe(14_174_208 + 12);
    const perHead = vit(VIT_BASE_PATCH16);
    gatedSideAttention({ gate: 'head', sideNorm: true }).attach(perHead);
    expect(countParameters(perHead).total - before).toBe(14_174_208 + 144 + 18_432);
  });

  it('sits on other adapters, goes into the layers that are named, and refuses what does not fit', () => {
    const model = attachAll(vit({ ...SIZE, depth: 2 }), [lora({ targets: ['*.qkv'] }), gatedSideAttention({ targets: ['blocks.1.attn'] })]).module; // prettier-ignore
    expect([...namedParameters(model)].map(([path]) => path).filter((path) => path.endsWith('gate'))).toEqual(['blocks.1.attn.gate']);
    expect(() => gatedSideAttention({ keys: 'shared', sideWidth: 5 }).attach(vit(SIZE))).toThrow(
      'shared keys expected side tokens of width 6, got 5',
    );
    expect(() => gatedSideAttention({ targets: ['nowhere'] }).attach(vit(SIZE))).toThrow('No place for the adapter matches "nowhere"');
  });
});

const run = (encoder: ImageEncoder, ctx: Context): Tensors => {
  const { patches } = encoder.forward(images(), ctx, { side: { tokens: sideOf(3) } });
  return { patches };
};
const vitHost = (): ImageEncoder => vit({ ...SIZE, depth: 2, mlpRatio: 2, dropPath: 0 });
describe.each(READINGS)('adapter/gated-side-attention %o', (options) => {
  const plain = (encoder: ImageEncoder, ctx: Context): Tensors => (encoder as unknown as { blocks: { usesSide?: boolean }[] }).blocks[0]!.usesSide ? run(encoder, ctx) : { patches: encoder.forward(images(), ctx).patches }; // prettier-ignore
  for (const { title, check } of adapterConformance(() => gatedSideAttention(options), { module: vitHost, run: plain, startsEqual: true })) it(title, check); // prettier-ignore
});
