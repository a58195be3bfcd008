import { EVALUATION, Random, hostTensor, initialState, namedParameters, referenceBackend, reshape, scoped, tensor, transpose, useBackend, zeros } from '@reidkit/core-tensor'; // prettier-ignore
import { encoderConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixtureFaults } from './fixture-case.fixture.ts';
import { jigsawGroups, jigsawOptions, type JigsawOptions } from './jigsaw-groups.ts';
import { vitJigsaw, type VitJigsawOptions } from './vit-jigsaw.ts';
import { vit } from './vit.ts';

beforeAll(() => useBackend(referenceBackend));

const SMALL = { imageSize: [16, 12], patch: 4, width: 12, depth: 3, heads: 3, mlpRatio: 1.5 } satisfies VitJigsawOptions['vit'];

describe.each<[string, VitJigsawOptions]>([
  ['of four groups', { vit: { ...SMALL, dropPath: 0.2 } }],
  ['of stripes, with cameras', { vit: { ...SMALL, cameras: 2 }, isRearranged: false, parts: 3 }],
])('encoder/vit-jigsaw %s', (_name, options) => {
  for (const { title, check } of encoderConformance(() => vitJigsaw(options))) it(title, check);
});

describe('vitJigsaw', () => {
  // Made by tools/make-jigsaw-golden.py; the tolerances in the files are eight times the error of float32 in torch itself.
  it.each(['vit-jigsaw', 'vit-jigsaw-uneven', 'vit-jigsaw-stripes'])('has the values and gradients of %s', async (name) => {
    const faults = await fixtureFaults(name, {
      make: ({ grid_h: high, grid_w: wide, patch, width, heads, hidden, layers, parts, rearrange, shift, shuffles }) =>
        vitJigsaw({
          vit: { imageSize: [high * patch, wide * patch], patch, width, heads, depth: layers, mlpRatio: hidden / width },
          parts,
          isRearranged: rearrange,
          shift,
          shuffles,
        }),
      forward(model, { image }, ctx) {
        const { cls, patches, extra, taps } = model.forward(transpose(image!, [0, 2, 3, 1]), ctx);
        return { cls: cls!, patches, parts: extra.parts!, tokens_before_last_block: taps.beforeLast! };
      },
    });
    expect(faults).toEqual([]);
  });

  it("has the names of the authors' checkpoints, and starts both branches from the last layer of another", () => {
    const model = vitJigsaw({ vit: SMALL });
    const paths = [...namedParameters(model)].map(([path]) => path);
    for (const path of [
      'base.cls_token',
      'base.blocks.1.attn.qkv.weight',
      'b1.0.attn.qkv.weight',
      'b1.1.weight',
      'b2.0.mlp.fc2.bias',
      'b2.1.bias',
    ]) {
      expect(paths).toContain(path);
    }
    expect(paths.some((path) => /^base\.(norm|blocks\.2)\./.test(path))).toBe(false);
    const plain = initialState(vit(SMALL), Random.seed(1));
    const adapted = model.adaptCheckpoint(plain);
    expect(Object.keys(adapted).sort()).toEqual([...paths].sort());
    expect(adapted['b2.0.norm1.weight']).toBe(plain['blocks.2.norm1.weight']);
    const released = { ...Object.fromEntries(Object.entries(plain).map(([path, value]) => [`base.${path}`, value])), 'b1.1.bias': hostTensor([7]), 'bottleneck.weight': hostTensor([1]) }; // prettier-ignore
    expect(model.adaptCheckpoint(released)['b1.1.bias']!.data[0]).toBe(7);
    expect('bottleneck.weight' in model.adaptCheckpoint(released)).toBe(false);
  });

  it('refuses what does not go with shuffled patches', () => {
    const model = vitJigsaw({ vit: SMALL });
    const call = { extraTokens: zeros([1, 1, 12]) };
    expect(() => model.forward(zeros([1, 16, 12, 3]), EVALUATION, call)).toThrow('"extraTokens" cannot go along');
    expect(() => vitJigsaw({ vit: { ...SMALL, parts: 3 } })).toThrow('expected a transformer without part tokens, got 3.');
    expect(() => vitJigsaw({ vit: SMALL, parts: 13 })).toThrow('cannot make 13 groups of 12 patches.');
    expect(() => vitJigsaw({ vit: { ...SMALL, depth: 1 } })).toThrow('expected at least 2 layers, got 1.');
  });
});

describe('jigsawGroups', () => {
  const orderOf = (count: number, options: Partial<JigsawOptions>): number[][] => {
    const { parts, ...rest } = jigsawOptions.parse(options);
    const numbers = scoped(() => {
      const patches = reshape(tensor([...Array(count).keys()]), [1, count, 1]);
      return [...jigsawGroups(patches, { parts, ...rest }).dataSync()];
    });
    const size = numbers.length / parts;
    return Array.from({ length: parts }, (_, part) => numbers.slice(part * size, (part + 1) * size));
  };

  it('moves patches, deals them out and cuts them into groups', () => {
    expect(orderOf(8, { shift: 3, parts: 2 })).toEqual([
      [2, 6, 3, 7],
      [4, 0, 5, 1],
    ]);
    expect(orderOf(6, { isRearranged: false, parts: 3 })).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
  });

  it('takes the last patch but one twice where their number is uneven', () => {
    expect(orderOf(5, { shift: 1, parts: 1 })).toEqual([[0, 3, 1, 4, 2]]);
  });
});
