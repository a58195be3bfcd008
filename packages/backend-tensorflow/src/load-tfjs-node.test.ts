import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import util from 'node:util';
import { ReidError } from '@reidkit/core-tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTfjsNode, type LoadOptions } from './load-tfjs-node.ts';

const OURS = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs/package.json'));
const WORKING = "module.exports = { Tensor: require('@tensorflow/tfjs').Tensor };";

let project: string;
const atStart = { ...process.env };

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'reidkit-tensorflow-'));
  for (const name of ['TF_FORCE_GPU_ALLOW_GROWTH', 'TF_NUM_INTRAOP_THREADS']) delete process.env[name];
});
afterEach(async () => {
  Object.assign(process.env, atStart);
  await rm(project, { recursive: true, force: true });
});

/** Puts a package into the project, as npm would. */
async function install(name: string, version: string, main: string): Promise<void> {
  const folder = join(project, 'node_modules', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version, main: 'main.js' }));
  await writeFile(join(folder, 'main.js'), main);
}

/** The project has our tfjs. */
async function shareTfjs(): Promise<void> {
  await mkdir(join(project, 'node_modules/@tensorflow'), { recursive: true });
  await symlink(OURS, join(project, 'node_modules/@tensorflow/tfjs'), 'junction');
}

const load = (options: LoadOptions = {}): ReturnType<typeof loadTfjsNode> => loadTfjsNode({ from: join(project, 'index.js'), ...options });

function refusal(options?: LoadOptions): ReidError {
  try {
    load(options);
  } catch (error) {
    if (ReidError.is(error)) return error;
    throw error;
  }
  throw new Error('It loaded.');
}

describe('loadTfjsNode', () => {
  it('says what to install where there is none', () => {
    const { code, message, hint } = refusal();
    expect(code).toBe('BACKEND_UNAVAILABLE');
    expect(message).toContain('no @tensorflow/tfjs-node-gpu and no @tensorflow/tfjs-node');
    expect(hint).toContain('npm install @tensorflow/tfjs-node, or @tensorflow/tfjs-node-gpu');
  });

  it('takes what is there', async () => {
    await shareTfjs();
    await install('@tensorflow/tfjs-node', '4.22.0', WORKING);
    expect(load()).toEqual({ name: '@tensorflow/tfjs-node', version: '4.22.0' });
    expect(refusal({ package: '@tensorflow/tfjs-node-gpu' }).hint).toContain('npm install @tensorflow/tfjs-node-gpu;');
  });

  it('takes the one for graphics cards first, or the one that is asked for', async () => {
    await shareTfjs();
    await install('@tensorflow/tfjs-node', '4.22.0', WORKING);
    await install('@tensorflow/tfjs-node-gpu', '4.22.1', WORKING);
    expect(load()).toEqual({ name: '@tensorflow/tfjs-node-gpu', version: '4.22.1' });
    expect(load({ package: '@tensorflow/tfjs-node' }).name).toBe('@tensorflow/tfjs-node');
  });

  it('refuses one with a tfjs-core of its own, before it loads, and names both versions', async () => {
    await install('@tensorflow/tfjs', '4.1.0', '');
    await install('@tensorflow/tfjs-core', '4.1.0', '');
    await install('@tensorflow/tfjs-node', '4.1.0', "throw new Error('it was loaded')");
    const { code, message, hint } = refusal();
    expect(code).toBe('BACKEND_UNAVAILABLE');
    expect(message).toMatch(
      /tfjs-node 4\.1\.0 and reidkit must share one tfjs-core: it has tfjs-core 4\.1\.0 .*, reidkit has tfjs-core 4\.22\./,
    );
    expect(hint).toContain('npm ls @tensorflow/tfjs-core');
  });

  it('says why one does not load', async () => {
    await shareTfjs();
    await install('@tensorflow/tfjs-node', '4.22.0', "throw new Error('libtensorflow.so.2: cannot open shared object file');");
    const { code, message, hint } = refusal();
    expect(code).toBe('BACKEND_UNAVAILABLE');
    expect(message).toContain('tfjs-node 4.22.0 is installed but does not load: libtensorflow.so.2: cannot open shared object file');
    expect(hint).toContain('install script');
  });

  it('refuses one whose tensors are not ours', async () => {
    await shareTfjs();
    await install('@tensorflow/tfjs-node', '4.22.0', 'exports.Tensor = class {};');
    expect(refusal().message).toContain('must share one tfjs-core');
  });

  it('makes the process ready: what Node 23 took away, memory of the card as needed, threads', async () => {
    await shareTfjs();
    const seen = "module.exports.seen = [require('util').isNullOrUndefined(null), process.env.TF_FORCE_GPU_ALLOW_GROWTH, process.env.TF_NUM_INTRAOP_THREADS]"; // prettier-ignore
    await install('@tensorflow/tfjs-node', '4.22.0', `${WORKING}\n${seen}`);
    const original = (util as { isNullOrUndefined?: unknown }).isNullOrUndefined;
    Reflect.deleteProperty(util, 'isNullOrUndefined');
    try {
      load({ threads: 3 });
    } finally {
      if (original) Object.assign(util, { isNullOrUndefined: original });
    }
    const { seen: found } = createRequire(join(project, 'index.js'))('@tensorflow/tfjs-node') as { seen: unknown };
    expect(found).toEqual([true, 'true', '3']);
  });

  it('leaves what the user has set', async () => {
    await shareTfjs();
    await install('@tensorflow/tfjs-node', '4.22.0', WORKING);
    Object.assign(process.env, { TF_FORCE_GPU_ALLOW_GROWTH: 'false', TF_NUM_INTRAOP_THREADS: '5' });
    load({ threads: 3 });
    expect([process.env.TF_FORCE_GPU_ALLOW_GROWTH, process.env.TF_NUM_INTRAOP_THREADS]).toEqual(['false', '5']);
  });
});
