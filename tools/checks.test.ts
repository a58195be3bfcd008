import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'checks-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(files: Readonly<Record<string, string | object>>): void {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

function check(tool: 'layers' | 'repository'): { readonly status: number | null; readonly lines: string[] } {
  const path = fileURLToPath(new URL(`${tool}.mjs`, import.meta.url));
  const { status, stderr, stdout } = spawnSync(process.execPath, [path, root], { encoding: 'utf8' });
  return {
    status,
    lines: `${stderr}${stdout}`
      .trim()
      .split('\n')
      .map((line) => line.trim()),
  };
}

const manifest = (folder: string, dependencies: readonly string[] = []): object => ({
  name: `@reidkit/${folder}`,
  license: 'Apache-2.0',
  dependencies: Object.fromEntries(dependencies.map((name) => [name, '^0.1.0'])),
});

describe('tools/layers.mjs', () => {
  beforeEach(() =>
    put({
      'package.json': { devDependencies: { vitest: '4' } },
      'packages/core-tensor/package.json': manifest('core-tensor', ['@tensorflow/tfjs']),
      'packages/core-tensor/src/index.ts': "import { add } from '@tensorflow/tfjs';\nexport { add };\n",
      'packages/losses/package.json': manifest('losses', ['@reidkit/core-tensor']),
      'packages/losses/src/index.ts': "import { add } from '@reidkit/core-tensor';\nimport fs from 'node:fs';\nexport { add, fs };\n",
      'packages/losses/src/index.test.ts': "import { it } from 'vitest';\nit('works', () => {});\n",
    }),
  );

  it('passes packages that take from above', () => {
    expect(check('layers')).toEqual({ status: 0, lines: ['Layers: 2 packages in order.'] });
  });

  it('names an import of a package that is not above', () => {
    put({
      'packages/eval/package.json': manifest('eval', ['@reidkit/losses']),
      'packages/eval/src/index.ts': "/** import('@reidkit/trainer') in a comment. */\nexport type { X } from '@reidkit/losses';\n",
    });
    const { status, lines } = check('layers');
    expect(status).toBe(1);
    expect(lines).toEqual([
      'Layers: 2 problems.',
      'packages/eval/package.json: dependencies: eval may not use losses, only what stands above it (core-tensor, backend-*)',
      expect.stringMatching(/^packages\/eval\/src\/index\.ts: imports "@reidkit\/losses", eval may not use losses/),
    ]);
  });

  it('keeps tfjs to the packages of tensors', () => {
    put({ 'packages/losses/src/loss.ts': "const tf = await import('@tensorflow/tfjs-core');\nexport { tf };\n" });
    expect(check('layers').lines[1]).toMatch(/^packages\/losses\/src\/loss\.ts: imports "@tensorflow\/tfjs-core", which only core-tensor/);
  });

  it('names what is not declared, what leaves the package, and a builtin without its prefix', () => {
    put({
      'packages/losses/src/a.ts': "import 'left-pad/index.js';\n",
      'packages/losses/src/b.ts': "import '../../core-tensor/src/index.ts';\n",
      'packages/losses/src/c.ts': "import 'fs/promises';\n",
      'packages/losses/src/d.test.ts': "import 'left-pad';\n",
    });
    expect(check('layers').lines.slice(1)).toEqual([
      'packages/losses/src/a.ts: imports "left-pad/index.js", which package.json does not declare',
      'packages/losses/src/b.ts: imports "../../core-tensor/src/index.ts", which lies outside the package',
      'packages/losses/src/c.ts: imports "fs/promises", which is written "node:fs/promises"',
      'packages/losses/src/d.test.ts: imports "left-pad", which package.json does not declare',
    ]);
  });

  it('wants every package to stand in a row', () => {
    put({ 'packages/extras/package.json': manifest('extras') });
    expect(check('layers').lines[1]).toBe('packages/extras/package.json: "extras" stands in no row of tools/layers.mjs');
  });
});

describe('tools/repository.mjs', () => {
  const track = (): void => {
    for (const args of [
      ['init', '-q'],
      ['add', '-A'],
    ])
      execFileSync('git', args, { cwd: root });
  };

  beforeEach(() =>
    put({
      'package.json': { license: 'Apache-2.0' },
      'package-lock.json': '{ "packages/losses": { "resolved": "packages/losses", "link": true } }',
      'packages/losses/package.json': manifest('losses'),
      'packages/losses/README.md': '# Losses\n\nSee the work/place folder, or https://example.org/tmp/x.\n',
      'packages/losses/src/index.ts': 'export {};\n',
    }),
  );

  it('passes a repository in order', () => {
    track();
    expect(check('repository')).toEqual({ status: 0, lines: ['Repository: 5 files in order.'] });
  });

  it('says what is wrong and where', () => {
    const slash = '/';
    put({
      'packages/losses/src/index.ts': `export const place = '${slash}root/data';\n// TO${'DO'}: later\n`,
      'packages/losses/src/index.test.ts': `it.${'only'}('alone', () => {});\n`,
      'notes.md': `a\n${'<'.repeat(7)} HEAD\n`,
      'package-lock.json': '{ "resolved": "https://registry.example.org/a.tgz" }',
      'packages/eval/src/index.ts': 'export {};\n',
      'packages/eval/package.json': { license: 'MIT' },
      'large.bin': '\0'.repeat(3 * 2 ** 20),
      'goldens/large.bin': '\0'.repeat(3 * 2 ** 20),
    });
    track();
    put({ 'untracked.md': `${slash}root/data\n` });
    const { status, lines } = check('repository');
    expect(status).toBe(1);
    expect(lines).toEqual([
      'Repository: 8 problems.',
      'large.bin: 3.0 MiB, the most is 2 outside goldens',
      expect.stringMatching(/^notes\.md:2: a merge that was not finished: /),
      expect.stringMatching(/^package-lock\.json:1: the address of a package registry: /),
      'packages/eval/package.json: license "MIT", the project\'s is "Apache-2.0"',
      'packages/eval: no README.md',
      expect.stringMatching(/^packages\/losses\/src\/index\.test\.ts:1: a test that shuts out the others: /),
      expect.stringMatching(/^packages\/losses\/src\/index\.ts:1: a path of one machine: /),
      expect.stringMatching(/^packages\/losses\/src\/index\.ts:2: a leftover to do: /),
    ]);
  });
});
