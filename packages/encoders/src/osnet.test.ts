import { EVALUATION, Random, countParameters, disposeModule, hostTensor, initializeParameters, namedParameters, referenceBackend, reshape, scoped, transpose, useBackend, zeros } from '@reidkit/core-tensor'; // prettier-ignore
import { encoderConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixtureFaults } from './fixture-case.fixture.ts';
import { OSNET, OSNET_IBN, OSNET_X0_25, OSNET_X0_5, OSNET_X0_75 } from './osnet-presets.ts';
import { osnet, type OsnetOptions } from './osnet.ts';

beforeAll(() => useBackend(referenceBackend));

const SMALL = { imageSize: [48, 40], channels: [4, 8, 12, 16], layers: [1, 1, 1] } satisfies OsnetOptions;

/** The one hidden channel of a gate this small can be off for every image; the fixtures hold its gradients. */
const isGate = (path: string): boolean => path.includes('.gate.');

describe.each<[string, OsnetOptions]>([
  ['', SMALL],
  [' with instance norm', { ...SMALL, hasInstanceNorm: true }],
])('encoder/osnet%s', (_name, options) => {
  for (const { title, check } of encoderConformance(() => osnet(options), { batch: 3, zeroGradients: isGate })) it(title, check);
});

describe('osnet', () => {
  // Made by tools/make-osnet-golden.py; the tolerances in the files are eight times the error of float32 in torch itself.
  it.each(['osnet-train', 'osnet-eval', 'osnet-ibn-train'])('has the values, gradients and running statistics of %s', async (name) => {
    const faults = await fixtureFaults(name, {
      make: ({ channels, layers, ibn, height, width }) => osnet({ channels, layers, hasInstanceNorm: ibn, imageSize: [height, width] }),
      adapt: (model, numbers) => model.adaptCheckpoint(numbers),
      forward(model, { image }, ctx) {
        const { patches, grid } = model.forward(transpose(image!, [0, 2, 3, 1]), ctx);
        return { map: reshape(transpose(patches, [0, 2, 1]), [patches.shape[0]!, model.width, ...grid]) };
      },
    });
    expect(faults).toEqual([]);
  });

  // With the embedding on top (512 channels, their norm and bias) these are the sizes of torchreid's networks, where x1.0 and x0.25 are
  // published as 2,193,616 and 203,568: that count takes each gate four times, once for each stream that it is used on.
  it.each([
    ['x1.0', OSNET, 2_169_508],
    ['x0.75', OSNET_X0_75, 1_285_754],
    ['x0.5', OSNET_X0_5, 630_034],
    ['x0.25', OSNET_X0_25, 201_864],
    ['IBN', OSNET_IBN, 2_170_532],
  ] as const)('has the size of %s', (_name, options, size) => {
    const network = osnet(options);
    expect(countParameters(network).total + network.width * 512 + 3 * 512).toBe(size);
  });

  it('counts each gate four times where torchreid does', () => {
    for (const [options, published] of [
      [OSNET, 2_193_616],
      [OSNET_X0_25, 203_568],
    ] as const) {
      const network = osnet(options);
      const gates = [...namedParameters(network)].filter(([path]) => path.includes('.gate.'));
      const inGates = gates.reduce((total, [, { shape }]) => total + shape.reduce((a, b) => a * b, 1), 0);
      expect(countParameters(network).total + network.width * 512 + 3 * 512 + 3 * inGates).toBe(published);
    }
  });

  it('names its parameters as torchreid does', () => {
    const paths = new Set([...namedParameters(osnet(OSNET_IBN))].map(([path]) => path));
    for (const path of [
      'conv1.conv.weight',
      'conv1.bn.weight',
      'conv2.0.conv1.bn.running_mean',
      'conv2.0.conv2a.conv1.weight',
      'conv2.0.conv2d.3.conv2.weight',
      'conv2.0.gate.fc1.bias',
      'conv2.0.conv3.conv.weight',
      'conv2.0.downsample.conv.weight',
      'conv2.1.IN.weight',
      'conv2.2.0.conv.weight',
      'conv3.2.0.bn.running_var',
      'conv4.1.conv2c.2.bn.bias',
      'conv5.bn.weight',
    ]) {
      expect(paths).toContain(path);
    }
    expect(paths.has('conv2.1.downsample.conv.weight')).toBe(false);
    expect(paths.has('conv4.2.0.conv.weight')).toBe(false);
    expect([...paths].some((path) => path.startsWith('conv3') && path.includes('.IN.'))).toBe(false);
  });

  it("takes torchreid's checkpoints without embedding, classifier and counters", () => {
    const numbers = { 'fc.0.weight': hostTensor([1]), 'classifier.bias': hostTensor([1]), 'conv5.bn.num_batches_tracked': hostTensor([5], [], 'int32'), 'conv5.bn.bias': hostTensor([2]) }; // prettier-ignore
    expect(Object.keys(osnet(SMALL).adaptCheckpoint(numbers))).toEqual(['conv5.bn.bias']);
  });

  it('gives a map of a sixteenth of the image, and refuses what only tokens can do', () => {
    const network = osnet({ ...SMALL, imageSize: [64, 32] });
    initializeParameters(network, Random.seed(1));
    expect(scoped(() => network.forward(zeros([1, 64, 32, 3]), EVALUATION).grid)).toEqual([4, 2]);
    expect(() => network.forward(zeros([1, 64, 32, 3]), EVALUATION, { cameras: zeros([1], 'int32') })).toThrow('OSNet has no tokens that "cameras" could act on.'); // prettier-ignore
    disposeModule(network);
  });
});
