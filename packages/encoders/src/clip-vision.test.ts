import {
  EVALUATION,
  Random,
  countParameters,
  createRegistry,
  disposeModule,
  fill,
  hostTensor,
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
  type Tensor,
} from '@reidkit/core-tensor';
import { encoderConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { clipPositions } from './clip-numbers.ts';
import { CLIP_RN50_PERSON, CLIP_VIT_B16_PERSON, CLIP_VIT_B16_PERSON_STRIDE12, CLIP_VIT_L14_336, CLIP_VIT_TINY } from './clip-presets.ts';
import { clipResnet, type ClipResNetOptions } from './clip-resnet.ts';
import { clipVision, type ClipVisionOptions } from './clip-vision.ts';
import { encodersPlugin } from './plugin.ts';

beforeAll(() => useBackend(referenceBackend));

const SMALL = { imageSize: [12, 8], patch: 4, width: 12, depth: 2, heads: 3, projectedWidth: 5 } satisfies ClipVisionOptions;
const SMALL_RN = { imageSize: [32, 16], layers: [1, 1, 1, 1], width: 2, heads: 4, projectedWidth: 5 } satisfies ClipResNetOptions;
const BATCH = 2;
const TOKENS = 7;

const images = (): Tensor => tensor(Random.seed(9).normal(BATCH * 12 * 8 * 3), [BATCH, 12, 8, 3]);

function encode(encoder: ImageEncoder, call: EncodeCall = {}, ctx = EVALUATION): Record<string, number[]> {
  initializeParameters(encoder, Random.seed(1));
  return scoped(() => {
    const { cls, patches, extra, taps } = encoder.forward(images(), ctx, call);
    const all = { ...(cls ? { cls } : {}), patches, ...extra, ...taps };
    return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [...value.dataSync()]]));
  });
}

const rowsOf = (numbers: readonly number[] | undefined, width: number, row: number): number[] =>
  numbers!.slice(row * width, (row + 1) * width);

describe.each<[string, ClipVisionOptions]>([
  ['plain', SMALL],
  ['with overlapping patches', { ...SMALL, stride: 2 }],
  ['with cameras and views', { ...SMALL, cameras: 3, views: 2 }],
  ['with the value-only form', { ...SMALL, valueOnly: true }],
  ['computed again on the way back', { ...SMALL, recompute: true }],
])('encoder/clip-vision %s', (_name, options) => {
  // Values alone have no use for the bias of keys, and softmax takes none of it either.
  for (const { title, check } of encoderConformance(() => clipVision(options))) it(title, check);
});

describe.each<[string, ClipResNetOptions]>([
  ['with the last stride 1', SMALL_RN],
  ['as OpenAI has it', { ...SMALL_RN, imageSize: [64, 32], lastStride: 2 }],
  ['where every place asks', { ...SMALL_RN, dense: true }],
])('encoder/clip-resnet %s', (_name, options) => {
  for (const { title, check } of encoderConformance(() => clipResnet(options))) it(title, check);
});

describe('clipVision', () => {
  it("has OpenAI's names", () => {
    const paths = [...namedParameters(clipVision({ ...SMALL, depth: 1, cameras: 2 }))].map(([path]) => path);
    expect(paths.filter((path) => !path.startsWith('transformer.'))).toEqual([
      'conv1.weight',
      'class_embedding',
      'positional_embedding',
      'cv_embed',
      'ln_pre.weight',
      'ln_pre.bias',
      'ln_post.weight',
      'ln_post.bias',
      'proj',
    ]);
    const layer = paths.filter((path) => path.startsWith('transformer.')).map((path) => path.replace('transformer.resblocks.0.', ''));
    expect(layer.filter((path) => path.endsWith('weight'))).toEqual([
      'ln_1.weight',
      'attn.in_proj_weight',
      'attn.out_proj.weight',
      'ln_2.weight',
      'mlp.c_fc.weight',
      'mlp.c_proj.weight',
    ]);
  });

  it('has the grids and sizes of its presets', () => {
    expect(clipVision(CLIP_VIT_B16_PERSON).grid).toEqual([16, 8]);
    expect(clipVision(CLIP_VIT_B16_PERSON_STRIDE12).grid).toEqual([21, 10]);
    expect(clipVision(CLIP_VIT_L14_336).grid).toEqual([24, 24]);
    expect(clipResnet(CLIP_RN50_PERSON).grid).toEqual([16, 8]);
    expect(countParameters(clipVision(CLIP_VIT_B16_PERSON)).total).toBe(86_140_416);
    expect(countParameters(clipVision(CLIP_VIT_TINY)).total).toBeLessThan(1e6);
  });

  it('puts tokens of the call between the class token and the patches', () => {
    const encoder = clipVision(SMALL);
    const added = tensor(Random.seed(3).normal(3 * 12), [1, 3, 12]);
    const numbers = encode(encoder, { extraTokens: added });
    expect(numbers.added).toHaveLength(BATCH * 3 * 12);
    expect(numbers.projected).toHaveLength(BATCH * (TOKENS + 3) * 5);
    expect(numbers.cls!.slice(0, 12)).toEqual(rowsOf(numbers.postNorm, 12, 0));
    expect(numbers.added!.slice(0, 36)).toEqual(numbers.postNorm!.slice(12, 48));
    expect(numbers.patches!.slice(0, 12)).toEqual(rowsOf(numbers.postNorm, 12, 4));
    added.dispose();
    disposeModule(encoder);
  });

  it('gives added tokens positions of its own where told so, and wants them then', () => {
    const encoder = clipVision({ ...SMALL, addedTokens: 2 });
    expect(encoder.positional_embedding.shape).toEqual([1 + 2 + 6, 12]);
    const added = zeros([1, 2, 12]);
    // Two equal tokens differ by their positions alone.
    const numbers = encode(encoder, { extraTokens: added });
    expect(rowsOf(numbers.beforeFirst, 12, 1)).not.toEqual(rowsOf(numbers.beforeFirst, 12, 2));
    expect(() => encode(encoder)).toThrow('has positions for 2 added tokens, and got 0');
    added.dispose();
    disposeModule(encoder);
  });

  it('lets nothing pass that the attention bias forbids', () => {
    const encoder = clipVision(SMALL);
    const layers: number[] = [];
    const forbid = (): Tensor => tensor([0, ...Array<number>(6).fill(-Infinity)], [1, 1, 1, TOKENS]);
    const { cls } = encode(encoder, { attentionBias: (layer) => (layers.push(layer), forbid()) });
    expect(cls!.slice(0, 12)).toEqual(cls!.slice(12));
    expect(layers).toEqual([0, 1]);
    disposeModule(encoder);
  });

  it('adds the camera vector to the class token alone', () => {
    const encoder = clipVision({ ...SMALL, depth: 1, cameras: 2, sideFactor: 1.5 });
    const at = (camera: number): number[] => encode(encoder, { cameras: fill([BATCH], camera, 'int32') }).beforeFirst!;
    const [first, second] = [at(0), at(1)];
    expect(rowsOf(first, 12, 0)).not.toEqual(rowsOf(second, 12, 0));
    expect(rowsOf(first, 12, 1)).toEqual(rowsOf(second, 12, 1));
    expect(at(-1)).toEqual(encode(encoder).beforeFirst);
    disposeModule(encoder);
  });

  it('gives its table of camera vectors to another tree', () => {
    const encoder = clipVision({ ...SMALL, cameras: 2 });
    const before = encode(encoder, { cameras: zeros([BATCH], 'int32') }).cls;
    const table = encoder.giveSideTable();
    expect(table!.shape).toEqual([2, 12]);
    expect([...namedParameters(encoder)].map(([path]) => path)).not.toContain('cv_embed');
    expect(encode(encoder, { cameras: zeros([BATCH], 'int32') }).cls).toEqual(before);
    expect(clipVision(SMALL).giveSideTable()).toBeUndefined();
    disposeModule(encoder);
    table!.dispose();
  });

  it('gives the values of the last layer alone where asked, each place for itself', () => {
    const [plain, dense] = [clipVision(SMALL), clipVision({ ...SMALL, valueOnly: true })];
    const [without, numbers] = [encode(plain), encode(dense)];
    expect(without.valueOnly).toBeUndefined();
    const { valueOnly, ...rest } = numbers;
    expect(rest).toEqual(without);
    // What the last layer forbids to see makes no difference: it does not look.
    const blind = encode(dense, {
      attentionBias: (layer, { shape: [, count = 0] }) =>
        layer === 1
          ? tensor(
              Array.from({ length: count }, (_, i) => (i === 0 ? 0 : -Infinity)),
              [1, 1, 1, count],
            )
          : undefined,
    });
    expect(blind.valueOnly).toEqual(valueOnly);
    expect(blind.projected).not.toEqual(rest.projected);
    [plain, dense].forEach(disposeModule);
  });

  it('computes the same again on the way back', () => {
    const ctx = () => trainingContext({ draws: seededDraws(Random.seed(1)) });
    const [plain, again] = [clipVision(SMALL), clipVision({ ...SMALL, recompute: true })];
    expect(encode(again, {}, ctx())).toEqual(encode(plain, {}, ctx()));
    [plain, again].forEach(disposeModule);
  });

  it('refuses what it cannot do', () => {
    const [seeing, blind] = [clipVision({ ...SMALL, cameras: 2 }), clipVision(SMALL)];
    const ctx = trainingContext({ draws: seededDraws(Random.seed(1)) });
    expect(() => encode(seeing, {}, ctx)).toThrow('An encoder with cameras vectors got no cameras in training.');
    expect(() => encode(blind, { views: zeros([BATCH], 'int32') })).toThrow(
      'ClipVisionTransformer got views, but has no vectors for them.',
    );
    expect(() => encode(blind, { side: { tokens: zeros([BATCH, 1, 12]) } })).toThrow('none of its layers attends to any');
    const registry = createRegistry(encodersPlugin);
    expect(() => registry.use({ use: 'encoder/clip-vision', options: { width: 100, heads: 3 } })).toThrow(
      '"heads": expected a divisor of "width"',
    );
    expect(() => registry.use({ use: 'encoder/clip-vision', options: { imageSize: [8, 8] } })).toThrow(
      '"imageSize": expected at least one patch',
    );
    expect(() => registry.use({ use: 'encoder/clip-resnet', options: { imageSize: [40, 32] } })).toThrow(
      'expected multiples of 32, or of 16',
    );
    const network = clipResnet(SMALL_RN);
    initializeParameters(network, Random.seed(1));
    expect(() => scoped(() => network.forward(zeros([1, 32, 16, 3]), EVALUATION, { extraTokens: zeros([1, 1, 64]) }).patches)).toThrow(
      'ClipResNet has no tokens that "extraTokens" could act on.',
    );
    [seeing, blind, network].forEach(disposeModule);
  });
});

describe('numbers of a whole CLIP', () => {
  const host = (shape: readonly number[]) => hostTensor(Random.seed(2).normal(shape.reduce((a, b) => a * b, 1)), shape);

  it('come into an image encoder without the text side, positions resized', () => {
    const numbers = {
      'visual.positional_embedding': host([17, 12]),
      'visual.proj': host([12, 5]),
      ln_final: host([4]),
      logit_scale: host([]),
    };
    const adapted = clipVision(SMALL).adaptCheckpoint(numbers);
    expect(Object.keys(adapted)).toEqual(['positional_embedding', 'proj']);
    expect(adapted.positional_embedding!.shape).toEqual([TOKENS, 12]);
    const own = clipVision(SMALL).adaptCheckpoint({ proj: host([12, 5]) });
    expect(Object.keys(own)).toEqual(['proj']);
    const network = { 'attnpool.positional_embedding': host([50, 64]), 'bn1.num_batches_tracked': host([]) };
    expect(clipResnet(SMALL_RN).adaptCheckpoint(network)).toMatchObject({ 'attnpool.positional_embedding': { shape: [3, 64] } });
    expect(Object.keys(clipResnet(SMALL_RN).adaptCheckpoint(network))).toHaveLength(1);
  });

  it('keep positions of the same grid as they are, and repeat the first row for added tokens', () => {
    const positions = host([1 + 6, 12]);
    expect(clipPositions(positions, { grid: [3, 2] })).toBe(positions);
    const square = host([1 + 4, 12]);
    const more = clipPositions(square, { grid: [2, 2], added: 2 });
    expect(more.shape).toEqual([7, 12]);
    const row = (at: number): number[] => [...more.data.slice(at * 12, (at + 1) * 12)];
    expect([row(0), row(1), row(2)]).toEqual(Array(3).fill([...square.data.slice(0, 12)]));
    // Resizing to the grid that it is of changes nothing.
    [...square.data.slice(12)].forEach((value, i) => expect(more.data[36 + i]).toBeCloseTo(value, 6));
    expect(() => clipPositions(host([12, 12]), { grid: [3, 2] })).toThrow('are no grid of a known form');
  });
});
