import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, describe, it } from 'vitest';
import { adapterTable } from './adapter-table.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

describe('the table of adapters', () => {
  const files = readdirSync(here('adapters')).map((file) => file.replace(/\.ts$/, ''));

  it('has files', () => expect(files.length).toBeGreaterThan(10));

  it.each(files)('serves %s by the file of that name', async (family) => {
    expect((await adapterTable(here('adapters'))(family))?.family).toBe(family);
  });

  it('knows no family without a file, and none that is a path', async () => {
    const find = adapterTable(here('adapters'));
    for (const family of ['nobody', '../adapter', 'Optim-SGD', '']) expect(await find(family)).toBeUndefined();
  });

  it('refuses an adapter under the name of another family', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'adapters-'));
    await writeFile(join(folder, 'mine.ts'), 'export const adapter = { family: "yours", run() {} };');
    await expect(adapterTable(folder)('mine')).rejects.toThrow('must export `adapter` of the family "mine", it has "yours"');
    await rm(folder, { recursive: true });
  });
});

it('lists the served families once, in order', () => {
  const served = JSON.parse(readFileSync(here('../../goldens/served.json'), 'utf8')) as string[];
  expect(served).toEqual([...new Set(served)].sort());
});
