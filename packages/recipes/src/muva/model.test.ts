import {
  add, createRegistry, disposeModule, EVALUATION, hostTensor, initializeParameters, loadStateDict, mul, namedParameters, Random, referenceBackend, reshape, scoped, seededDraws, slice, stateDict, sum, tensor,
  trainingContext, useBackend, valueAndGradients, withParameters, type Context, type Tensor, type Tensors,
} from '@reidkit/core-tensor'; // prettier-ignore
import { clipVision, encodersPlugin, stripeMasks, type ClipVisionOptions } from '@reidkit/encoders';
import { imageToTextLoss, maskCrossEntropyLoss } from '@reidkit/losses';
import { beforeAll, describe, expect, it } from 'vitest';
import { recipesPlugin } from '../plugin.ts';
import type { MuvaModel } from './model.ts';
import { muvaPrompts } from './muva-prompts.ts';

beforeAll(() => useBackend(referenceBackend));

const SIZES = { imageSize: [16, 8], patch: 4, width: 12, depth: 2, heads: 3, projectedWidth: 5 } satisfies ClipVisionOptions;
const VISION = { use: 'encoder/clip-vision', options: { ...SIZES, addedTokens: 3 } };
const TEXT = { use: 'encoder/clip-text', options: { width: 8, depth: 1, heads: 2, summaryWidth: 5, length: 16, hasWords: false } };
const [B, P, N, E] = [3, 3, 8, 5];

const made = (options: object = {}): MuvaModel => {
  const model = createRegistry(encodersPlugin, recipesPlugin).use<MuvaModel>({
    use: 'model/muva',
    options: { encoder: VISION, text: TEXT, classes: 4, ...options },
  });
  initializeParameters(model, Random.seed(1));
  return model;
};
const training = (): Context => trainingContext({ draws: seededDraws(Random.seed(1)) });
const images = (): Tensor => tensor(Random.seed(3).normal(B * 16 * 8 * 3), [B, 16, 8, 3]);
const masks = (): Tensor =>
  tensor(
    Float32Array.from({ length: B * P * N }, (_, at) => ((at * 7) % 5 < 2 ? 1 : 0)),
    [B, P, 4, 2],
  );
const labels = (): Tensor => tensor([2, 0, 2], [3], 'int32');
const numbers = (outputs: () => Tensors): Record<string, number[]> =>
  scoped(() => Object.fromEntries(Object.entries(outputs()).map(([name, value]) => [name, [...value.dataSync()]])));

describe('model/muva', () => {
  it('gives what it says, in training and in evaluation', () => {
    const model = made();
    const trained = numbers(() => model.forward({ images: images() }, training()));
    const seen = numbers(() => model.forward({ images: images() }, EVALUATION));
    expect(Object.keys(trained).sort()).toEqual([...model.gives.training].sort());
    expect(Object.keys(seen).sort()).toEqual([...model.gives.evaluation].sort());
    expect([trained.global, trained['logits.global'], trained.regions].map((list) => list!.length / B)).toEqual([4 * E, 4, P * E]);
    expect([seen['regions.masks'], seen['regions.logits']].map((list) => list!.length / B)).toEqual([P * N, 2 * P * N]);
    expect(seen.descriptor).toEqual(seen['global.bn']);
    expect([model.partNames, model.partGrid]).toEqual([
      ['head', 'upper', 'legs'],
      [4, 2],
    ]);
    disposeModule(model);
  });

  it("has the names of the released code's checkpoints", () => {
    const model = made();
    const shapes = Object.fromEntries([...namedParameters(model)].map(([path, { shape }]) => [path, shape]));
    expect(shapes).toMatchObject({
      local_token: [3, 12],
      'image_encoder.positional_embedding': [1 + P + N, 12],
      'residual_mask_predictor.blocks.1.cross_attn.to_out.0.bias': [12],
      'residual_mask_predictor.blocks.0.mlp.2.weight': [N, N],
      'residual_mask_predictor.blocks.0.ln_attn2.weight': [12],
      'bnneck.weight': [4 * E],
      'fc.weight': [4, 4 * E],
      'prompt_learner.learnable_ctx': [4, 4, 4, 8],
    });
    disposeModule(model);
  });

  it("without parts is CLIP's own tower, bit for bit", async () => {
    const plain = { use: 'encoder/clip-vision', options: SIZES };
    const model = made({ encoder: plain, parts: [] });
    const tower = clipVision(SIZES);
    const own = await stateDict(model.image_encoder);
    loadStateDict(tower, own);
    const { global } = numbers(() => model.forward({ images: images() }, EVALUATION));
    const { projected } = numbers(() => tower.forward(images(), EVALUATION).taps);
    expect(global).toEqual(Array.from({ length: B }, (_, b) => projected!.slice(b * 9 * E, b * 9 * E + E)).flat());
    [model, tower].forEach(disposeModule);
  });

  it('sees the same with masks that are given as with the same masks predicted', () => {
    const model = made();
    const predictor = model.residual_mask_predictor!;
    const flat = (): Tensor => reshape(masks(), [B, P, N]);
    const predicted = numbers(() => {
      Object.defineProperty(predictor, 'forward', { value: () => ({ logits: flat(), probabilities: flat() }), configurable: true });
      return model.forward({ images: images() }, EVALUATION);
    });
    delete (predictor as { forward?: unknown }).forward;
    const given = numbers(() => model.passes.teacher!.forward({ images: images(), partMasks: masks() }, EVALUATION));
    expect(given.global).toEqual(predicted.global);
    const free = numbers(() => model.forward({ images: images() }, EVALUATION));
    expect(given.global).not.toEqual(free.global);
    disposeModule(model);
  });

  it('runs at test without texts, contexts and classifier, and sees the same', async () => {
    const model = made();
    const all = await stateDict(model);
    const kept = Object.fromEntries(Object.entries(all).filter(([path]) => !/^(text_encoder|prompt_learner|fc)\./.test(path)));
    const lean = made({ text: undefined, classes: undefined });
    expect([...namedParameters(lean)].map(([path]) => path).sort()).toEqual(Object.keys(kept).sort());
    loadStateDict(lean, lean.adaptCheckpoint(all));
    const see = (of: MuvaModel): number[] => numbers(() => of.forward({ images: images() }, EVALUATION)).descriptor!;
    expect(see(lean)).toEqual(see(model));
    expect(() => lean.textOf(labels(), EVALUATION)).toThrow('This model has no text side.');
    [model, lean].forEach(disposeModule);
  });

  it('shares the position of the class token where part tokens have none of their own', () => {
    const shared = made({ encoder: { use: 'encoder/clip-vision', options: SIZES } });
    const model = made();
    const positions = [...shared.image_encoder.positional_embedding.value.dataSync()];
    const rows = [...Array.from({ length: 1 + P }, () => positions.slice(0, 12)), positions.slice(12)].flat();
    model.image_encoder.positional_embedding.assign(hostTensor(rows, [1 + P + N, 12]));
    for (const [path, parameter] of namedParameters(model)) {
      const same = new Map(namedParameters(shared)).get(path);
      if (path !== 'image_encoder.positional_embedding') parameter.assign(hostTensor(same!.value.dataSync().slice(), parameter.shape));
    }
    const see = (of: MuvaModel): number[] => numbers(() => of.forward({ images: images() }, EVALUATION)).global!;
    see(model).forEach((value, at) => expect(value).toBeCloseTo(see(shared)[at]!, 5));
    [model, shared].forEach(disposeModule);
  });

  it('takes stripes for masks, and needs no predictor then', () => {
    const model = made({ partMasks: 'stripes' });
    expect(model.residual_mask_predictor).toBeUndefined();
    expect(model.gives.evaluation).not.toContain('regions.masks');
    const seen = numbers(() => model.forward({ images: images() }, EVALUATION));
    expect(seen.global!.every(Number.isFinite)).toBe(true);
    disposeModule(model);
  });

  it('starts part tokens as the class token of a checkpoint, where asked to', async () => {
    const model = made({ localInit: 'class' });
    const given = await stateDict(model.image_encoder);
    const adapted = model.adaptCheckpoint(Object.fromEntries(Object.entries(given).map(([path, value]) => [`visual.${path}`, value])));
    const token = [...given.class_embedding!.data];
    expect([...adapted.local_token!.data]).toEqual([...token, ...token, ...token]);
    disposeModule(model);
  });

  it('starts part tokens as the means of patches over stripes, where asked to, and learns none then', () => {
    const model = made({ localInit: 'patches' });
    expect(model.local_token).toBeUndefined();
    const encoder = model.image_encoder;
    const forward = encoder.forward.bind(encoder);
    const patches = numbers(() => ({ of: encoder.embedPatches(images(), EVALUATION) })).of!;
    const seen = numbers(() => {
      let tokens: Tensor | undefined;
      Object.defineProperty(encoder, 'forward', { configurable: true, value: (...[given, ctx, call]: Parameters<typeof forward>) => ((tokens = call!.extraTokens), forward(given, ctx, call)) }); // prettier-ignore
      const { descriptor } = model.forward({ images: images() }, EVALUATION);
      return { tokens: tokens!, descriptor: descriptor! };
    });
    const width = encoder.width;
    const stripes = stripeMasks(P, encoder.grid).data;
    for (const [image, part, place] of [[0, 0, 0], [1, 1, 5], [1, 2, width - 1]] as const) {
      const inside = Array.from({ length: N }, (_, patch) => patch).filter((patch) => stripes[part * N + patch]! > 0);
      const mean = inside.reduce((sum, patch) => sum + patches[(image * N + patch) * width + place]!, 0) / inside.length;
      expect(seen.tokens![(image * P + part) * width + place]).toBeCloseTo(mean, 5);
    } // prettier-ignore
    expect(seen.descriptor!.every(Number.isFinite)).toBe(true);
    disposeModule(model);
  });

  it('predicts for another grid and resizes, where weights are of another image size', async () => {
    const model = made({ predictor: { outputGrid: [2, 1] } });
    const weights = await stateDict(model);
    expect(weights['residual_mask_predictor.blocks.0.mlp.2.weight']!.shape).toEqual([2, 2]);
    const { 'regions.logits': logits } = numbers(() => model.forward({ images: images() }, EVALUATION));
    // Two cells over four rows of two: rows alike from left to right, the outer ones as predicted, the inner ones three to one.
    const [a, b, c, d] = [0, 2, 4, 6].map((place) => logits![place]!) as [number, number, number, number];
    expect([1, 3, 5, 7].map((place) => logits![place])).toEqual([a, b, c, d]);
    expect(b).toBeCloseTo(0.75 * a + 0.25 * d, 6);
    expect(c).toBeCloseTo(0.25 * a + 0.75 * d, 6);
    disposeModule(model);
  });

  it('describes an identity the same way wherever it stands, and four copies weigh as one', () => {
    const model = made();
    const [once, copies] = [tensor([2, 0], [2], 'int32'), tensor([2, 2, 0, 0], [4], 'int32')];
    const centroids = tensor(Random.seed(5).normal(4 * 4 * E), [4, 4 * E]);
    const contexts = model.prompt_learner as unknown as { learnable_ctx: { value: Tensor } };
    const run = (of: Tensor): { loss: number; gradient: number[] } => {
      const { value, gradients } = scoped(() =>
        valueAndGradients(
          ({ ctx }) => ({
            value: withParameters(model, { 'prompt_learner.learnable_ctx': ctx! }, () =>
              imageToTextLoss(model.textOf(of, EVALUATION), centroids, of, { normalize: true }),
            ),
            rest: {},
          }),
          { ctx: contexts.learnable_ctx.value },
        ),
      );
      return { loss: value.dataSync()[0]!, gradient: [...gradients.ctx!.dataSync()] };
    };
    const [first, second] = [run(once), run(copies)];
    expect(second.loss).toBeCloseTo(first.loss, 6);
    first.gradient.forEach((value, at) => expect(second.gradient[at]).toBeCloseTo(value, 6));
    disposeModule(model);
  });

  it('lets mask losses alone reach the predictor: the gate passes no gradient', () => {
    const model = made({ localInit: 'normal' });
    const paths = [
      'residual_mask_predictor.blocks.1.mlp.2.weight',
      'residual_mask_predictor.blocks.0.cross_attn.to_q.weight',
      'local_token',
      'image_encoder.transformer.resblocks.0.attn.in_proj_weight',
      'bnneck.weight',
    ];
    const places = new Map(namedParameters(model));
    const gradientsOf = (weight: number): Record<string, number> => {
      const { gradients } = scoped(() =>
        valueAndGradients(
          (variables) => {
            const outputs = withParameters(model, variables, () => model.forward({ images: images() }, training()));
            const seen = sum(slice(outputs['logits.global']!, [0, 1], [B, 1]));
            const guessed = maskCrossEntropyLoss(outputs['regions.logits']!, masks());
            return { value: weight === 0 ? seen : add(seen, mul(guessed, weight)), rest: {} };
          },
          Object.fromEntries(paths.map((path) => [path, places.get(path)!.value])),
        ),
      );
      return Object.fromEntries(paths.map((path) => [path, Math.max(...[...(gradients[path]?.dataSync() ?? [0])].map(Math.abs))]));
    };
    const [without, with_] = [gradientsOf(0), gradientsOf(1)];
    expect(paths.map((path) => without[path]! > 0)).toEqual([false, false, true, true, true]);
    expect(paths.every((path) => with_[path]! > 0)).toBe(true);
    disposeModule(model);
  });

  it('refuses encoders, texts and prompts that do not fit', () => {
    expect(() => made({ encoder: { ...VISION, options: { ...SIZES, addedTokens: 2 } } })).toThrow(
      'with 3 parts got an encoder with positions for 2 added tokens',
    );
    expect(() => made({ encoder: { use: 'encoder/vit', options: { imageSize: [16, 16], depth: 1 } } })).toThrow(
      "needs CLIP's vision transformer",
    );
    expect(() => made({ text: { ...TEXT, options: { ...TEXT.options, summaryWidth: 6 } } })).toThrow(
      'expected texts as wide as projected images, got 6 beside 5',
    );
    expect(() => made({ prompts: muvaPrompts(['head']) })).toThrow('expected 4 prompts, one for the person and one for each part, got 2');
  });
});

describe('muvaPrompts', () => {
  it('end where the paper says, with the learned words in the same place', () => {
    const ends = (prompts: ReturnType<typeof muvaPrompts>): number[] => prompts.map(({ ids }) => ids.indexOf(49407));
    const prompts = muvaPrompts(['head', 'upper', 'legs']);
    expect(ends(prompts)).toEqual([10, 13, 14, 13]);
    expect(prompts.map(({ learned }) => learned)).toEqual(Array(4).fill([5, 6, 7, 8]));
    expect(ends(muvaPrompts(['head', 'legs'], 'part-agnostic'))).toEqual([10, 10, 10]);
    expect(ends(muvaPrompts(['head'], 'bare'))).toEqual([9, 9]);
    expect(ends(muvaPrompts(['head'], [267, 525]))).toEqual([12, 15]);
    expect(ends(muvaPrompts(['head'], 'market1501'))).toEqual([16, 19]);
  });

  it('say the same in 15 words as in 77', () => {
    const short = made({ text: { ...TEXT, options: { ...TEXT.options, length: 16 } } });
    const long = made({ text: { ...TEXT, options: { ...TEXT.options, length: 77 } } });
    const see = (of: MuvaModel): number[] => numbers(() => ({ text: of.textOf(labels(), EVALUATION) })).text!;
    const positions = new Map(namedParameters(long)).get('text_encoder.positional_embedding')!.value.dataSync();
    new Map(namedParameters(short)).get('text_encoder.positional_embedding')!.assign(hostTensor(positions.slice(0, 16 * 8), [16, 8]));
    for (const [path, parameter] of namedParameters(long)) {
      if (/token_|positional/.test(path)) continue;
      new Map(namedParameters(short)).get(path)!.assign(hostTensor(parameter.value.dataSync().slice(), parameter.shape));
    }
    see(long).forEach((value, at) => expect(see(short)[at]).toBeCloseTo(value, 6));
    [short, long].forEach(disposeModule);
  });
});
