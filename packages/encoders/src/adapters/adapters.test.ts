import type { Module } from '@reidkit/core-tensor';
import {
  EVALUATION,
  Random,
  createRegistry,
  disposeModule,
  initializeParameters,
  namedParameters,
  referenceBackend,
  scoped,
  seededDraws,
  stateDict,
  tensorMemory,
  tensor,
  trainingContext,
  useBackend,
  type Adapter,
  type Context,
  type ImageEncoder,
  type Tensors,
  type TextEncoder,
} from '@reidkit/core-tensor';
import { adapterConformance, encoderConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { bert } from '../bert.ts';
import { clipText } from '../clip-text.ts';
import { clipVision } from '../clip-vision.ts';
import { encodersPlugin } from '../plugin.ts';
import { vit } from '../vit.ts';
import { attachAll } from './adapted.ts';
import { bottleneckAdapter } from './bottleneck-adapter.ts';
import { lora } from './lora.ts';
import { mergeAdapters } from './merge-adapters.ts';
import { visualPrompt } from './visual-prompt.ts';

beforeAll(() => useBackend(referenceBackend));

const SIZE = { imageSize: [8, 4] as [number, number], patch: 4, width: 6, depth: 2, heads: 2 };
const makeVit = () => vit({ ...SIZE, mlpRatio: 2, dropPath: 0 });
const makeClipVision = () => clipVision({ ...SIZE, projectedWidth: 5 });
const makeClipText = () => clipText({ width: 6, depth: 2, heads: 2, summaryWidth: 5, length: 4, vocabulary: 9 });
const makeBert = () => bert({ vocabulary: 9, width: 6, depth: 2, fusionLayer: 1, heads: 2, hidden: 8, length: 5, sideWidth: 5 });

const seen = (encoder: ImageEncoder, ctx: Context): Tensors => {
  const { cls, patches } = encoder.forward(tensor(Random.seed(9).normal(2 * 8 * 4 * 3), [2, 8, 4, 3]), ctx);
  return { cls: cls!, patches };
};
const ids = () => tensor([1, 5, 8, 2, 7, 8], [2, 3], 'int32');
const read = (encoder: TextEncoder, ctx: Context): Tensors => {
  const { tokens, summary } = encoder.forward({ ids: ids() }, ctx);
  return { tokens, summary };
};
const side = () => ({ tokens: tensor(Random.seed(4).normal(2 * 3 * 5), [2, 3, 5]) });
const readBoth = (encoder: TextEncoder, ctx: Context): Tensors => {
  const { tokens } = encoder.forward({ ids: ids() }, ctx, { side: side() });
  return { tokens };
};

const CASES: readonly [string, () => Adapter, () => Module, (encoder: any, ctx: Context) => Tensors, boolean?][] = [
  ['LoRA on a vision transformer', () => lora({ targets: ['*.attn.qkv', '*.mlp.fc1'], rank: 2 }), makeVit, seen],
  ['LoRA on q and v of a vision transformer', () => lora({ targets: ['*.attn.qkv'], rank: 2, parts: ['q', 'v'], isRankStabilized: true, dropout: 0.1 }), makeVit, seen], // prettier-ignore
  ['LoRA on CLIP vision', () => lora({ targets: ['*.in_proj_weight', '*.out_proj', '*.c_fc'], rank: 2 }), makeClipVision, seen],
  ['LoRA on q and v of CLIP vision', () => lora({ targets: ['*.in_proj_weight'], rank: 2, parts: ['q', 'v'] }), makeClipVision, seen],
  ['LoRA on CLIP text', () => lora({ targets: ['*.in_proj_weight', '*.c_proj'], rank: 2 }), makeClipText, read], // prettier-ignore
  ['LoRA on BERT', () => lora({ targets: ['*.self.query', '*.self.value', '*.intermediate.dense'], rank: 2 }), makeBert, readBoth],
  ['bottlenecks in a vision transformer', () => bottleneckAdapter({ hidden: 3 }), makeVit, seen],
  ['bottlenecks in CLIP vision', () => bottleneckAdapter({ hidden: 3 }), makeClipVision, seen],
  ['bottlenecks in CLIP text', () => bottleneckAdapter({ hidden: 3 }), makeClipText, read],
  ['bottlenecks in BERT', () => bottleneckAdapter({ targets: ['*.output.dense'], hidden: 3 }), makeBert, readBoth],
  ['prompts beside a vision transformer', () => visualPrompt({ count: 3 }), makeVit, seen, false],
  ['deep prompts beside a vision transformer', () => visualPrompt({ count: 3, isDeep: true, dropout: 0.1 }), makeVit, seen, false],
  ['deep prompts beside CLIP vision', () => visualPrompt({ count: 2, isDeep: true }), makeClipVision, seen, false],
  [
    'several in one another',
    () => ({
      attach: (module) =>
        attachAll(module, [
          bottleneckAdapter({ targets: ['*.attn'], hidden: 3 }),
          lora({ targets: ['*.in_proj_weight', '*.out_proj'], rank: 2 }),
        ]),
    }),
    makeClipVision,
    seen,
  ],
];

describe.each(CASES)('%s', (_name, make, module, run, startsEqual = true) => {
  for (const { title, check } of adapterConformance(make, { module, run, startsEqual })) it(title, check);
});

describe('encoder/adapted', () => {
  const registry = createRegistry(encodersPlugin);
  const { mlpRatio, ...rest } = { ...SIZE, mlpRatio: 2 };
  const node = {
    use: 'encoder/adapted',
    options: {
      encoder: { use: 'encoder/vit', options: { ...rest, mlpRatio, dropPath: 0.1 } },
      adapters: [
        { use: 'adapter/lora', options: { targets: ['*.qkv'] } },
        { use: 'adapter/visual-prompt', options: { count: 2, isDeep: true } },
      ],
    },
  };
  const suite = encoderConformance(() => registry.use<ImageEncoder>(node), { zeroGradients: (path) => path.includes('.lora_A.') });
  for (const { title, check } of suite) it(title, check);

  it('names what it adds under the projections, and keeps all other names', () => {
    const paths = [...namedParameters(registry.use<Module>(node))].map(([path]) => path);
    for (const path of [
      'blocks.0.attn.qkv.weight',
      'blocks.0.attn.qkv.lora_A.weight',
      'blocks.0.attn.qkv.lora_B.weight',
      'prompt_embeddings',
      'blocks.1.prompt_embeddings',
    ]) {
      // prettier-ignore
      expect(paths).toContain(path);
    }
    expect(paths).not.toContain('blocks.0.prompt_embeddings');
  });
});

describe('lora', () => {
  it('adds B A x, times alpha by rank', async () => {
    const model = makeVit();
    const attached = lora({ targets: ['blocks.0.attn.proj'], rank: 2, alpha: 6 }).attach(model);
    initializeParameters(model, Random.seed(1));
    expect(attached.added).toEqual(['blocks.0.attn.proj.lora_A.weight', 'blocks.0.attn.proj.lora_B.weight']);
    const { data: a } = (await stateDict(model))['blocks.0.attn.proj.lora_A.weight']!;
    expect(Math.max(...a)).toBeLessThan(6 ** -0.5);
    const proj = model.blocks[0] as unknown as { attn: { proj: { forward(x: unknown, ctx: Context): { dataSync(): Float32Array } } } };
    const lora_B = [...namedParameters(model)].find(([path]) => path.endsWith('lora_B.weight'))![1];
    const x = tensor([1, -1, 2, 0.5, 0, 3], [1, 6]);
    const before = proj.attn.proj.forward(x, EVALUATION).dataSync();
    lora_B.assign({ dtype: 'float32', shape: [6, 2], data: Float32Array.from({ length: 12 }, (_, i) => i) });
    const after = proj.attn.proj.forward(x, EVALUATION).dataSync();
    const inner = [0, 1].map((row) => [...x.dataSync()].reduce((total, value, i) => total + value * a[row * 6 + i]!, 0));
    [...after].forEach((value, i) => expect(value - before[i]!).toBeCloseTo(3 * (2 * i * inner[0]! + (2 * i + 1) * inner[1]!), 4));
    disposeModule(model);
  });

  it('drops its input in training only', () => {
    const model = makeVit();
    lora({ targets: ['*.qkv'], dropout: 0.5 }).attach(model);
    initializeParameters(model, Random.seed(1));
    for (const [path, parameter] of namedParameters(model)) if (path.includes('lora_B')) parameter.assign({ dtype: 'float32', shape: parameter.shape, data: Float32Array.from({ length: 18 * 8 }, () => 0.5) }); // prettier-ignore
    const cls = (ctx: Context): number[] => scoped(() => [...seen(model, ctx).cls!.dataSync()]);
    const training = (name: string): Context => trainingContext({ draws: seededDraws(Random.seed(3).fork(name)) });
    expect(cls(training('a'))).toEqual(cls(training('a')));
    expect(cls(training('a'))).not.toEqual(cls(training('b')));
    expect(cls(EVALUATION)).toEqual(cls(EVALUATION));
    disposeModule(model);
  });

  it('says where it could go when a pattern names nothing', () => {
    expect(() => lora({ targets: ['*.qvk'] }).attach(makeVit())).toThrow('No place for the adapter matches "*.qvk".');
    expect(() => lora({ targets: ['*.attn'] }).attach(makeClipVision())).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('transformer.resblocks.0.attn.in_proj_weight') }),
    );
  });

  it('refuses what cannot be', () => {
    expect(() =>
      lora({ targets: ['*.self.query'], parts: ['q'] }).attach(bert({ width: 8, heads: 2, depth: 1, vocabulary: 3, hidden: 8 })),
    ).toThrow('expected three parts of equal width, got 8 outputs.');
    expect(() => lora({ targets: ['*.in_proj_weight'], dropout: 0.1 }).attach(makeClipVision())).toThrow('cannot drop inputs');
    const twice = makeVit();
    const first = bottleneckAdapter().attach(twice);
    expect(() => bottleneckAdapter().attach(twice)).toThrow('"blocks.0.attn" already has "adapter".');
    lora({ targets: ['*.qkv'] }).attach(twice);
    expect(() => first.detach()).not.toThrow();
    expect(() => first.detach()).toThrow('is covered by another, or is out already.');
  });
});

describe('mergeAdapters', () => {
  it('merges what can be merged in a model of which only the tree is known, and leaves the rest', async () => {
    const model = makeClipVision();
    const before = [...namedParameters(model)].map(([path]) => path);
    attachAll(model, [lora({ targets: ['*.0.attn.in_proj_weight', '*.0.attn.out_proj', '*.1.mlp.c_fc'], rank: 2 }), bottleneckAdapter({ targets: ['*.1.attn'], hidden: 3 })]); // prettier-ignore
    initializeParameters(model, Random.seed(1));
    for (const [path, parameter] of namedParameters(model)) {
      if (path.includes('lora_B'))
        parameter.assign({
          dtype: 'float32',
          shape: parameter.shape,
          data: Random.seed(2)
            .fork(path)
            .normal(parameter.shape[0]! * 2),
        });
    }
    const cls = (): number[] => scoped(() => [...seen(model, EVALUATION).cls!.dataSync()]);
    const [want, tensors] = [cls(), tensorMemory().numTensors];
    expect(await mergeAdapters(model)).toEqual([
      'transformer.resblocks.0.attn',
      'transformer.resblocks.0.attn.out_proj',
      'transformer.resblocks.1.mlp.c_fc',
    ]);
    cls().forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 4));
    expect(tensorMemory().numTensors).toBe(tensors - 6);
    const rest = [...namedParameters(model)].map(([path]) => path).filter((path) => !before.includes(path));
    expect(rest.every((path) => path.includes('resblocks.1.attn.adapter.'))).toBe(true);
    expect(rest).toHaveLength(4);
    disposeModule(model);
  });
});

describe('visualPrompt', () => {
  it('gives its tokens apart from those of the call', () => {
    const { module } = visualPrompt({ count: 3 }).attach(makeVit());
    initializeParameters(module, Random.seed(1));
    const { extra } = scoped(() => {
      const { extra: further } = module.forward(tensor(Random.seed(9).normal(96), [1, 8, 4, 3]), EVALUATION, { extraTokens: tensor(Random.seed(2).normal(12), [1, 2, 6]) }); // prettier-ignore
      return { extra: Object.fromEntries(Object.entries(further).map(([name, { shape }]) => [name, shape])) };
    });
    expect(extra).toEqual({ prompts: [1, 3, 6], added: [1, 2, 6] });
    disposeModule(module);
  });

  it('refuses another number of tokens in front than it was told, and what is no image encoder', () => {
    const { module } = visualPrompt({ prefix: 1 }).attach(vit({ ...SIZE, parts: 2 }));
    initializeParameters(module, Random.seed(1));
    expect(() => scoped(() => seen(module, EVALUATION))).toThrow('expected 1 tokens in front of its own, the encoder has 3.');
    expect(() => visualPrompt().attach(makeBert())).toThrow('finds no image encoder to go around.');
    disposeModule(module);
  });
});
