import { EVALUATION, Random, createRegistry, disposeModule, hostTensor, initializeParameters, namedParameters, referenceBackend, scoped, seededDraws, stateDict, tensor, trainingContext, useBackend, type Context, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { CLIP_REID_PROMPT, encodersPlugin } from '@reidkit/encoders';
import { beforeAll, describe, expect, it } from 'vitest';
import { recipesPlugin } from '../plugin.ts';
import type { ClipReidModel } from './model.ts';

beforeAll(() => useBackend(referenceBackend));

const VISION = { use: 'encoder/clip-vision', options: { imageSize: [8, 4], patch: 4, width: 12, depth: 2, heads: 3, projectedWidth: 5, cameras: 3 } }; // prettier-ignore
const NETWORK = { use: 'encoder/clip-resnet', options: { imageSize: [32, 16], layers: [1, 1, 1, 1], width: 2, heads: 4, projectedWidth: 5, dense: true } }; // prettier-ignore
const TEXT = { use: 'encoder/clip-text', options: { width: 8, depth: 1, heads: 2, summaryWidth: 5, length: 16, hasWords: false } };

const made = (options: object): ClipReidModel => {
  const model = createRegistry(encodersPlugin, recipesPlugin).use<ClipReidModel>({
    use: 'model/clip-reid',
    options: { classes: 4, ...options },
  });
  initializeParameters(model, Random.seed(1));
  return model;
};

const training = (): Context => trainingContext({ draws: seededDraws(Random.seed(1)) });

/** Outputs of a pass by name, as lists. */
function numbers(model: ClipReidModel, f: (batch: Tensors) => Tensors): Record<string, number[]> {
  const [height, width] = model.imageSize;
  return scoped(() => {
    const batch = {
      images: tensor(Random.seed(3).normal(3 * height * width * 3), [3, height, width, 3]),
      cameras: tensor([0, 2, 1], [3], 'int32'),
      labels: tensor([2, 0, 2], [3], 'int32'),
    };
    return Object.fromEntries(Object.entries(f(batch)).map(([name, value]) => [name, [...value.dataSync()]]));
  });
}

describe.each([
  ['a vision transformer', VISION, [12, 12, 5]],
  ['a residual network', NETWORK, [32, 64, 5]],
] as const)('model/clip-reid with %s', (_name, encoder, [last, width, projected]) => {
  it('gives what it says, in training and in evaluation', () => {
    const model = made({ encoder });
    const trained = numbers(model, (batch) => model.forward(batch, training()));
    const seen = numbers(model, (batch) => model.forward(batch, EVALUATION));
    expect(Object.keys(trained).sort()).toEqual([...model.gives.training].sort());
    expect(Object.keys(seen).sort()).toEqual([...model.gives.evaluation].sort());
    const lengths = ['global.last', 'global', 'global.projected', 'descriptor'].map((name) => seen[name]!.length / 3);
    expect(lengths).toEqual([last, width, projected, width + projected]);
    expect([trained['logits.global'], trained['logits.projected']].map((logits) => logits!.length)).toEqual([12, 12]);
    expect(seen.descriptor!.slice(0, width)).toEqual(seen.global!.slice(0, width));
    disposeModule(model);
  });
});

describe('model/clip-reid', () => {
  it("has the names of the released code's checkpoints", () => {
    const model = made({ encoder: VISION, text: TEXT });
    const shapes = Object.fromEntries([...namedParameters(model)].map(([path, { shape }]) => [path, shape]));
    expect(shapes).toMatchObject({
      cv_embed: [3, 12],
      'classifier.weight': [4, 12],
      'classifier_proj.weight': [4, 5],
      'bottleneck.running_mean': [12],
      'bottleneck_proj.bias': [5],
      'image_encoder.proj': [12, 5],
      'prompt_learner.cls_ctx': [4, 4, 8],
      'prompt_learner.token_prefix': [1, 5, 8],
      'prompt_learner.token_suffix': [1, 7, 8],
      'text_encoder.text_projection': [8, 5],
    });
    expect(Object.keys(shapes)).not.toContain('image_encoder.cv_embed');
    disposeModule(model);
  });

  it('describes identities by texts, the same identity the same way', () => {
    const model = made({ encoder: VISION, text: TEXT });
    const { text } = numbers(model, (batch) => model.passes.text!.forward(batch, EVALUATION));
    const row = (at: number): number[] => text!.slice(at * 5, (at + 1) * 5);
    expect(row(0)).toEqual(row(2));
    expect(row(0)).not.toEqual(row(1));
    const silent = made({ encoder: VISION });
    expect(Object.keys(silent.passes)).toEqual(['plain']);
    expect(() => numbers(silent, (batch) => ({ text: silent.textOf(batch.labels!, EVALUATION) }))).toThrow('This model has no text side.');
    [model, silent].forEach(disposeModule);
  });

  it('leaves camera vectors out of the plain pass, and changes none of its numbers by that', async () => {
    const model = made({ encoder: VISION });
    const before = await stateDict(model);
    const run = (): number[] => numbers(model, (batch) => model.passes.plain!.forward(batch, EVALUATION))['global.projected']!;
    const plain = run();
    expect(plain).not.toEqual(numbers(model, (batch) => model.forward(batch, EVALUATION))['global.projected']);
    expect(await stateDict(model)).toEqual(before);
    model.cv_embed!.assign(hostTensor(new Float32Array(36), [3, 12]));
    expect(numbers(model, (batch) => model.forward(batch, EVALUATION))['global.projected']).toEqual(plain);
    disposeModule(model);
  });

  it('takes a whole CLIP: both sides, and the fixed words of its sentence', () => {
    const model = made({ encoder: VISION, text: TEXT });
    const of = (...shape: number[]) => hostTensor(Random.seed(1).normal(shape.reduce((a, b) => a * b, 1)), shape);
    const table = hostTensor(
      Float32Array.from({ length: 49408 * 8 }, (_, i) => Math.floor(i / 8)),
      [49408, 8],
    );
    const clip = { 'visual.proj': of(12, 5), 'visual.positional_embedding': of(5, 12), text_projection: of(8, 5), 'token_embedding.weight': table, logit_scale: of() }; // prettier-ignore
    const adapted = model.adaptCheckpoint(clip);
    expect(Object.keys(adapted).sort()).toEqual([
      'image_encoder.positional_embedding',
      'image_encoder.proj',
      'prompt_learner.token_prefix',
      'prompt_learner.token_suffix',
      'text_encoder.text_projection',
    ]);
    expect(adapted['image_encoder.positional_embedding']!.shape).toEqual([3, 12]);
    const words = [...adapted['prompt_learner.token_prefix']!.data, ...adapted['prompt_learner.token_suffix']!.data].filter(
      (_, i) => i % 8 === 0,
    );
    expect(words).toEqual([...CLIP_REID_PROMPT.ids.slice(0, 5), ...CLIP_REID_PROMPT.ids.slice(9), 0, 0, 0, 0]);
    const released = { 'image_encoder.proj': of(12, 5), 'bottleneck.weight': of(12), 'bottleneck.num_batches_tracked': of(), 'prompt_learner.cls_ctx': of(1) }; // prettier-ignore
    expect(Object.keys(made({ encoder: VISION }).adaptCheckpoint(released))).toEqual(['image_encoder.proj', 'bottleneck.weight']);
    disposeModule(model);
  });

  it('lets gradients into what training changes: not into the centre of the necks', () => {
    const model = made({ encoder: VISION, text: TEXT });
    const free = [...namedParameters(model)].filter(([, { trainable }]) => trainable).map(([path]) => path);
    expect(free).not.toContain('bottleneck.bias');
    expect(free).not.toContain('prompt_learner.token_prefix');
    expect(free).toContain('prompt_learner.cls_ctx');
    disposeModule(model);
  });

  it('refuses encoders that do not fit together', () => {
    expect(() => made({ encoder: { use: 'encoder/vit', options: { imageSize: [16, 16], depth: 1 } } })).toThrow(
      'needs an encoder with a projection',
    );
    expect(() => made({ encoder: VISION, text: { ...TEXT, options: { ...TEXT.options, summaryWidth: 6 } } })).toThrow(
      'expected texts as wide as projected images, got 6 beside 5',
    );
  });
});
