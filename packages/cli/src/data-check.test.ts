import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.fixture.ts';

const GOLDENS = fileURLToPath(new URL('../../../goldens/datasets/', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reidkit-data-check-'));
  for (const name of ['broken', 'ltcc', 'cuhk03-raw']) execFileSync('tar', ['xf', join(GOLDENS, `${name}.tar`), '-C', folder]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('reidkit data check', () => {
  it('recognises a data set, sets published counts beside, and writes a page that needs nothing else', async () => {
    const page = join(folder, 'page.html');
    const { code, stdout } = await runCli([
      'data', 'check', join(folder, 'LTCC_ReID'), '--deep', '--json', '--html', page, '--cache', join(folder, 'cache.jsonl'),
    ]); // prettier-ignore
    const report = JSON.parse(stdout) as { dataset: string; splits: Record<string, { published: unknown }>; publishedSource: string };
    expect([code, report.dataset, report.publishedSource]).toEqual([0, 'ltcc', 'Qian et al. 2020']);
    expect(report.splits.query!.published).toEqual({ records: 493, identities: 75 });
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('data:image/jpeg;base64,');
    expect(html).not.toMatch(/https?:\/\/|<script/);
    expect(existsSync(join(folder, 'cache.jsonl'))).toBe(true);
  });

  it('says what is wrong with a damaged one, also on the page, and exits with 1', async () => {
    const page = join(folder, 'broken.html');
    const { code, stdout } = await runCli(['data', 'check', join(folder, 'missing-folder'), '--html', page]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/ERROR: the folder .*query is not there/);
    expect(readFileSync(page, 'utf8')).toContain('As it is, this cannot work');
  });
});

describe('reidkit data extract', () => {
  it('takes the images of CUHK03 out, once, so that the data set can be checked', async () => {
    const root = join(folder, 'cuhk03');
    const before = await runCli(['data', 'check', root]);
    expect([before.code, before.stdout]).toEqual([1, expect.stringContaining('reidkit data extract')]);
    expect((await runCli(['data', 'extract', root])).stdout).toMatch(/^\d+ images are in /);
    expect((await runCli(['data', 'check', root])).code).toBe(0);
  });
});
