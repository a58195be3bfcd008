import * as tf from '@tensorflow/tfjs';
import { referenceBackend, useBackend } from '@reidkit/core-tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { difference, Draw, engine, kernel, type Make, numbers, onBoth } from './both-engines.fixture.ts';
import { gradientCases } from './gradient-cases.fixture.ts';
import { imageCases } from './image-cases.fixture.ts';
import { quantizedCases } from './quantized-cases.fixture.ts';
import { rowCases } from './row-cases.fixture.ts';
import { shapeCases } from './shape-cases.fixture.ts';
import { kernelTable } from './table.ts';

const cases: Readonly<Record<string, Make>> = { ...rowCases, ...shapeCases, ...imageCases, ...quantizedCases };
const ran = new Set<string>();

afterAll(() => useBackend(referenceBackend));

describe('kernels on ONNX Runtime', () => {
  it.each(Object.entries(cases))('%s equals the JavaScript kernel', async (_name, make) => {
    const { expected, got } = await onBoth(() => numbers(make(new Draw())), ran);
    expect(difference(got, expected)).toBeUndefined();
  });

  it.each(Object.entries(gradientCases))('the gradient of %s equals that of the JavaScript kernels', async (_name, [shapes, f]) => {
    const { expected, got } = await onBoth(() => {
      const draw = new Draw();
      const inputs = shapes.map((shape) => draw.normal(...shape));
      const weights = draw.normal(...f(...inputs).shape);
      return numbers(tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.mul(f(...xs), weights)))(inputs));
    }, ran);
    expect(difference(got, expected)).toBeUndefined();
  });

  // tfjs's own kernels swap the sides of images that are not square, and take from other images of a batch.
  it.each(['resizeBilinear', 'resizeNearestNeighbor'] as const)('the gradient of %s gives back what it took', async (op) => {
    await useBackend(engine);
    const draw = new Draw();
    const x = draw.normal(2, 6, 5, 3) as tf.Tensor4D;
    const resize = (image: tf.Tensor): tf.Tensor => tf.image[op](image as tf.Tensor4D, [9, 4], true);
    const weights = draw.normal(2, 9, 4, 3);
    const gradient = tf.grad((image: tf.Tensor) => tf.sum(tf.mul(resize(image), weights)))(x);
    expect(gradient.shape).toEqual(x.shape);
    for (const image of [0, 1]) {
      const product = (a: tf.Tensor, b: tf.Tensor): number => tf.sum(tf.mul(tf.gather(a, [image]), tf.gather(b, [image]))).dataSync()[0]!;
      expect(product(gradient, x)).toBeCloseTo(product(resize(x), weights), 3);
    }
  });

  it('BroadcastTo, which graphs alone have, repeats as tf.broadcastTo does', async () => {
    const { expected } = await onBoth(() => numbers(tf.broadcastTo(new Draw().normal(3, 1, 5), [2, 3, 4, 5])));
    const [got] = kernel('BroadcastTo', { x: new Draw().normal(3, 1, 5) }, { shape: [2, 3, 4, 5] });
    expect(difference(numbers(got!), expected)).toBeUndefined();
    ran.add('BroadcastTo');
  });

  it('fell back to JavaScript for none of them', () => {
    expect(Object.keys(engine.info().slowKernels).filter((name) => name in kernelTable)).toEqual([]);
  });

  it('were all compared', () => {
    expect(Object.keys(kernelTable).filter((name) => !ran.has(name))).toEqual([]);
  });
});
