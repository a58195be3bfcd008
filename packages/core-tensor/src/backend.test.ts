import { describe, expect, it, vi } from 'vitest';
import { currentBackend, plainProduct, referenceBackend, useBackend } from './backend.ts';
import { hostTensor } from './host-tensor.ts';
import type { Backend } from './kinds/backend.ts';
import { ReidError } from './errors.ts';

describe('the engine in use', () => {
  it('is none before one is chosen, and the error says how to choose', async () => {
    vi.resetModules();
    const fresh = await import('./backend.ts');
    expect(() => fresh.currentBackend()).toThrow('No engine was chosen.\n  hint: call `await useBackend(onnxBackend())`');
    expect(() => fresh.currentBackend()).toThrow(expect.objectContaining({ code: 'BACKEND_UNAVAILABLE' }));
  });

  it('stays what it was when another cannot be started', async () => {
    await useBackend(referenceBackend);
    const broken: Backend = {
      ...referenceBackend,
      name: 'broken',
      start: () => Promise.reject(new ReidError('BACKEND_UNAVAILABLE', 'There is no such device.')),
    };
    await expect(useBackend(broken)).rejects.toThrow('There is no such device.');
    expect(currentBackend()).toBe(referenceBackend);
  });

  it('says what it is, and starts without a word', async () => {
    expect(referenceBackend.info()).toMatchObject({ name: 'reference', device: 'cpu', threads: 1 });
    expect(await useBackend(referenceBackend)).toBe(referenceBackend);
  });
});

describe('plainProduct', () => {
  const a = hostTensor([1, 2, 3, 4, 5, 6], [2, 3]);
  const b = hostTensor([1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 0, 0], [4, 3]);

  it('multiplies by rows', () => {
    expect([...plainProduct(a, b)]).toEqual([1, 2, 6, 1, 4, 5, 15, 4]);
    expect([...plainProduct(hostTensor([], [0, 3]), b)]).toEqual([]);
  });

  it('writes where it is told to', () => {
    const out = new Float32Array(10).fill(9);
    expect(plainProduct(a, b, out)).toBe(out);
    expect([...out]).toEqual([1, 2, 6, 1, 4, 5, 15, 4, 9, 9]);
  });
});
