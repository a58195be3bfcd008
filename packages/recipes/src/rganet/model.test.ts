import {
  createRegistry, disposeModule, EVALUATION, hostTensor, initializeParameters, loadStateDict, namedParameters, Random, referenceBackend, scoped, seededDraws,
  stateDict, tensor, toTensors, trainingContext, useBackend, valueAndGradients, withParameters, mul, type Context, type HostTensors, type Tensors,
} from '@reidkit/core-tensor'; // prettier-ignore
import { gradientFaults } from '@reidkit/core-tensor/testing';
import { encodersPlugin } from '@reidkit/encoders';
import { partWeightedScorer } from '@reidkit/eval';
import { partIdentityLoss, partSegmentationLoss } from '@reidkit/losses';
import { beforeAll, describe, expect, it } from 'vitest';
import { recipesPlugin } from '../plugin.ts';
import type { RganetModel } from './model.ts';
import type { RganetModelOptions } from './model-options.ts';

beforeAll(() => useBackend(referenceBackend));

const VISION = { use: 'encoder/clip-vision', options: { imageSize: [32, 16], patch: 4, width: 12, depth: 2, heads: 3, projectedWidth: 6, valueOnly: true } }; // prettier-ignore
const TEXT = { use: 'encoder/clip-text', options: { width: 8, depth: 1, heads: 2, summaryWidth: 6, length: 20, hasWords: false } };
const [B, P, N, E] = [3, 4, 32, 6];

const made = (options: Partial<RganetModelOptions> = {}, seed = 1): RganetModel => {
  const model = createRegistry(encodersPlugin, recipesPlugin).use<RganetModel>({
    use: 'model/rganet',
    options: { encoder: VISION, classes: 4, ...options },
  });
  initializeParameters(model, Random.seed(seed));
  const fill = (name: 'prototypes' | 'memory', from: number): void =>
    model[name]?.assign(hostTensor(Random.seed(from).normal(model[name].shape[0]! * E), model[name].shape));
  fill('prototypes', 5);
  fill('memory', 6);
  model.background?.assign(hostTensor(Random.seed(8).normal(E), [E]));
  model.confidence?.weight.assign(hostTensor(Random.seed(7).normal(E), [1, E]));
  return model;
};

const training = (): ReturnType<typeof trainingContext> => trainingContext({ draws: seededDraws(Random.seed(1)) });
const images = (): Tensors => ({ images: tensor(Random.seed(3).normal(B * 32 * 16 * 3), [B, 32, 16, 3]) });

/** Outputs by name, as lists. */
function numbers(
  model: RganetModel,
  ctx: Context = EVALUATION,
  f = (batch: Tensors): Tensors => model.forward(batch, ctx),
): Record<string, number[]> {
  return scoped(() => Object.fromEntries(Object.entries(f(images())).map(([name, value]) => [name, [...value.dataSync()]])));
}

const near = (got: readonly number[], want: readonly number[], digits = 5): void => {
  expect(got).toHaveLength(want.length);
  got.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, digits));
};

const VARIANTS: readonly (readonly [string, Partial<RganetModelOptions>])[] = [
  ['the equations as printed', {}],
  ['a text side', { text: TEXT }],
  ['no regions', { region: 'none' }],
  ['stripes', { region: 'stripe', dai: false }],
  ['regions by the nearest prototype alone', { assign: 'hard', iai: false }],
  ['the mean of both indicators', { matchWeight: 'mean', invariance: 'overCentres', gate: { top: 0.5 } }],
  ['necks everywhere and one classifier', { neck: 'all', classifiers: 'shared', gate: 'none', invariance: 'cosine' }],
  ['the class token, a layer on the map of values', { global: 'cls', denseAdapter: 'linear', dense: 'valueOnly', neck: 'global' }],
  ['convolutions in the place of the projection', { denseAdapter: 'conv3x3' }],
  ['a last layer of its own for the map', { denseAdapter: 'ownLastBlock' }],
  ['a layer on the map, a bias, no indicators', { denseAdapter: 'linear', confidenceBias: true, dai: false, iai: false, uniform: 'share' }],
];

describe.each(VARIANTS)('model/rganet with %s', (_name, options) => {
  it('gives what it says, in training and in evaluation, all of it finite', () => {
    const model = made(options);
    const ctx = training();
    const trained = numbers(model, ctx);
    const seen = numbers(model);
    expect(Object.keys(trained).sort()).toEqual([...model.gives.training].sort());
    expect(Object.keys(seen).sort()).toEqual([...model.gives.evaluation].sort());
    for (const values of [...Object.values(trained), ...Object.values(seen)]) expect(values.every(Number.isFinite)).toBe(true);
    const memory = [...ctx.updates.keys()].filter((parameter) => parameter === model.memory);
    expect(memory).toHaveLength(model.memory ? 1 : 0);
    disposeModule(model);
  });
});

describe('model/rganet', () => {
  it('names its parameters as the recorded runs do', () => {
    const model = made({ text: TEXT });
    const shapes = Object.fromEntries([...namedParameters(model)].map(([path, { shape, role }]) => [path, [role, ...shape]]));
    expect(shapes).toMatchObject({
      background: ['parameter', 6],
      prototypes: ['buffer', 4, 6],
      memory: ['buffer', 4, 6],
      'confidence.weight': ['parameter', 1, 6],
      'region_classifiers.3.weight': ['parameter', 4, 6],
      'classifier.weight': ['parameter', 4, 6],
      'prompt.ctx': ['parameter', 8, 8],
      'prompt.token_prefix': ['buffer', 4, 1, 8],
      'image_encoder.proj': ['parameter', 12, 6],
      'text_encoder.text_projection': ['parameter', 8, 6],
    });
    expect(made({ region: 'none' })).not.toHaveProperty('confidence.weight');
    disposeModule(model);
  });

  it('without regions is the mean of the projected patches, bit for bit; stripes are the means of equal blocks', () => {
    const plain = made({ region: 'none' });
    const map = scoped(() => [...plain.image_encoder.forward(images().images!, EVALUATION).taps.projected!.dataSync()]);
    const patch = (b: number, n: number): number[] => map.slice((b * (N + 1) + 1 + n) * E, (b * (N + 1) + 2 + n) * E);
    const meanOf = (b: number, from: number, to: number): number[] =>
      Array.from({ length: E }, (_, e) => Array.from({ length: to - from }, (_unused, i) => patch(b, from + i)[e]!).reduce((a, x) => a + x, 0) / (to - from)); // prettier-ignore
    const { global } = numbers(plain);
    near(global!, [0, 1, 2].flatMap((b) => meanOf(b, 0, N))); // prettier-ignore
    const stripes = made({ region: 'stripe' });
    const seen = numbers(stripes);
    expect(seen.global).toEqual(global);
    near(seen.regions!, [0, 1, 2].flatMap((b) => [0, 1, 2, 3].flatMap((stripe) => meanOf(b, stripe * 8, (stripe + 1) * 8)))); // prettier-ignore
    near(seen.mass!, Array<number>(B * P).fill(8));
    near(numbers(stripes, EVALUATION, (batch) => stripes.passes.stripes!.forward(batch, EVALUATION)).stripes!, seen.regions!);
    [plain, stripes].forEach(disposeModule);
  });

  it('permutes regions, indicators and weights with their names, and changes no distance', async () => {
    const model = made();
    const before = await stateDict(model);
    const order = [2, 0, 3, 1];
    const permuted = (value: HostTensors[string]): HostTensors[string] =>
      hostTensor(
        order.flatMap((at) => [...value.data.subarray(at * E, (at + 1) * E)]),
        value.shape,
      );
    const one = numbers(model);
    const two = scoped(() =>
      withParameters(model, toTensors({ prototypes: permuted(before.prototypes!), memory: permuted(before.memory!) }), () =>
        numbers(model),
      ),
    );
    for (const name of ['alpha', 'beta', 'weight'])
      near(two[name]!, [0, 1, 2].flatMap((b) => order.map((at) => one[name]![b * P + at]!))); // prettier-ignore
    near(two.regions!, [0, 1, 2].flatMap((b) => order.flatMap((at) => one.regions!.slice((b * P + at) * E, (b * P + at + 1) * E)))); // prettier-ignore
    const side = (given: Record<string, number[]>) => ({
      count: B,
      tensors: { global: hostTensor(given.global!, [B, E]), regions: hostTensor(given.regions!, [B, P, E]), weight: hostTensor(given.weight!, [B, P]) },
    }); // prettier-ignore
    const distances = async (given: Record<string, number[]>): Promise<number[]> => [...(await partWeightedScorer({ parts: 'regions' }).prepare(side(given)).distances(side(given)))]; // prettier-ignore
    const [a, b] = [await distances(one), await distances(two)];
    near(a, b);
    [0, 4, 8].forEach((at) => expect(a[at]).toBeCloseTo(0, 5));
    [1, 2, 5].forEach((at, i) => expect(a[at]).toBeCloseTo(a[[3, 6, 7][i]!]!, 6));
    disposeModule(model);
  });

  it('weighs by the reading that is asked for: sums, bounds and both at once', () => {
    const of = (options: Partial<RganetModelOptions>): Record<string, number[]> => numbers(made(options));
    const both = of({});
    for (let b = 0; b < B; b++) expect(both.weight!.slice(b * P, (b + 1) * P).reduce((a, x) => a + x, 0)).toBeCloseTo(1, 5);
    expect(Math.min(...both.weight!)).toBeGreaterThanOrEqual(0.0851);
    expect(Math.max(...both.weight!)).toBeLessThanOrEqual(0.6263);
    near(both['weight.mean']!, both.alpha!.map((alpha, i) => (alpha + both.beta![i]!) / 2)); // prettier-ignore
    expect(both.weight).toEqual(both['weight.softmax']);
    expect(of({ matchWeight: 'mean' }).weight).toEqual(both['weight.mean']);
    near(of({ dai: false }).weight!, both.beta!);
    near(of({ iai: false, matchWeight: 'mean' }).weight!, both.alpha!);
    expect(new Set(of({ dai: false, iai: false }).weight)).toEqual(new Set([1]));
    expect(new Set(of({ dai: false, iai: false, uniform: 'share' }).weight)).toEqual(new Set([0.25]));
    const prior = of({ weightPrior: [2, 1, 1, 0] });
    near(prior.weight!, both.weight!.map((weight, i) => weight * [2, 1, 1, 0][i % P]!)); // prettier-ignore
  });

  it('gives a region without a place no weight, and every place to one region or the background', () => {
    const model = made({ assign: 'hard' });
    const far = hostTensor(
      [
        ...Random.seed(5).normal(3 * E),
        ...Random.seed(5)
          .normal(E)
          .map((x) => -1000 * x),
      ],
      [P, E],
    );
    const masks = scoped(() => withParameters(model, toTensors({ prototypes: far }), () => numbers(model)));
    expect(masks['regions.masks']!.every((value) => value === 0 || value === 1)).toBe(true);
    masks.mass!.forEach((mass, i) => expect(masks.weight![i] === 0).toBe(mass === 0));
    disposeModule(model);
  });

  it('is the same without its text side, from the same file, and writes its memory in training alone', async () => {
    const [whole, silent] = [made({ text: TEXT }), made({}, 9)];
    const file = await stateDict(whole);
    loadStateDict(silent, silent.adaptCheckpoint(file));
    const before = numbers(whole);
    expect(numbers(silent)).toEqual(before);
    expect([...namedParameters(silent)].some(([path]) => /text|prompt/.test(path))).toBe(false);
    const ctx = training();
    numbers(whole, ctx);
    expect(ctx.updates.has(whole.memory!)).toBe(true);
    expect(numbers(whole)).toEqual(before);
    expect(Object.keys(silent.passes)).toEqual(['stripes']);
    expect(() => silent.prototypesOfTexts(EVALUATION)).toThrow('This model has no text side.');
    [whole, silent].forEach(disposeModule);
  });

  it('takes a whole CLIP: both sides, and the fixed words of its sentences', () => {
    const model = made({ text: TEXT, contexts: 2 });
    const of = (...shape: number[]) => hostTensor(Random.seed(1).normal(shape.reduce((a, b) => a * b, 1)), shape);
    const table = hostTensor(Float32Array.from({ length: 49408 * 8 }, (_, i) => Math.floor(i / 8)), [49408, 8]); // prettier-ignore
    const adapted = model.adaptCheckpoint({ 'visual.proj': of(12, 6), text_projection: of(8, 6), 'token_embedding.weight': table });
    expect(Object.keys(adapted).sort()).toEqual(['image_encoder.proj', 'prompt.token_prefix', 'prompt.token_suffix', 'text_encoder.text_projection']); // prettier-ignore
    const rows = [...adapted['prompt.token_suffix']!.data].filter((_, i) => i % 8 === 0);
    expect(rows.slice(17, 21)).toEqual([7067, 1774, 49407, 0]); // upper body
    disposeModule(model);
  });

  it('refuses encoders that do not fit together, words that it has no number for, and a template without a place', () => {
    expect(() => made({ encoder: { use: 'encoder/vit', options: { imageSize: [16, 16], depth: 1 } } })).toThrow('places of a grid');
    expect(() => made({ text: { ...TEXT, options: { ...TEXT.options, summaryWidth: 5 } } })).toThrow('got 5 beside 6');
    expect(() => made({ text: TEXT, names: ['head', 'tail', 'foot', 'hat'] })).toThrow('no number of the word "tail" in "tail"');
    expect(() => made({ text: TEXT, template: 'a person' })).toThrow('expected "[CLASS]"');
    expect(() => made({ weightPrior: [1] })).toThrow('expected a factor for every name');
    expect(() => made({ denseAdapter: 'conv3x3', dense: 'valueOnly' })).toThrow('expected "none" or "linear" beside the map "valueOnly"');
  });
});

describe('gradients of model/rganet', () => {
  const labels = (): ReturnType<typeof tensor> => tensor([2, 0, 1], [B], 'int32');

  it('flow from regions and weights into the map and the learned score, as differences measure', async () => {
    const model = made({ gamma: 2, iai: false }); // without the memory, which stops gradients
    const { background, 'confidence.weight': score, 'image_encoder.proj': proj, 'region_classifiers.1.weight': head } = await stateDict(model); // prettier-ignore
    const loss = (values: Tensors): ReturnType<typeof tensor> =>
      withParameters(model, values, () => {
        const given = model.forward(images(), training());
        return partIdentityLoss({ logits: mul(given['logits.regions']!, 50), labels: labels(), weight: given.weight! });
      });
    const inputs = {
      background: background!,
      'confidence.weight': score!,
      'image_encoder.proj': proj!,
      'region_classifiers.1.weight': head!,
    };
    expect(await gradientFaults(loss, inputs, { most: 6, tolerance: 0.02 })).toEqual([]);
    const { gradients } = valueAndGradients((values) => ({ value: loss(values), rest: {} }), toTensors({ memory: hostTensor(Random.seed(6).normal(P * E), [P, E]) })); // prettier-ignore
    expect(gradients.memory === undefined || [...gradients.memory.dataSync()].every((x) => x === 0)).toBe(true);
    disposeModule(model);
  });

  it('flow from the masks through the texts into the words, and nowhere else', async () => {
    const model = made({ text: TEXT });
    const maps = (): ReturnType<typeof tensor> =>
      tensor(
        Int32Array.from({ length: B * N }, (_, i) => i % (P + 1)),
        [B, N],
        'int32',
      );
    const loss = (values: Tensors): ReturnType<typeof tensor> =>
      withParameters(model, values, () => partSegmentationLoss(model.passes.prompts!.forward(images(), training()).maskLogits!, maps()));
    const state = await stateDict(model);
    expect(await gradientFaults(loss, { 'prompt.ctx': state['prompt.ctx']! }, { most: 8, tolerance: 0.02 })).toEqual([]);
    const idle = {
      'classifier.weight': state['classifier.weight']!,
      memory: state.memory!,
      'confidence.weight': state['confidence.weight']!,
    };
    const { gradients } = valueAndGradients((values) => ({ value: loss(values), rest: {} }), toTensors(idle));
    expect(Object.values(gradients).every((gradient) => [...gradient.dataSync()].every((x) => x === 0))).toBe(true);
    disposeModule(model);
  });

  it('give the same prototypes for sentences of 77 words as for those that are cut behind their end', async () => {
    const model = made({ text: TEXT });
    const whole = scoped(() => [...model.text_encoder!.forward(model.prompt!.forward({ whole: true }), EVALUATION).summary.dataSync()]);
    expect(model.prompt!.longest).toBe(12);
    near(scoped(() => [...model.prototypesOfTexts(EVALUATION).dataSync()]), whole); // prettier-ignore
    disposeModule(model);
  });
});
