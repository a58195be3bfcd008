import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostTensor } from '../host-tensor.ts';
import { writeSafetensors } from './safetensors-write.ts';
import { removePartials, writeAtomically, writeFileAtomically } from './write-atomically.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

const diskFull = (): never => {
  throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
};

describe('writeAtomically', () => {
  it('puts the whole file there, over an old one too', async () => {
    const path = join(folder, 'a.json');
    await writeFileAtomically(path, 'first');
    await writeFileAtomically(path, Uint8Array.of(50));
    expect([await readFile(path, 'utf8'), await readdir(folder)]).toEqual(['2', ['a.json']]);
  });

  it('leaves the old file, and no half of the new one, when the disk is full', async () => {
    const path = join(folder, 'checkpoint.safetensors');
    await writeFile(path, 'the old one');
    const writing = writeAtomically(path, async (file) => {
      await file.writeFile('half of the new');
      diskFull();
    });
    await expect(writing).rejects.toMatchObject({ code: 'SAVE_FAILED', hint: expect.stringContaining('free space on that disk') });
    await expect(writing).rejects.toThrow(`Cannot write "${path}" (ENOSPC).`);
    expect([await readFile(path, 'utf8'), await readdir(folder)]).toEqual(['the old one', ['checkpoint.safetensors']]);
  });

  it('says so where the folder is missing, or in the way', async () => {
    await expect(writeFileAtomically(join(folder, 'none', 'a'), '')).rejects.toMatchObject({
      code: 'SAVE_FAILED',
      hint: 'the folder does not exist.',
    });
    await mkdir(join(folder, 'taken', 'inside'), { recursive: true });
    await expect(writeSafetensors(join(folder, 'taken'), { x: hostTensor([1]) })).rejects.toMatchObject({ code: 'SAVE_FAILED' });
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('keeps two writers of one file apart: one of the two is there, whole', async () => {
    const path = join(folder, 'a');
    const texts = ['x'.repeat(100_000), 'y'.repeat(200_000)];
    await Promise.all(texts.map((text) => writeFileAtomically(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['a']);
  });
});

describe('removePartials', () => {
  it('removes what killed processes left, and nothing of those that run', async () => {
    const place = await mkdtemp(join(tmpdir(), 'reidkit-partials-'));
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    const names = ['model', `model.partial-${process.pid}-3`, `model.partial-${ended}-0`, 'notes.partial-1'];
    for (const name of names) await writeFile(join(place, name), 'x');
    await removePartials(place);
    expect((await readdir(place)).sort()).toEqual(['model', `model.partial-${process.pid}-3`, 'notes.partial-1']);
    await rm(place, { recursive: true });
  });
});
