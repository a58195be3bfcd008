import { countParameters, createRegistry, corePlugin, disposeModule, EVALUATION, hostTensor, initializeParameters, namedParameters, Random, referenceBackend, scoped, seededDraws, stateDict, tensor, trainingContext, useBackend, loadStateDict, type Context, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { encodersPlugin } from '@reidkit/encoders';
import { beforeAll, describe, expect, it } from 'vitest';
import { recipesPlugin } from '../plugin.ts';
import type { IrmModel } from './model.ts';
import type { IrmModelOptions } from './model-options.ts';
import { irm } from './recipe.ts';

beforeAll(() => useBackend(referenceBackend));

const registry = createRegistry(corePlugin, encodersPlugin, recipesPlugin);
const made = (options: Partial<IrmModelOptions>): IrmModel => registry.use<IrmModel>({ use: 'model/irm', options });

const ENCODER = { use: 'encoder/vit', options: { imageSize: [8, 4], patch: 4, width: 12, depth: 2, heads: 3, mlpRatio: 2, dropPath: 0 } };
const GARMENT = { use: 'encoder/vit', options: { imageSize: [8, 8], patch: 4, width: 12, depth: 1, heads: 3, mlpRatio: 2, dropPath: 0 } };
const TEXT = { use: 'encoder/bert', options: { vocabulary: 20, width: 12, depth: 2, fusionLayer: 1, heads: 3, hidden: 24, length: 8, sideWidth: 12, dropout: 0, attentionDropout: 0 } }; // prettier-ignore
const EDITING = { use: 'adapter/gated-side-attention' };
const SMALL: IrmModelOptions = { encoder: ENCODER, text: TEXT, editing: EDITING, fusion: { layers: 1, heads: 3, mlpRatio: 2 }, tasks: { one: { classes: 3, instruction: 'text' } } }; // prettier-ignore

const training = (): Context => trainingContext({ draws: seededDraws(Random.seed(1)) });
const batch = (): Tensors => ({
  images: tensor(Random.seed(1).normal(3 * 32 * 3), [3, 8, 4, 3]),
  pictures: tensor(Random.seed(2).normal(3 * 64 * 3), [3, 8, 8, 3]),
  textIds: tensor([2, 5, 6, 3, 0, 2, 7, 3, 0, 0, 2, 8, 9, 10, 3], [3, 5], 'int32'),
  textMask: tensor([1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1], [3, 5]),
  labels: tensor([0, 1, 0], [3], 'int32'),
});

/** Numbers of a model of the paper's sizes without its classifiers. */
function served(options: Partial<IrmModelOptions>): number {
  const model = made({ tasks: { one: { classes: 1, instruction: 'text' } }, ...options });
  const classifiers = [...namedParameters(model)].filter(([path]) => path.startsWith('classifier')).length;
  return countParameters(model).total - classifiers * 768;
}

describe('model/irm at the sizes of the paper', () => {
  const encoder = { use: 'encoder/vit', options: { imageSize: [256, 128], parts: 3 } };
  const text = { use: 'encoder/bert', options: { depth: 6 } };
  const garment = { use: 'encoder/vit', options: { imageSize: [128, 128] } };
  const count = (node: object): number => countParameters(registry.use(node as typeof ENCODER)).total;

  it('has towers of the stated sizes', () => {
    expect(count(encoder)).toBe(85_751_040);
    expect(count({ use: 'encoder/vit', options: { imageSize: [256, 128] } })).toBe(85_746_432);
    expect(count(garment)).toBe(85_697_280);
    expect(count(text)).toBe(66_364_416);
    expect(count({ use: 'encoder/bert', options: { fusionLayer: 6 } })).toBe(66_364_416 + 56_710_656);
  });

  it('has as many numbers as are served: 180,468,492 told by words, 199,801,356 by pictures', () => {
    expect(served({ encoder, text, editing: EDITING })).toBe(180_468_492);
    expect(served({ encoder, garment, editing: EDITING, tasks: { one: { classes: 1, instruction: 'picture' } } })).toBe(199_801_356);
  });

  it('has 209,221,378 for text-to-image search, without what tasks with instructions need', () => {
    const whole = made({ encoder, text: { use: 'encoder/bert', options: { fusionLayer: 6 } }, matching: {}, tasks: { one: { classes: 1, instruction: 'none' } } }); // prettier-ignore
    const own = [...namedParameters(whole)].filter(
      ([path, { role }]) => role === 'parameter' && !/^(fusion\.|classifier|feat_bn|fusion_feat_bn|temp$)/.test(path),
    );
    expect(own.reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(209_221_378);
    expect(countParameters(whole).total).toBeGreaterThan(209_221_378);
  });
});

describe('model/irm', () => {
  it('gives what it says, in every pass', () => {
    const model = made({ ...SMALL, garment: GARMENT, tasks: { one: { classes: 3, instruction: 'text' }, two: { classes: 4, instruction: 'picture' }, none: { classes: 2, instruction: 'none' } }, matching: { width: 6, memory: { length: 8 }, start: 2, mask: 4 } }); // prettier-ignore
    initializeParameters(model, Random.seed(1));
    for (const [name, pass] of Object.entries(model.passes)) {
      const outputs = scoped(() => Object.keys(pass.forward(batch(), training())));
      expect([name, outputs.sort()]).toEqual([name, [...pass.gives.training].sort()]);
      if (pass.gives.evaluation.length > 0) {
        expect(scoped(() => Object.keys(pass.forward(batch(), EVALUATION))).sort()).toEqual([...pass.gives.evaluation].sort());
      }
    }
    expect([...namedParameters(model)].map(([path]) => path)).toEqual(
      expect.arrayContaining([
        'tasks.one.classifier.weight',
        'tasks.two.fusion_feat_bn.running_mean',
        'text_encoder_m.cls.predictions.bias',
        'image_queue',
      ]),
    );
    disposeModule(model);
  });

  it('follows its text encoder by a twin: at first it is the same, then it moves slowly', () => {
    const model = made({ ...SMALL, matching: { width: 6, memory: { length: 8, momentum: 0.9 }, start: 2, mask: 4 } });
    initializeParameters(model, Random.seed(1));
    const ctx = trainingContext({ draws: seededDraws(Random.seed(1)) });
    model.passes.match!.forward(batch(), ctx);
    const all = new Map(namedParameters(model));
    const path = 'bert.embeddings.word_embeddings.weight';
    const online = all.get(`text_encoder.${path}`)!;
    const twin = all.get(`text_encoder_m.${path}`)!;
    expect([...ctx.updates.get(twin)!.dataSync()]).toEqual([...online.value.dataSync()]);
    twin.assign(hostTensor(new Float32Array(20 * 12), [20, 12]));
    all.get('twin_started')!.assign(hostTensor([1], [1]));
    const later = trainingContext({ draws: seededDraws(Random.seed(1)) });
    model.passes.match!.forward(batch(), later);
    later.updates
      .get(twin)!
      .dataSync()
      .forEach((value, i) => expect(value).toBeCloseTo(0.1 * online.value.dataSync()[i]!, 6));
    disposeModule(model);
  });

  it('is steered by its instruction only where its gates are open', async () => {
    const model = made(SMALL);
    initializeParameters(model, Random.seed(1));
    const seen = (textIds: number[]): number[] =>
      scoped(() => [...model.forward({ ...batch(), textIds: tensor(textIds, [3, 5], 'int32') }, EVALUATION).global!.dataSync()]);
    const [one, other] = [batch().textIds!.dataSync(), [2, 11, 12, 3, 0, 2, 13, 3, 0, 0, 2, 14, 15, 16, 3]];
    expect(seen([...one])).toEqual(seen(other));
    const numbers = await stateDict(model);
    const gates = Object.keys(numbers).filter((path) => path.endsWith('.gate'));
    loadStateDict(model, { ...numbers, ...Object.fromEntries(gates.map((path) => [path, hostTensor([0.5], [1])])) });
    expect(seen([...one])).not.toEqual(seen(other));
    disposeModule(model);
  });

  it('takes released checkpoints, and begins keys of instructions as those of the attention', async () => {
    const model = made({ ...SMALL, matching: { width: 6, memory: { length: 8 } } });
    initializeParameters(model, Random.seed(1));
    const numbers = await stateDict(model);
    const released = Object.fromEntries(Object.entries(numbers).filter(([path]) => !/instruction_|\.gate$|twin_started/.test(path)));
    const more = { 'text_encoder.bert.embeddings.position_ids': hostTensor([0], [1]), 'feat_bn.num_batches_tracked': hostTensor([3], []) };
    const adapted = model.adaptCheckpoint({ ...released, ...more });
    expect(Object.keys(adapted).filter((path) => !(path in numbers))).toEqual([]);
    expect(adapted.twin_started!.data[0]).toBe(1);
    const packed = numbers['visual_encoder.blocks.0.attn.qkv.weight']!.data;
    expect([...adapted['visual_encoder.blocks.0.attn.instruction_k.weight']!.data]).toEqual([...packed.slice(144, 288)]);
    expect([...adapted['visual_encoder.blocks.0.attn.instruction_v.weight']!.data]).toEqual([...packed.slice(288, 432)]);
    disposeModule(model);
  });

  it('refuses towers that are missing', () => {
    const { text: _, ...mute } = SMALL;
    expect(() => made({ ...mute, matching: {} })).toThrow('needs a text encoder whose upper layers attend to images');
    const silent = made(mute);
    initializeParameters(silent, Random.seed(1));
    expect(() => silent.forward(batch(), EVALUATION)).toThrow('instructions of the form "text", but the model has no "text"');
  });
});

describe('irm', () => {
  it.each(['paper', 'code', 'recommended'])('is data: %s', (preset) => {
    for (const size of ['paper', 'tiny']) {
      const recipe = irm({ preset, size });
      expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe);
    }
  });

  it('has a task for every stream, and a single one without tasks', () => {
    expect(Object.keys(irm({ size: 'tiny' }).stages[0]!.tasks)).toEqual([
      'traditional',
      'clothes-changing',
      'infrared',
      'language',
      'text',
    ]);
    const [stage] = irm({ size: 'tiny', tasks: ['template'] }).stages;
    expect(stage).toMatchObject({ streams: ['template'], tasks: {}, pass: 'template', frozen: ['visual_encoder_m.*'] });
    expect(irm({ size: 'tiny', tasks: ['language'] }).stages[0]!.frozen).toEqual(['text_encoder.*']);
  });

  it('refuses presets and sizes that there are not', () => {
    expect(() => irm({ preset: 'papre' })).toThrow('papre');
    expect(() => irm({ size: 'huge' })).toThrow('huge');
  });
});
