import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReidError } from '../errors.ts';
import { hostTensor, sizeOf, type HostTensor, type HostTensors } from '../host-tensor.ts';
import { decodeSafetensors, openSafetensors, readSafetensors } from './safetensors-read.ts';
import { copySafetensors, encodeSafetensors, writeSafetensors, type TensorSource } from './safetensors-write.ts';

const GOLDENS = fileURLToPath(new URL('../../../../goldens/models/checkpoints/', import.meta.url));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = ({ data }: HostTensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

interface Expected {
  readonly file: string;
  readonly kind: 'tensors' | 'error';
  readonly error?: string;
  readonly mention?: readonly string[];
  readonly tensors: Readonly<
    Record<string, { readonly dtype: string; readonly shape: readonly number[]; readonly sha256: string; readonly sha256_float32?: string }>
  >;
}

const cases = readdirSync(GOLDENS)
  .filter((file) => file.endsWith('.safetensors.expected.json'))
  .map((file) => JSON.parse(readFileSync(GOLDENS + file, 'utf8').replace(/-?\b(Infinity|NaN)\b/g, '0')) as Expected);

async function errorOf(promise: Promise<unknown>): Promise<ReidError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!ReidError.is(error)) throw new Error(`expected a ReidError, got ${String(error)}`);
  return error;
}

describe('golden files', () => {
  const good = cases.filter(({ kind }) => kind === 'tensors');
  const bad = cases.filter(({ kind }) => kind === 'error');

  it('are there', () =>
    expect([good.length, bad.length]).toEqual([expect.toSatisfy((n: number) => n > 5), expect.toSatisfy((n: number) => n > 20)]));

  it.each(good)('$file is read bit for bit', async ({ file, tensors }) => {
    const open = await openSafetensors(GOLDENS + file);
    expect([...open.entries.keys()].sort()).toEqual(Object.keys(tensors).sort());
    for (const [name, { shape, sha256: want, sha256_float32: wantFloat, dtype }] of Object.entries(tensors)) {
      expect(open.entries.get(name)!.shape).toEqual(shape);
      expect([name, sha256(await open.readBytes(name))]).toEqual([name, want]);
      if (!/^(float|bfloat)/.test(dtype)) continue;
      const value = await open.read(name);
      expect([name, value.dtype, value.data.length]).toEqual([name, 'float32', sizeOf(shape)]);
      expect([name, sha256(bytesOf(value))]).toEqual([name, wantFloat ?? want]);
    }
    await open.close();
    expect(({} as { dtype?: unknown }).dtype).toBeUndefined();
  });

  it.each(bad)('$file is refused: $error', async ({ file, error, mention = [] }) => {
    const whole = async (): Promise<unknown> => decodeSafetensors(await readFile(GOLDENS + file), file);
    for (const read of [() => readSafetensors(GOLDENS + file), whole]) {
      const thrown = await errorOf(read());
      // A tensor that ends behind the file may be a file that was cut.
      const reasons = error === 'out-of-range' ? ['out-of-range', 'truncated'] : [error];
      expect([thrown.code, reasons.includes(thrown.reason!)]).toEqual(['FILE_INVALID', true]);
      expect(thrown.message).toContain(file);
      for (const word of mention) expect(thrown.message).toContain(word);
    }
  });
});

describe('reading', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const tensors = {
    weight: hostTensor([1, 2, 3, 4, 5, 6], [2, 3]),
    count: hostTensor([7], [], 'int32'),
    mask: hostTensor([0, 1], [2], 'bool'),
  };

  it('gives back what was written, with metadata', async () => {
    const path = join(folder, 'a.safetensors');
    await writeSafetensors(path, tensors, { metadata: { format: 'pt' } });
    expect(await readSafetensors(path)).toEqual({ tensors, metadata: { format: 'pt' } });
    expect(await readFile(path)).toEqual(Buffer.from(encodeSafetensors(tensors, { metadata: { format: 'pt' } })));
  });

  it('reads one tensor of a file larger than what it reads', async () => {
    const path = join(folder, 'cut.safetensors');
    const bytes = encodeSafetensors({ first: hostTensor([1, 2]), second: hostTensor(new Float32Array(1000)) });
    await writeFile(path, bytes);
    const open = await openSafetensors(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 100)); // cut after the header was read
    expect((await open.read('first')).data).toEqual(Float32Array.of(1, 2));
    expect((await errorOf(open.read('second'))).reason).toBe('truncated');
    await open.close();
  });

  it('names the nearest tensor, a path that is not there, and a folder', async () => {
    const path = join(folder, 'b.safetensors');
    await writeSafetensors(path, tensors);
    const open = await openSafetensors(path);
    expect((await errorOf(open.read('wieght'))).message).toContain('has no tensor "wieght". Did you mean "weight"?');
    expect((await errorOf(open.readBytes('constructor'))).code).toBe('UNKNOWN_NAME');
    await open.close();
    expect(await errorOf(readSafetensors(join(folder, 'none.safetensors')))).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await errorOf(readSafetensors(folder))).toMatchObject({ code: 'FILE_INVALID', reason: 'not-a-checkpoint' });
  });

  it('refuses whole numbers that memory cannot hold, naming the tensor', () => {
    const bytes = encodeSafetensors({ id: hostTensor([1, 2], [2], 'int32') });
    const text = new TextDecoder().decode(bytes).replace('"I32","shape":[2]', '"U32","shape":[2]');
    const changed = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    changed[changed.length - 1] = 0xff;
    expect(() => decodeSafetensors(changed)).toThrow('tensor "id" of U32 holds numbers beyond int32');
  });

  it('stores floats smaller on demand', () => {
    for (const floats of ['F16', 'BF16'] as const) {
      const { tensors: read } = decodeSafetensors(encodeSafetensors({ x: hostTensor([1, -0.5, 3]) }, { floats }));
      expect([...read.x!.data]).toEqual([1, -0.5, 3]);
    }
    expect(encodeSafetensors({ x: hostTensor(new Float32Array(100)) }, { floats: 'F16' }).length).toBeLessThan(300);
  });

  it('rounds to the nearest, keeps NaN, infinities and the smallest numbers, and refuses what would overflow', async () => {
    const x = hostTensor([1 + 3 * 2 ** -11, 2 ** -24, 2 ** -26, -0, NaN, -Infinity, 65519]);
    const count = hostTensor([70000], [1], 'int32');
    const { tensors: read } = decodeSafetensors(encodeSafetensors({ x, count }, { floats: 'F16' }));
    expect([...read.x!.data]).toEqual([1 + 2 ** -9, 2 ** -24, 0, -0, NaN, -Infinity, 65504]);
    expect([...read.count!.data]).toEqual([70000]); // whole numbers stay what they are
    const large = { 'blocks.0.weight': hostTensor([1, -65520]) };
    expect(() => encodeSafetensors(large, { floats: 'F16' })).toThrow(
      'Tensor "blocks.0.weight" holds -65520 (element 1), which F16 cannot hold.\n  hint: write BF16',
    );
    expect([...decodeSafetensors(encodeSafetensors(large, { floats: 'BF16' })).tensors['blocks.0.weight']!.data]).toEqual([1, -65536]);
    const path = join(folder, 'large.safetensors');
    await writeFile(path, 'as it was');
    const error = await errorOf(writeSafetensors(path, { y: hostTensor([3.4e38]) }, { floats: 'BF16' }));
    expect([error.code, await readFile(path, 'utf8')]).toEqual(['INVALID_ARGUMENT', 'as it was']);
    expect(encodeSafetensors({ y: hostTensor([3.396e38]) }, { floats: 'BF16' }).length).toBeGreaterThan(0);
  });

  it('does not take names of every object for types', () => {
    const header = '{"x":{"dtype":"toString","shape":[0],"data_offsets":[0,0]}}';
    const bytes = Uint8Array.from([header.length, 0, 0, 0, 0, 0, 0, 0, ...header].map((value) => (typeof value === 'string' ? value.charCodeAt(0) : value))); // prettier-ignore
    expect(() => decodeSafetensors(bytes)).toThrow('tensor "x" has the unknown dtype "toString"');
  });
});

describe('any bytes', () => {
  const anyTensor = fc.oneof(
    fc.float32Array({ maxLength: 6 }).map((data): HostTensor => hostTensor(data)),
    fc.int32Array({ maxLength: 6 }).map((data): HostTensor => ({ dtype: 'int32', shape: [data.length, 1], data })),
    fc.array(fc.boolean(), { maxLength: 5 }).map((data): HostTensor => hostTensor(data.map(Number), [1, data.length], 'bool')),
  );
  const anyTensors = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'ä"\\')), anyTensor, { maxKeys: 4 });
  const own = (values: Record<string, HostTensor>): HostTensors =>
    Object.fromEntries(Object.entries(values).filter(([name]) => name !== '__metadata__'));

  it('come back as they were written', () => {
    fc.assert(
      fc.property(anyTensors, fc.dictionary(fc.string(), fc.string()), (values, metadata) => {
        const read = decodeSafetensors(encodeSafetensors(own(values), { metadata }));
        expect(Object.entries(read.tensors)).toEqual(Object.entries(own(values)));
        expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort());
      }),
    );
  });

  it('that were changed are read in the shape they claim, or refused by a ReidError', () => {
    const file = encodeSafetensors(
      { 'a.weight': hostTensor([1, 2, 3, 4], [2, 2]), b: hostTensor([5], [], 'int32') },
      { metadata: { by: 'test' } },
    );
    const edit = fc.record({ at: fc.nat(file.length - 1), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.nat(file.length),
        fc.uint8Array({ maxLength: 3 }),
        (edits, length, tail) => {
          const bytes = Uint8Array.from([...file.subarray(0, length % 3 === 0 ? file.length : length), ...tail]);
          for (const { at, byte } of edits) if (at < bytes.length) bytes[at] = byte;
          try {
            const { tensors } = decodeSafetensors(bytes);
            for (const { shape, data } of Object.values(tensors)) expect(data.length).toBe(sizeOf(shape));
          } catch (error) {
            if (!ReidError.is(error) || error.code !== 'FILE_INVALID' || error.reason === undefined) throw error;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('that were cut anywhere are refused', () => {
    const file = encodeSafetensors({ a: hostTensor([1, 2]) });
    for (let length = 0; length < file.length; length++) {
      expect(() => decodeSafetensors(file.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'FILE_INVALID', reason: 'truncated' }),
      );
    }
  });
});

describe('copySafetensors', () => {
  const source = (type: 'F16' | 'I64', shape: number[], bytes: Uint8Array): TensorSource => ({ type, shape, readBytes: async () => bytes });

  it('writes tensors one by one in their own types', async () => {
    const path = join(tmpdir(), `reidkit-copy-${process.pid}.safetensors`);
    const tensors = new Map([
      ['half', source('F16', [2], Uint8Array.of(0, 0x3c, 0, 0xc0))],
      ['long', source('I64', [], Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0))],
      ['none', source('F16', [0, 3], new Uint8Array(0))],
    ]);
    const seen: number[] = [];
    await copySafetensors(path, tensors, { metadata: { from: 'test' }, onProgress: (done) => seen.push(done) });
    const { entries, metadata } = await openSafetensors(path);
    expect([...entries.values()].map(({ type, shape }) => [type, shape])).toEqual([
      ['F16', [2]],
      ['I64', []],
      ['F16', [0, 3]],
    ]);
    const { tensors: read } = await readSafetensors(path);
    expect([[...read.half!.data], [...read.long!.data], metadata, seen]).toEqual([[1, -2], [7], { from: 'test' }, [1, 2, 3]]);
    await rm(path);
  });

  it('leaves nothing behind when reading fails or bytes do not fit', async () => {
    const path = join(tmpdir(), `reidkit-copy-${process.pid}-b.safetensors`);
    const failing = { ...source('F16', [1], new Uint8Array(2)), readBytes: () => Promise.reject(new Error('gone')) };
    await expect(copySafetensors(path, new Map([['a', failing]]))).rejects.toThrow('gone');
    await expect(copySafetensors(path, new Map([['a', source('F16', [1], new Uint8Array(3))]]))).rejects.toThrow(
      '"a" of shape [1] came with 3 bytes',
    );
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });
});
