import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPlugins, resolvePlugin } from './plugin-modules.ts';

let root: string;
const plugin = (name: string): string => `export const mine = { name: '${name}', version: '1.0.0', specVersion: 1, components: {} };\n`;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'plugins-')));
  const install = async (name: string, manifest: object, source = plugin(name)): Promise<void> => {
    const folder = join(root, 'node_modules', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', type: 'module', ...manifest }));
    await writeFile(join(folder, 'plugin.js'), source);
  };
  await install('good-loss', { reidkit: { plugin: './plugin.js', specVersion: 1 } });
  await install('@some/encoder', { reidkit: { plugin: './plugin.js' } });
  await install('late-loss', { reidkit: { plugin: './plugin.js', specVersion: 2 } });
  await install('left-pad', {});
  await install('empty', { reidkit: { plugin: './plugin.js', specVersion: 1 } }, 'export const other = 1;\n');
  await install('broken', { reidkit: { plugin: './plugin.js', specVersion: 1 } }, 'throw new Error("not today");\n');
  await mkdir(join(root, 'inside', 'deep'), { recursive: true });
  await writeFile(join(root, 'own-plugin.mjs'), plugin('own'));
});
afterAll(() => rm(root, { recursive: true }));

describe('resolvePlugin', () => {
  it('finds a package upward from the folder, a path, and a URL', async () => {
    const url = pathToFileURL(join(root, 'node_modules/good-loss/plugin.js')).href;
    expect(await resolvePlugin('good-loss', root)).toBe(url);
    expect(await resolvePlugin('good-loss', join(root, 'inside', 'deep'))).toBe(url);
    expect(await resolvePlugin('./own-plugin.mjs', root)).toBe(pathToFileURL(join(root, 'own-plugin.mjs')).href);
    expect(await resolvePlugin(url, join(root, 'inside'))).toBe(url);
  });

  it('says what is missing', async () => {
    await expect(resolvePlugin('no-such-loss', root)).rejects.toThrow(
      /"no-such-loss" is not installed .*\n {2}hint: npm install no-such-loss/,
    );
    await expect(resolvePlugin('left-pad', root)).rejects.toThrow('offers no reidkit plugin: its package.json has no field "reidkit".');
    await expect(resolvePlugin('late-loss', root)).rejects.toMatchObject({ code: 'PLUGIN_UNSUPPORTED' });
  });
});

describe('loadPlugins', () => {
  it('imports what was named, in order', async () => {
    const plugins = await loadPlugins(['@some/encoder', 'good-loss', './own-plugin.mjs'], root);
    expect(plugins.map(({ name }) => name)).toEqual(['@some/encoder', 'good-loss', 'own']);
    expect(await loadPlugins([])).toEqual([]);
  });

  it('says what is wrong with a module', async () => {
    await expect(loadPlugins(['empty'], root)).rejects.toThrow(/exports no plugin, only other\./);
    await expect(loadPlugins(['broken'], root)).rejects.toThrow(/The plugin "broken" .* cannot be loaded: not today/);
    await expect(loadPlugins(['./none.mjs'], root)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
