import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostTensor } from '../host-tensor.ts';
import type { CheckpointFile } from './checkpoint-file.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { encodeSafetensors } from './safetensors-write.ts';
import { FixtureTensor, floats, Raw, torchLegacy, torchZip, zip } from './torch/torch-file.fixture.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function put(bytes: Uint8Array | string, name = `file-${files++}.pth`): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}
async function using<T>(path: string, f: (file: CheckpointFile) => Promise<T>): Promise<T> {
  const file = await openCheckpoint(path);
  try {
    return await f(file);
  } finally {
    await file.close();
  }
}
const numbers = (path: string): Promise<Record<string, number[]>> =>
  using(path, async (file) => {
    const read: Record<string, number[]> = {};
    for (const name of file.tensors.keys()) read[name] = [...(await file.read(name)).data];
    return read;
  });
/** Which rule a file breaks, when it is opened or when its tensors are read. */
const refusal = async (path: string): Promise<string> => {
  try {
    await numbers(path);
  } catch (error) {
    return String((error as { reason?: string }).reason ?? (error as { code?: string }).code ?? (error as Error).stack);
  }
  return 'read';
};

const eight = floats(0, 1, 2, 3, 4, 5, 6, 7);
const view = (shape: number[], more: ConstructorParameters<typeof FixtureTensor>[2] = {}): FixtureTensor =>
  new FixtureTensor('0', shape, { count: 8, ...more });
const containers = {
  'a zip archive': (value: unknown): Buffer => torchZip(value, { 0: eight }),
  'a deflated zip archive': (value: unknown): Buffer => torchZip(value, { 0: eight }, { deflate: true }),
  'a file from before 1.6': (value: unknown): Buffer => torchLegacy(value, { 0: { count: 8, bytes: eight } }),
};

describe.each(Object.entries(containers))('%s of PyTorch', (_what, write) => {
  it('gives tensors by dotted path, and the plain values beside them', async () => {
    const path = await put(write({ state_dict: { 'conv.weight': view([2, 4]) }, epoch: 7, list: [view([2]), 'x'] }));
    expect(await numbers(path)).toEqual({ 'state_dict.conv.weight': [0, 1, 2, 3, 4, 5, 6, 7], 'list.0': [0, 1] });
    await using(path, async ({ tensors, values }) => {
      expect(tensors.get('state_dict.conv.weight')).toEqual({ type: 'F32', shape: [2, 4], bytes: 32 });
      const { dict } = values as { dict: Map<string, unknown> };
      expect(dict.get('epoch')).toEqual({ value: 7 });
      expect(dict.get('list')).toEqual({ list: [{ tensor: 'list.0' }, { value: 'x' }] });
      expect(dict.get('state_dict')).toEqual({ dict: new Map([['conv.weight', { tensor: 'state_dict.conv.weight' }]]) });
    });
  });

  it('gives views of one storage in rows, whatever their strides', async () => {
    const path = await put(
      write({
        transposed: view([2, 4], { strides: [1, 2] }),
        middle: view([2, 2], { strides: [4, 1], offset: 1 }),
        repeated: view([2, 2], { strides: [0, 3], offset: 2 }),
        diagonal: view([2], { strides: [5] }),
        scalar: view([], { offset: 6 }),
        empty: view([0, 3], { offset: 9 }),
      }),
    );
    expect(await numbers(path)).toEqual({
      transposed: [0, 2, 4, 6, 1, 3, 5, 7],
      middle: [1, 2, 5, 6],
      repeated: [2, 5, 2, 5],
      diagonal: [0, 5],
      scalar: [6],
      empty: [],
    });
  });

  it.each<[string, ConstructorParameters<typeof FixtureTensor>[2], number[], string]>([
    ['behind the end', { offset: 7 }, [2], 'storage-bounds'],
    ['before the beginning', { offset: -1 }, [2], 'storage-bounds'],
    ['of negative sizes', { strides: [2, 1] }, [-2, -2], 'storage-bounds'],
    ['of negative strides', { strides: [-1], offset: 7 }, [4], 'storage-bounds'],
    ['of too few strides', { strides: [1] }, [2, 2], 'storage-bounds'],
    ['of a storage that is larger than the file says', { count: 2 ** 40 }, [2], 'storage-bounds'],
    ['that would become 4 TiB', { strides: [0, 0] }, [2 ** 20, 2 ** 20], 'limit'],
    ['of 2^60 numbers', { strides: [2 ** 40, 1] }, [2 ** 20, 2 ** 40], 'storage-bounds'],
    ['of 17 axes', {}, Array.from({ length: 17 }, () => 1), 'storage-bounds'],
  ])('refuses a view %s, and names it', async (_case, more, shape, reason) => {
    const path = await put(write({ good: view([1]), bad: view(shape, more) }));
    expect(await refusal(path)).toBe(reason);
    if (more?.count === undefined) await expect(openCheckpoint(path)).rejects.toThrow('tensor "bad"');
  });

  it('runs nothing and refuses what is not on the list', async () => {
    const marker = join(folder, 'marker');
    const path = await put(write({ w: new Raw(`cposix\nsystem\nX${String.fromCharCode(marker.length + 6)}\0\0\0touch ${marker}\x85R`) }));
    await expect(openCheckpoint(path)).rejects.toMatchObject({
      code: 'FILE_INVALID',
      reason: 'forbidden-global',
      hint: expect.stringContaining('state_dict'),
    });
    await expect(openCheckpoint(path)).rejects.toThrow('"posix.system"');
    expect(existsSync(marker)).toBe(false);
    expect(await refusal(await put(write({ w: new Raw('ctorch.hub\nload\n') })))).toBe('forbidden-global');
    expect(await refusal(await put(write({ w: new Raw('c__torch__\nNet\n') })))).toBe('forbidden-global');
  });

  it('does not look into harmless objects that training leaves behind', async () => {
    const path = await put(write({ w: view([1]), args: new Raw('cargparse\nNamespace\n)\x81}(', 'X\x02\0\0\0lrK\x01ub') }));
    await using(path, async ({ values }) =>
      expect((values as { dict: Map<string, unknown> }).dict.get('args')).toEqual({ opaque: 'argparse.Namespace' }),
    );
  });

  it('ends with what holds itself, what is nested too deep, and what is shared a billion times', async () => {
    expect(await refusal(await put(write(new Raw(']q\0h\0a'))))).toBe('not-a-state-dict');
    expect(await refusal(await put(write(new Raw(']'.repeat(50_000), 'a'.repeat(49_999)))))).toBe('limit');
    const laughs = Array.from({ length: 12 }, (_, i) => `]q${String.fromCharCode(i + 1)}(${`h${String.fromCharCode(i)}`.repeat(10)}e`);
    expect(await refusal(await put(write(new Raw(']q\0X\x01\0\0\0aa', ...laughs))))).toBe('limit');
  });

  it('takes keys like __proto__ as names', async () => {
    const path = await put(
      write(
        new Map<string, unknown>([
          ['__proto__', { polluted: 1 }],
          ['w', view([1])],
        ]),
      ),
    );
    expect(await numbers(path)).toEqual({ w: [0] });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('refuses a single value, and two tensors of one path', async () => {
    expect(await refusal(await put(write(5)))).toBe('not-a-state-dict');
    expect(await refusal(await put(write({ a: { b: view([1]) }, 'a.b': view([1]) })))).toBe('not-a-state-dict');
  });

  it('says what there is when asked for what is not', async () => {
    await using(await put(write({ weight: view([1]) })), async (file) => {
      await expect(file.read('weigth')).rejects.toThrow('Did you mean "weight"?');
    });
  });
});

describe('a zip archive', () => {
  const good = { w: view([8]) };

  it('is read as TorchScript where it has constants: modules are holders of attributes', async () => {
    const module = new Raw(
      'c__torch__\nNet\n)\x81}(X\x08\0\0\0training\x88X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x08tQK\x00(K\x08t(K\x01t\x89ccollections\nOrderedDict\n)RtRub',
    );
    const path = await put(torchZip(module, { 0: eight }, { isScript: true }));
    expect(await numbers(path)).toEqual({ w: [0, 1, 2, 3, 4, 5, 6, 7] });
    await using(path, async ({ format }) => expect(format).toBe('torch-script'));
  });

  it('is refused where data do not agree with their checksum, unless told not to look', async () => {
    const bytes = torchZip({ whole: view([8]), part: view([2], { offset: 4 }) }, { 0: eight });
    bytes[bytes.indexOf(eight) + 3]! ^= 1;
    const path = await put(bytes);
    await using(path, async (file) => {
      await expect(file.read('whole')).rejects.toMatchObject({ reason: 'checksum' });
      await expect(file.read('part')).rejects.toMatchObject({ reason: 'checksum' });
    });
    const file = await openCheckpoint(path, { checksums: false });
    expect([...(await file.read('part')).data]).toEqual([4, 5]);
    await file.close();
  });

  it('may come without checksums, as PyTorch can be told', async () => {
    expect(await refusal(await put(torchZip(good, { 0: eight }, { change: (entry) => ({ ...entry, checksum: 0 }) })))).toBe('read');
  });

  it.each<[string, () => Uint8Array, string]>([
    ['no table of contents', () => torchZip(good, { 0: eight }).subarray(0, 100), 'truncated'],
    ['a storage that is not there', () => torchZip(good, {}), 'missing-entry'],
    [
      'a storage key that leaves the archive',
      () => torchZip({ w: new FixtureTensor('../../etc/hostname', [1]) }, { 0: eight }),
      'missing-entry',
    ],
    ['a storage that is too short', () => torchZip(good, { 0: eight.subarray(0, 30) }), 'storage-bounds'],
    ['no data.pkl', () => zip({ 'archive/data/0': eight }), 'missing-entry'],
    ['two files data.pkl', () => zip({ 'a/data.pkl': eight, 'b/data.pkl': eight }), 'bad-zip'],
    [
      'the same name twice',
      () => zip({ 'a/data.pkl': eight, 'a/data.pkm': eight }, { change: (e) => ({ ...e, name: 'a/data.pkl' }) }),
      'bad-zip',
    ],
    ['an unknown way of packing', () => torchZip(good, { 0: eight }, { change: (e) => ({ ...e, method: 12 }) }), 'bad-zip'],
    ['a stored entry of other sizes', () => torchZip(good, { 0: eight }, { change: (e) => ({ ...e, unpacked: 2 ** 31 }) }), 'entry-size'],
    [
      'an entry larger than the file',
      () => torchZip(good, { 0: eight }, { change: (e) => ({ ...e, unpacked: 2 ** 31, packed: 2 ** 31 }) }),
      'entry-size',
    ],
    [
      'a packed entry that claims too much',
      () => torchZip(good, { 0: eight }, { deflate: true, change: (e) => ({ ...e, unpacked: 2 ** 32 - 2 }) }),
      'entry-size',
    ],
    [
      'a packed entry that unpacks to more',
      () => torchZip(good, { 0: eight }, { deflate: true, change: (e) => ({ ...e, unpacked: e.unpacked - 1 }) }),
      'entry-size',
    ],
    [
      'a packed entry that unpacks to less',
      () => torchZip(good, { 0: eight }, { deflate: true, change: (e) => ({ ...e, unpacked: e.unpacked + 1 }) }),
      'entry-size',
    ],
    ['another byte order', () => zip({ 'a/data.pkl': eight, 'a/byteorder': Buffer.from('big') }), 'byte-order'],
    ['a pickle of 17 MB', () => zip({ 'a/data.pkl': Buffer.alloc(17 * 2 ** 20) }, { deflate: true }), 'limit'],
  ])('is refused with %s', async (_what, bytes, reason) => {
    expect(await refusal(await put(bytes()))).toBe(reason);
  });
});

describe('a file from before 1.6', () => {
  it('is refused where it was cut, anywhere', async () => {
    const whole = torchLegacy({ w: view([8]) }, { 0: { count: 8, bytes: eight } });
    for (let length = 1; length < whole.length; length += 7) expect(await refusal(await put(whole.subarray(0, length)))).toBe('truncated');
  });

  it('is refused where a storage is not as the tensors say', async () => {
    expect(await refusal(await put(torchLegacy({ w: view([8]) }, { 0: { count: 7, bytes: eight } })))).toBe('storage-bounds');
    expect(await refusal(await put(torchLegacy({ w: view([8]) }, {})))).toBe('missing-entry');
    expect(await refusal(await put(torchLegacy({ w: view([8]) }, { 1: { count: 8, bytes: eight } })))).toBe('bad-pickle');
  });
});

describe('a file that is something else', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['empty', '', 'it is empty'],
    ['a web page', '<!DOCTYPE html><html>', 'HTML'],
    ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:ab', 'LFS'],
    ['packed', Uint8Array.of(0x1f, 0x8b, 8, 0), 'gzip'],
    ['a text', 'hello', 'no container'],
    ['another pickle', new Raw(0x80, 2, '}.').bytes, 'none that torch.save wrote'],
    ['other JSON', '{"a": 1}', 'weight_map'],
  ])('%s is named', async (_what, bytes, message) => {
    await expect(openCheckpoint(await put(bytes))).rejects.toThrow(message);
  });

  it('is said to be missing where it is', async () => {
    await expect(openCheckpoint(join(folder, 'none.pth'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

describe('a set of shards', () => {
  const index = (map: Record<string, unknown>): string => JSON.stringify({ metadata: { total_size: 8 }, weight_map: map });

  it('is one checkpoint: safetensors', async () => {
    await put(encodeSafetensors({ a: hostTensor([1]) }), 'set/model-1.safetensors');
    await put(encodeSafetensors({ b: hostTensor([2]) }), 'set/model-2.safetensors');
    const path = await put(index({ b: 'model-2.safetensors', a: 'model-1.safetensors' }), 'set/model.safetensors.index.json');
    expect(await numbers(path)).toEqual({ a: [1], b: [2] });
    await using(path, async ({ files, format }) => expect([files.length, format]).toEqual([3, 'safetensors']));
  });

  it('is one checkpoint: pickles', async () => {
    await put(torchZip({ a: view([2]) }, { 0: eight }), 'bins/one.bin');
    await put(torchLegacy({ b: view([1], { offset: 5 }) }, { 0: { count: 8, bytes: eight } }), 'bins/two.bin');
    expect(await numbers(await put(index({ a: 'one.bin', b: 'two.bin' }), 'bins/pytorch_model.bin.index.json'))).toEqual({
      a: [0, 1],
      b: [5],
    });
  });

  it('is refused where a file or a tensor is missing, or lies elsewhere', async () => {
    await put(encodeSafetensors({ a: hostTensor([1]) }), 'bad/one.safetensors');
    const of = async (map: Record<string, unknown>): Promise<string> => refusal(await put(index(map), 'bad/model.safetensors.index.json'));
    expect(await of({ a: 'one.safetensors' })).toBe('read');
    expect(await of({ a: 'one.safetensors', b: 'two.safetensors' })).toBe('missing-shard');
    expect(await of({ a: 'one.safetensors', b: 'one.safetensors' })).toBe('missing-tensor');
    for (const place of ['../set/model-1.safetensors', '/etc/passwd', 'sub/x.safetensors', 'C:\\x', '..', '.', '']) {
      expect([place, await of({ a: place })]).toEqual([place, 'path-escape']);
    }
    expect(await of({ a: 5 })).toBe('bad-index');
  });
});

describe('a folder', () => {
  it('is read by its weights, safetensors before pickles, with its configuration', async () => {
    await put(encodeSafetensors({ a: hostTensor([1]) }), 'hf/model.safetensors');
    await put(torchZip({ a: view([2]) }, { 0: eight }), 'hf/pytorch_model.bin');
    await put('{"model_type": "clip"}', 'hf/config.json');
    expect(await numbers(join(folder, 'hf'))).toEqual({ a: [1] });
    await using(join(folder, 'hf'), async ({ config }) => expect(config).toEqual({ model_type: 'clip' }));
  });

  it('is read by its only file, and refused with none or several', async () => {
    await put(torchZip({ a: view([2]) }, { 0: eight }), 'one/best.pth');
    expect(await numbers(join(folder, 'one'))).toEqual({ a: [0, 1] });
    await put('x', 'one/last.pth');
    await expect(openCheckpoint(join(folder, 'one'))).rejects.toThrow('2 files of weights (best.pth, last.pth)');
    await put('x', 'none/readme.md');
    await expect(openCheckpoint(join(folder, 'none'))).rejects.toThrow('it holds no weights');
  });
});
