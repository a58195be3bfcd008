import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors, writeSafetensors } from '@reidkit/core-tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatBytes } from './checkpoint-summary.ts';
import { type CliResult, runCli } from './run-cli.fixture.ts';

const GOLDENS = fileURLToPath(new URL('../../../goldens/models/', import.meta.url));
const checkpoint = (name: string): string => join(GOLDENS, 'checkpoints', name);

let folder: string;
const at = (...path: string[]): string => join(folder, ...path);
const cli = (...args: readonly string[]): Promise<CliResult> => runCli(args, { cwd: folder });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-checkpoints-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('reidkit inspect', () => {
  it('lists tensors, totals and other values, and says what the file is', async () => {
    const { code, stdout } = await cli('inspect', checkpoint('nested.pth'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/state_dict\.module\.visual\.proj +F32 +\[16, 10\] +640 B/);
    expect(stdout).toContain('56 tensors');
    expect(stdout).toContain('epoch: 7');
    expect(stdout).toContain('This is CLIP with a vision transformer, as OpenAI publishes it (width 16, patch 4, depth 2');
  });

  it('prints JSON for programs', async () => {
    const facts = JSON.parse((await cli('inspect', checkpoint('torchscript.pt'), '--json')).stdout);
    expect(facts).toMatchObject({ format: 'torch-script', recognized: { table: 'clip-vit', missing: [], sizes: { patch: 4 } } });
    expect(facts.types).toMatchObject({ F16: { tensors: expect.any(Number) }, I64: { tensors: 3 } });
    expect(facts.tensors[0]).toEqual({ name: 'positional_embedding', type: 'F32', shape: [7, 12], bytes: 336 });
  });

  it('refuses a hostile file by one sentence and a hint', async () => {
    const { code, stderr, stdout } = await cli('inspect', checkpoint('hostile-system.pth'));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^reidkit: .*"(posix|os)\.system".*\n {2}hint: nothing of a checkpoint is ever run/m);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('reidkit import', () => {
  it("converts Hugging Face's names and notes where it comes from", async () => {
    const weights = async (name: string) => {
      const { tensors } = await readSafetensors(join(GOLDENS, `${name}.safetensors`));
      return Object.fromEntries(Object.entries(tensors).flatMap(([key, value]) => (key.startsWith('w/') ? [[key.slice(2), value]] : [])));
    };
    await writeSafetensors(at('clip.safetensors'), await weights('clip-full-hf'));
    const { code, stdout } = await cli('import', 'clip.safetensors');
    expect(code).toBe(0);
    expect(stdout).toContain('This is CLIP with a vision transformer, as Hugging Face names it');
    expect((await readdir(at('weights', 'clip'))).sort()).toEqual(['import.json', 'model.safetensors']);
    expect((await readSafetensors(at('weights', 'clip', 'model.safetensors'))).tensors).toEqual(await weights('clip-full'));
    const sha256 = createHash('sha256').update(await readFile(at('clip.safetensors'))).digest('hex'); // prettier-ignore
    expect(JSON.parse(await readFile(at('weights', 'clip', 'import.json'), 'utf8'))).toMatchObject({
      table: 'clip-hf',
      sizes: { width: 32, depth: 2 },
      source: [{ name: 'clip.safetensors', sha256 }],
    });
    const again = await cli('import', 'clip.safetensors');
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('is there already')]);
  });

  it('takes a folder of shards', async () => {
    const { code, stdout } = await cli('import', checkpoint('sharded-bin'), '--out', 'sharded');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Wrote 50 tensors')]);
    const { source } = JSON.parse(await readFile(at('sharded', 'import.json'), 'utf8'));
    expect(source).toHaveLength(4);
  });

  it('refuses another architecture, naming what differs, and writes nothing', async () => {
    const { code, stderr } = await cli('import', checkpoint('zip.pth'), '--as', 'clip-vit-b16', '--out', 'refused');
    expect([code, stderr]).toEqual([1, expect.stringContaining('width of "clip-vit-b16" is 768, here it is 16')]);
    expect(await readdir(folder)).not.toContain('refused');
    expect((await cli('import', checkpoint('zip.pth'), '--as', 'clip')).stderr).toContain('There are clip-vit-b32');
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [605_200_000, '605.2 MB'],
    [2e15, '2000.0 TB'],
  ])('writes %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
