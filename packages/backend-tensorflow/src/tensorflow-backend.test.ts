import { createRequire } from 'node:module';
import { hostTensor, type Backend, plainProduct, Random, ReidError, referenceBackend, useBackend } from '@reidkit/core-tensor';
import { backendConformance } from '@reidkit/core-tensor/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { tensorflowBackend } from './tensorflow-backend.ts';

const isInstalled = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'].some((name) => {
  try {
    return Boolean(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return false;
  }
});
const reason = isInstalled ? '' : ' (skipped: neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed)';

afterAll(() => useBackend(referenceBackend));

describe('tensorflowBackend', () => {
  it('says that it has not started, and does not need TensorFlow to be made', () => {
    expect(tensorflowBackend().info()).toEqual({ name: 'tensorflow', version: 'not started', device: 'none', slowKernels: {} });
  });

  it.skipIf(isInstalled)('does not start without TensorFlow, says what to install, and leaves the engine in use', async () => {
    await useBackend(referenceBackend);
    const error: unknown = await useBackend(tensorflowBackend()).catch((thrown: unknown) => thrown);
    expect(ReidError.is(error) && error.code).toBe('BACKEND_UNAVAILABLE');
    expect((error as ReidError).hint).toContain('npm install @tensorflow/tfjs-node');
    const { matrixProduct } = tensorflowBackend();
    expect(await matrixProduct.multiply(hostTensor([1, 2], [1, 2]), hostTensor([3, 4, 5, 6], [2, 2]))).toEqual(Float32Array.of(11, 17));
  });

  it('has an empty product of no rows', async () => {
    const { matrixProduct } = tensorflowBackend();
    expect(await matrixProduct.multiply(hostTensor([], [0, 3]), hostTensor([1, 2, 3], [1, 3]))).toEqual(new Float32Array(0));
  });
});

describe.skipIf(!isInstalled).each([
  { how: 'operation by operation', compile: false },
  { how: 'by recorded steps', compile: true },
])(`TensorFlow $how keeps the contract of engines${reason}:`, ({ compile }) => {
  const make = (): Backend => tensorflowBackend({ compile });
  for (const { title, check } of backendConformance(make)) it(title, check);

  it('says versions and device', async () => {
    const { version, device } = (await useBackend(make())).info();
    expect(version).toMatch(/^tfjs-node(-gpu)? \d+\.\d+\.\d+, TensorFlow \d+\.\d+/);
    expect(['cpu', 'gpu']).toContain(device);
  });

  it('has the plain product of many rows, with ties that stay ties', async () => {
    const { matrixProduct } = await useBackend(make());
    const [m, n, d] = [37, 1003, 129];
    const a = hostTensor(Random.seed(61).normal(m * d), [m, d]);
    const b = hostTensor(Random.seed(67).normal(n * d), [n, d]);
    for (let row = 1; row < n; row += 2) b.data.copyWithin(row * d, 0, d);
    const product = await matrixProduct.multiply(a, b);
    const plain = plainProduct(a, b);
    expect(product.every((value, i) => Math.abs(value - plain[i]!) < 1e-3)).toBe(true);
    for (let i = 0; i < m; i++) for (let j = 1; j < n; j += 2) expect(product[i * n + j]).toBe(product[i * n]);
  });
});
