import {
  EVALUATION,
  Random,
  countParameters,
  createRegistry,
  disposeModule,
  fill,
  initializeParameters,
  namedParameters,
  referenceBackend,
  scoped,
  seededDraws,
  tensor,
  trainingContext,
  useBackend,
  zeros,
  type EncodeCall,
  type ImageEncoder,
  type ImageTokens,
  type Tensor,
} from '@reidkit/core-tensor';
import { encoderConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Linear } from './linear.ts';
import { encodersPlugin } from './plugin.ts';
import { VIT_BASE_PATCH16, VIT_BASE_PATCH16_PASS, VIT_BASE_PATCH16_STRIDE12, VIT_SMALL_PATCH16, VIT_TINY } from './vit-presets.ts';
import { vit, vitLayer, type VitOptions } from './vit.ts';

beforeAll(() => useBackend(referenceBackend));

const SMALL = { imageSize: [12, 8], patch: 4, width: 12, depth: 2, heads: 3, mlpRatio: 1.5 } satisfies VitOptions;
const BATCH = 2;

const images = (): Tensor => tensor(Random.seed(9).normal(BATCH * 12 * 8 * 3), [BATCH, 12, 8, 3]);

/** What an encoder with first numbers gives. */
function encode(
  encoder: ImageEncoder,
  call: EncodeCall = {},
  ctx = EVALUATION,
): { numbers: Record<string, number[]>; tokens: ImageTokens } {
  initializeParameters(encoder, Random.seed(1));
  return scoped(() => {
    const tokens = encoder.forward(images(), ctx, call);
    const tensors = { cls: tokens.cls!, patches: tokens.patches, ...tokens.extra, ...tokens.taps };
    return { numbers: Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, [...value.dataSync()]])), tokens };
  });
}

describe.each<[string, VitOptions]>([
  ['plain', { ...SMALL, dropPath: 0.2 }],
  ['with overlapping patches and no bias', { ...SMALL, stride: 2, hasQkvBias: false, attentionScale: 0.1 }],
  ['with part tokens', { ...SMALL, parts: 2 }],
  ['with cameras', { ...SMALL, cameras: 3 }],
  ['with cameras and views', { ...SMALL, cameras: 3, views: 2 }],
])('encoder/vit %s', (_name, options) => {
  for (const { title, check } of encoderConformance(() => vit(options))) it(title, check);
});

describe('vit', () => {
  it('names its parameters as timm does, and part tokens as PASS does', () => {
    const paths = [...namedParameters(vit({ ...SMALL, depth: 1 }))].map(([path]) => path);
    expect(paths.filter((path) => !path.startsWith('blocks.'))).toEqual([
      'cls_token',
      'pos_embed',
      'patch_embed.proj.weight',
      'patch_embed.proj.bias',
      'norm.weight',
      'norm.bias',
    ]);
    expect(paths).toContain('blocks.0.attn.qkv.weight');
    const pass = new Map([...namedParameters(vit({ ...SMALL, parts: 2 }))].map(([path, { shape }]) => [path, shape]));
    expect(['cls_pos', 'part_token1', 'part1_pos', 'part_token2', 'part2_pos'].map((name) => pass.get(name))).toEqual(
      Array(5).fill([1, 1, 12]),
    );
    expect(pass.get('pos_embed')).toEqual([1, 6, 12]);
  });

  it('has the sizes of its presets, without taking memory', () => {
    const count = (options: VitOptions): number => countParameters(vit(options)).total;
    // timm's counts at 224 × 224 less the positions of 68 patches; PASS has three tokens and one position more.
    const base = 85_798_656 - 68 * 768;
    expect([VIT_BASE_PATCH16, VIT_BASE_PATCH16_PASS, VIT_SMALL_PATCH16].map(count)).toEqual([base, base + 6 * 768, 21_665_664 - 68 * 384]);
    expect(vit(VIT_BASE_PATCH16).patch_embed.grid).toEqual([16, 8]);
    expect(vit(VIT_BASE_PATCH16_STRIDE12).patch_embed.grid).toEqual([21, 10]);
    expect(vit(VIT_TINY).patch_embed.grid).toEqual([16, 8]);
    expect(countParameters(vit(VIT_TINY)).total).toBeLessThan(1e6);
  });

  it('puts tokens of the call between the class token and the patches', () => {
    const added = tensor(Random.seed(3).normal(3 * 12), [1, 3, 12]);
    const encoder = vit({ ...SMALL, parts: 2 });
    const { numbers, tokens } = encode(encoder, { extraTokens: added });
    expect(tokens.extra.added!.shape).toEqual([BATCH, 3, 12]);
    expect(tokens.taps.postNorm!.shape).toEqual([BATCH, 1 + 2 + 3 + 6, 12]);
    const row = (from: number, count: number): number[] => numbers.postNorm!.slice(from * 12, (from + count) * 12);
    expect([numbers.cls, numbers.parts, numbers.added, numbers.patches].map((values) => values!.slice(0, values!.length / BATCH))).toEqual([
      row(0, 1),
      row(1, 2),
      row(3, 3),
      row(6, 6),
    ]);
    added.dispose();
    disposeModule(encoder);
  });

  it('lets nothing pass that the attention bias forbids', () => {
    const encoder = vit(SMALL);
    // The class token may only see itself: it no longer depends on the image.
    const forbid = (): Tensor => tensor([0, ...Array<number>(6).fill(-Infinity)], [1, 1, 1, 7]);
    const layers: number[] = [];
    const { numbers } = encode(encoder, { attentionBias: (layer) => (layers.push(layer), forbid()) });
    expect(numbers.cls!.slice(0, 12)).toEqual(numbers.cls!.slice(12));
    expect(layers).toEqual([0, 1]);
    expect(encode(encoder, { attentionBias: () => undefined }).numbers).toEqual(encode(encoder).numbers);
    disposeModule(encoder);
  });

  it('takes the mean vector for an unknown camera, and for all where none are given', () => {
    const encoder = vit({ ...SMALL, cameras: 2, sideFactor: 1 });
    initializeParameters(encoder, Random.seed(1));
    const at = (camera: number | undefined): number[] => {
      const cameras = camera === undefined ? undefined : fill([BATCH], camera, 'int32');
      return encode(encoder, cameras ? { cameras } : {}).numbers.beforeLast!;
    };
    expect(encoder.reads).toEqual(['cameras']);
    expect(at(-1)).toEqual(at(undefined));
    expect(at(99)).toEqual(at(-1));
    expect(at(0)).not.toEqual(at(1));
    const one = vit({ ...SMALL, depth: 1, cameras: 2, sideFactor: 1 });
    initializeParameters(one, Random.seed(1));
    // Before the first layer the vector is added as it is, so the mean of both cameras' tokens is the unknown one's.
    const [first, second, unknown] = [0, 1, -1].map(
      (camera) => encode(one, { cameras: fill([BATCH], camera, 'int32') }).numbers.beforeLast!,
    );
    unknown!.forEach((value, i) => expect(value).toBeCloseTo((first![i]! + second![i]!) / 2, 5));
    [encoder, one].forEach(disposeModule);
  });

  it('wants its cameras in training, and refuses those it has no vectors for', () => {
    const ctx = trainingContext({ draws: seededDraws(Random.seed(1)) });
    const [seeing, blind] = [vit({ ...SMALL, cameras: 2 }), vit(SMALL)];
    expect(() => encode(seeing, {}, ctx)).toThrow('An encoder with cameras vectors got no cameras in training.');
    expect(() => encode(blind, { cameras: zeros([BATCH], 'int32') })).toThrow(
      'VisionTransformer got cameras, but has no vectors for them.',
    );
    expect(() => encode(blind, { side: { tokens: zeros([BATCH, 1, 12]) } })).toThrow('none of its layers attends to any');
    [seeing, blind].forEach(disposeModule);
  });

  it('drops whole branches in training, none in the first layer', () => {
    const encoder = vit({ ...SMALL, dropPath: 0.9 });
    const dropAll = trainingContext({ draws: { uniform: (shape) => zeros([...shape]), normal: () => zeros([1]) } });
    const { numbers } = encode(encoder, {}, dropAll);
    expect(numbers.last).toEqual(numbers.beforeLast);
    expect(encode(encoder).numbers.beforeLast).toEqual(numbers.beforeLast);
    disposeModule(encoder);
  });

  it('takes other layers and other projections as arguments', () => {
    const places: string[] = [];
    const encoder = vit(SMALL, {
      layer: (_index, options) => vitLayer({ ...options, project: (place, sizes) => (places.push(place), new Linear(sizes)) }),
    });
    expect(places).toEqual(['qkv', 'proj', 'fc1', 'fc2', 'qkv', 'proj', 'fc1', 'fc2']);
    expect(encoder.blocks).toHaveLength(2);
  });

  it('names every option that does not fit', () => {
    const registry = createRegistry(encodersPlugin);
    expect(() => registry.use({ use: 'encoder/vit', options: { width: 100, heads: 3, pach: 8 } })).toThrow(
      'unknown option "pach". Did you mean "patch"',
    );
    expect(() => registry.use({ use: 'encoder/vit', options: { width: 100, heads: 3 } })).toThrow('"heads": expected a divisor of "width"');
    expect(() => registry.use({ use: 'encoder/vit', options: { imageSize: [8, 8] } })).toThrow('"imageSize": expected at least one patch');
  });
});

describe('adaptCheckpoint of a vision transformer', () => {
  const host = (shape: readonly number[]) => ({
    dtype: 'float32' as const,
    shape,
    data: Random.seed(2).normal(shape.reduce((a, b) => a * b)),
  });

  it('resizes positions and leaves the classifier out', () => {
    const numbers = { pos_embed: host([1, 1 + 16, 12]), 'head.weight': host([3, 12]), 'norm.bias': host([12]) };
    const adapted = vit(SMALL).adaptCheckpoint(numbers);
    expect(Object.keys(adapted)).toEqual(['pos_embed', 'norm.bias']);
    expect(adapted.pos_embed!.shape).toEqual([1, 1 + 6, 12]);
    expect([...adapted.pos_embed!.data.slice(0, 12)]).toEqual([...numbers.pos_embed.data.slice(0, 12)]);
    expect(vit({ ...SMALL, parts: 3 }).adaptCheckpoint({ pos_embed: host([1, 18, 12]) }).pos_embed!.shape).toEqual([1, 6, 12]);
  });

  it('leaves positions that fit as they are, and refuses those of no known grid', () => {
    const fitting = { pos_embed: host([1, 7, 12]) };
    expect(vit(SMALL).adaptCheckpoint(fitting).pos_embed).toBe(fitting.pos_embed);
    expect(() => vit(SMALL).adaptCheckpoint({ pos_embed: host([1, 12, 12]) })).toThrow('are no grid of a known form');
  });
});
