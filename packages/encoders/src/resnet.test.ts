import { readFileSync } from 'node:fs';
import {
  EVALUATION,
  countParameters,
  disposeModule,
  hostTensor,
  loadStateDict,
  namedParameters,
  readSafetensors,
  referenceBackend,
  reshape,
  scoped,
  seededDraws,
  Random,
  sum,
  mul,
  toTensor,
  trainingContext,
  transpose,
  useBackend,
  valueAndGradients,
  withParameters,
  zeros,
  type HostTensors,
} from '@reidkit/core-tensor';
import { encoderConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { RESNET18, RESNET34, RESNET50, RESNET50_IBN_A, RESNET_TINY } from './resnet-presets.ts';
import { resnet, type ResNetOptions } from './resnet.ts';

beforeAll(() => useBackend(referenceBackend));

const fixture = (name: string): string => new URL(`__fixtures__/${name}`, import.meta.url).pathname;
const json = (name: string): any => JSON.parse(readFileSync(fixture(name), 'utf8'));
const under = (tensors: HostTensors, prefix: string): HostTensors =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])),
  );

describe.each<[string, ResNetOptions]>([
  ['of basic blocks', { block: 'basic', layers: [1, 1, 1, 1], planes: 2, imageSize: [40, 24] }],
  [
    'of bottlenecks with instance norm',
    { block: 'bottleneck', layers: [1, 1, 1, 1], planes: 3, imageSize: [40, 32], hasInstanceNorm: true },
  ],
])('encoder/resnet %s', (_name, options) => {
  for (const { title, check } of encoderConformance(() => resnet(options))) it(title, check);
});

describe('resnet against torchvision', () => {
  // Made by tools/make-resnet-golden.py; the tolerances in the files are eight times the error of float32 in torch itself.
  it.each(['resnet-train', 'resnet-eval', 'resnet-bottleneck-ibn-train'])(
    'has the values, gradients and running statistics of %s',
    async (name) => {
      const { config, tolerance } = json(`${name}.json`);
      const { tensors } = await readSafetensors(fixture(`${name}.safetensors`));
      const { block, layers, planes, last_stride: lastStride, ibn: hasInstanceNorm, height, width } = config;
      const encoder = resnet({ block, layers, planes, lastStride, hasInstanceNorm, imageSize: [height, width] });
      loadStateDict(encoder, encoder.adaptCheckpoint(under(tensors, 'w/')));
      const ctx = config.mode === 'train' ? trainingContext({ draws: seededDraws(Random.seed(1)) }) : undefined;
      const got = scoped(() => {
        const trainable = [...namedParameters(encoder)].filter(([, parameter]) => parameter.trainable);
        const { gradients, rest } = valueAndGradients(
          (values) =>
            withParameters(encoder, values, () => {
              const { patches, grid } = encoder.forward(transpose(toTensor(tensors['in/image']!), [0, 2, 3, 1]), ctx ?? EVALUATION);
              const map = reshape(transpose(patches, [0, 2, 1]), [patches.shape[0]!, patches.shape[2]!, ...grid]);
              const updates = [...namedParameters(encoder)].flatMap(([path, buffer]) => {
                const value = ctx?.updates.get(buffer);
                return value ? [[`after.${path}`, value] as const] : [];
              });
              return { value: sum(mul(map, toTensor(tensors['in/cotangent.map']!))), rest: { map, ...Object.fromEntries(updates) } };
            }),
          Object.fromEntries(trainable.map(([path, { value }]) => [path, value])),
        );
        const numbers = (values: typeof rest | typeof gradients) =>
          Object.entries(values).map(([key, value]) => [key, [...value.dataSync()]] as const);
        return { out: numbers(rest), grad: numbers(gradients) };
      });
      expect(got.grad).toHaveLength(Object.keys(under(tensors, 'grad/')).length - 1); // that of the image is compared by the golden runner
      expect(got.out).toHaveLength(Object.keys(under(tensors, 'out/')).length - 1);
      for (const [kind, atol] of [
        ['out', tolerance.atol_out],
        ['grad', tolerance.atol_grad],
      ] as const) {
        for (const [key, values] of got[kind]) {
          const want = tensors[`${kind}/${key}`]!.data;
          const worst = Math.max(...values.map((value, i) => Math.abs(value - want[i]!) - tolerance.rtol * Math.abs(want[i]!)));
          expect(worst, `${kind}/${key}`).toBeLessThanOrEqual(atol);
        }
      }
      disposeModule(encoder);
    },
  );

  it.each([
    ['resnet18', RESNET18, 11_176_512],
    ['resnet34', RESNET34, 21_284_672],
    ['resnet50', RESNET50, 23_508_032],
  ] as const)('has the names, shapes and size of %s', (name, options, size) => {
    const encoder = resnet(options);
    const shapes = Object.fromEntries([...namedParameters(encoder)].map(([path, { shape }]) => [path, shape]));
    expect(shapes).toEqual(json('torchvision-resnet-names.json')[name]);
    expect(countParameters(encoder).total).toBe(size);
  });

  it('takes torchvision checkpoints without their classifier and counters', () => {
    const numbers = { 'fc.weight': hostTensor([1]), 'bn1.num_batches_tracked': hostTensor([5], [], 'int32'), 'bn1.bias': hostTensor([2]) };
    expect(Object.keys(resnet(RESNET_TINY).adaptCheckpoint(numbers))).toEqual(['bn1.bias']);
  });
});

describe('resnet', () => {
  it('names instance and batch norm as the IBN-Net repository does, in the first three stages only', () => {
    const paths = new Set([...namedParameters(resnet(RESNET50_IBN_A))].map(([path]) => path));
    expect(['layer1.0.bn1.IN.weight', 'layer3.5.bn1.BN.running_var', 'layer4.0.bn1.weight'].every((path) => paths.has(path))).toBe(true);
    expect([...paths].some((path) => path.startsWith('layer4') && path.includes('.IN.'))).toBe(false);
  });

  it('keeps the map of stage 3 in stage 4 unless told otherwise', () => {
    const gridOf = (lastStride: 1 | 2): readonly number[] => {
      const encoder = resnet({ block: 'basic', layers: [1, 1, 1, 1], planes: 1, imageSize: [64, 32], lastStride });
      loadStateDict(encoder, Object.fromEntries([...namedParameters(encoder)].map(([path, { shape }]) => [path, hostTensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)]))); // prettier-ignore
      const grid = scoped(() => encoder.forward(zeros([1, 64, 32, 3]), EVALUATION).grid);
      disposeModule(encoder);
      return grid;
    };
    expect(gridOf(1)).toEqual([4, 2]);
    expect(gridOf(2)).toEqual([2, 1]);
  });

  it('refuses what only tokens can do', () => {
    const encoder = resnet(RESNET_TINY);
    expect(() => encoder.forward(zeros([1, 128, 64, 3]), EVALUATION, { cameras: zeros([1], 'int32') })).toThrow(
      'ResNet has no tokens that "cameras" could act on.',
    );
  });
});
