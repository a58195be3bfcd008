import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReidError } from '@reidkit/core-tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installKit, kitFolder, requirementsOf } from './backends/install-kit.ts';
import { KITS } from './backends/kits.ts';
import { runCli } from './run-cli.fixture.ts';

let cache: string;
const { REIDKIT_CACHE, PYTHON } = process.env;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'reidkit-install-'));
  process.env.REIDKIT_CACHE = cache;
});
afterEach(async () => {
  for (const [name, value] of Object.entries({ REIDKIT_CACHE, PYTHON })) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  await rm(cache, { recursive: true, force: true });
});

describe('what reidkit backend install can fetch', () => {
  it.each(KITS.map((kit) => [kit.name, kit] as const))('%s: every file has an exact version, a size and a hash', (_name, { wheels }) => {
    expect(wheels.length).toBeGreaterThan(0);
    for (const { version, bytes, sha256 } of wheels) {
      expect(version).toMatch(/^\d+(\.\d+)+$/);
      expect(bytes).toBeGreaterThan(1000);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(requirementsOf(wheels).split('\n')[0]).toMatch(/^[\w-]+==[\d.]+ --hash=sha256:[0-9a-f]{64}$/);
  });
});

describe('reidkit backend install', () => {
  it.each([
    ['xla-cuda13', /jax-cuda13-pjrt 0\.10\.2 +124\.4 MB {2}sha256 a97e9cabe0e2…/],
    ['tensorflow', /tensorflow-cpu 2\.21\.0 +273\.8 MB {2}sha256 2b847d217b02…/],
  ])('%s --dry-run says what it would fetch, how big it is and where it would go, and fetches nothing', async (name, line) => {
    const { code, stdout } = await runCli(['backend', 'install', name, '--dry-run'], { env: { REIDKIT_CACHE: cache } });
    expect(code).toBe(0);
    expect(stdout).toMatch(line);
    expect(stdout).toMatch(new RegExp(`altogether, by pip, into +\\d+\\.\\d MB {2}.*${name}`));
    expect(await readdir(cache)).toEqual([]);
  });

  it('names what there is when asked for something else', async () => {
    const { code, stderr } = await runCli(['backend', 'install', 'cuda'], { env: { REIDKIT_CACHE: cache } });
    expect(code).toBe(2);
    expect(stderr).toContain('there are xla-cuda13, xla-cuda12, xla-cpu, tensorflow');
  });

  it('removes what failed, and says what to do', async () => {
    const python = join(cache, 'python');
    await writeFile(python, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    process.env.PYTHON = python;
    const kit = KITS.find(({ name }) => name === 'tensorflow')!;
    let error: unknown;
    try {
      installKit(kit);
    } catch (thrown) {
      error = thrown;
    }
    expect(ReidError.is(error) && error.code).toBe('BACKEND_UNAVAILABLE');
    expect((error as ReidError).hint).toContain('files that came whole are kept');
    expect((await readdir(join(cache, 'backends'))).sort()).toEqual(['tensorflow.wheels']);
    expect(kitFolder('tensorflow')).toBe(join(cache, 'backends', 'tensorflow'));
  });
});
