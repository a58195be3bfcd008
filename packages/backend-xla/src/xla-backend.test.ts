import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backend, hostTensor, matMul, mean, mul, plainProduct, Random, ReidError, referenceBackend, square, type Step, sub, useBackend, valueAndGradients } from '@reidkit/core-tensor'; // prettier-ignore
import { backendConformance } from '@reidkit/core-tensor/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { everyCallBackend } from './every-call.fixture.ts';
import { pluginForTests, withoutPlugin } from './plugin-for-tests.fixture.ts';
import { xlaBackend, type XlaBackendOptions } from './xla-backend.ts';

afterAll(() => useBackend(referenceBackend));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-xla-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function refusal(run: () => unknown): Promise<ReidError> {
  const error: unknown = await Promise.resolve().then(run).catch((thrown: unknown) => thrown); // prettier-ignore
  if (ReidError.is(error)) return error;
  throw new Error(`It did not refuse: ${String(error)}`);
}

describe('xlaBackend without a plugin', () => {
  it('says that it has not started, and loads neither plugin nor koffi to be made', () => {
    expect(xlaBackend().info()).toEqual({ name: 'xla', version: 'not started', device: 'none', slowKernels: {} });
    const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('koffi'));
    if (!pluginForTests) expect(loaded).toEqual([]);
  });

  it('names the file that is not there, and what to do', async () => {
    const { code, message, hint } = await refusal(() => xlaBackend({ plugin: join(folder, 'none.so') }).start());
    expect(code).toBe('BACKEND_UNAVAILABLE');
    expect(message).toMatch(/The PJRT plugin .*none\.so is not there/);
    expect(hint).toContain('reidkit backend install');
  });

  it('says why a file does not load', async () => {
    const plugin = join(folder, 'text.so');
    await writeFile(plugin, 'no library');
    expect((await refusal(() => xlaBackend({ plugin }).start())).message).toMatch(/text\.so does not load: /);
  });
});

const signal = (name: string, ...shape: number[]) => hostTensor(Random.seed(3).fork(name).normal(shape.reduce((x, y) => x * y, 1)), shape); // prettier-ignore

/** Least squares by steps along the gradient. */
const fitting: Step = ({ parameters, batch, hyper }) => {
  const { value, gradients } = valueAndGradients(
    ({ w }) => ({ value: mean(square(sub(matMul(batch.x!, w!), batch.y!))), rest: {} }),
    parameters,
  );
  return { parameters: { w: sub(parameters.w!, mul(gradients.w!, hyper.rate!)) }, losses: { value } };
};

const call = (batch: number) => ({ batch: { x: signal('x', batch, 5), y: signal('y', batch, 4) }, hyper: { rate: 0.1 } });

describe.skipIf(!pluginForTests)(`xlaBackend${withoutPlugin}`, () => {
  const make = (options: XlaBackendOptions = {}) => xlaBackend({ plugin: pluginForTests!, cache: false, ...options });
  const fit = async (backend: Backend, batch = 8, steps = 3): Promise<number[]> => {
    await useBackend(backend);
    const program = backend.makeProgram(fitting, { parameters: { w: signal('w', 5, 4) } });
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) losses.push((await program.run(call(batch))).losses.value!);
    program.dispose();
    return losses;
  };

  describe('keeps the contract of engines, compiled:', () => {
    for (const { title, check } of backendConformance(make)) it(title, check);
  });

  describe('keeps the contract of engines, with a program for every call:', () => {
    for (const { title, check } of backendConformance(() => everyCallBackend(pluginForTests!))) it(title, check);
  });

  it('says versions and device', async () => {
    const { version, device } = (await useBackend(make())).info();
    expect(version).toMatch(/^PJRT 0\.\d+, \S/);
    expect(device).toMatch(/^\w+ \S/);
  });

  it('keeps state on the device, reads it, writes it, and goes on from there', async () => {
    const backend = await useBackend(make());
    const program = backend.makeProgram(fitting, { parameters: { w: signal('w', 5, 4) } });
    const first = await program.run(call(8));
    const before = await program.read();
    const second = await program.run(call(8));
    expect(before.parameters.w!.data).toEqual((await (async () => before)()).parameters.w!.data);
    program.write(before);
    expect((await program.run(call(8))).losses).toEqual(second.losses);
    expect(second.losses.value).toBeLessThan(first.losses.value!);
    program.dispose();
  });

  it('leaves JavaScript free while it waits for numbers', async () => {
    const backend = await useBackend(make());
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await backend.matrixProduct.multiply(signal('a', 1500, 1500), signal('b', 1500, 1500));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });

  it('has the plain product of many rows, with ties that stay ties', async () => {
    const { matrixProduct } = await useBackend(make());
    const [m, n, d] = [37, 1003, 129];
    const [a, b] = [signal('a', m, d), signal('b', n, d)];
    for (let row = 1; row < n; row += 2) b.data.copyWithin(row * d, 0, d);
    const product = await matrixProduct.multiply(a, b);
    const plain = plainProduct(a, b);
    expect(product.every((value, i) => Math.abs(value - plain[i]!) < 1e-3)).toBe(true);
    for (let i = 0; i < m; i++) for (let j = 1; j < n; j += 2) expect(product[i * n + j]).toBe(product[i * n + 1]);
  });

  it('refuses a step that does not fit, and names the batch that would', async () => {
    const backend = make({ memoryLimit: 20_000 });
    const { code, reason, message, hint } = await refusal(() => fit(backend, 1000));
    expect([code, reason]).toEqual(['INVALID_ARGUMENT', 'out-of-memory']);
    expect(message).toMatch(/needs \d+(\.\d+)? kB on cpu .*, which has 20\.0 kB: .* for its inputs \(x \[1000, 5\], y \[1000, 4\]\)/);
    const fitting = Number(/a batch of (\d+) instead of 1000 would fit/.exec(hint!)![1]);
    expect(fitting).toBeGreaterThan(100);
    expect((await fit(make({ memoryLimit: 20_000 }), fitting)).length).toBe(3);
    expect(backend.lastProgramMemory()!.total).toBeGreaterThan(20_000);
  });

  it('keeps compiled programs in a folder, and makes a damaged one again', async () => {
    const losses = await fit(make({ cache: folder }));
    const files = await readdir(folder);
    expect(files).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.xla$/)]);
    const path = join(folder, files[0]!);
    const bytes = await readFile(path);
    expect(await fit(make({ cache: folder }))).toEqual(losses);
    expect((await readFile(path)).equals(bytes)).toBe(true);
    await writeFile(path, bytes.subarray(0, bytes.length - 100));
    expect(await fit(make({ cache: folder }))).toEqual(losses);
    expect((await readFile(path)).length).toBe(bytes.length);
  });

  it('runs without a folder that it cannot write to', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await fit(make({ cache: join(folder, 'file', 'inside') }))).toHaveLength(3);
  });
});
