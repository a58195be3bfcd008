import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRegistry, type DatasetReader, type Finding } from '@reidkit/core-tensor/base';
import { datasetsPlugin, findingsOf } from '@reidkit/datasets';
import { ANNOTATED_DATASETS } from './annotated-dataset.ts';

const goldens = join(import.meta.dirname, '../../goldens/datasets');
const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true })));

describe('the miniature data sets of frames, captions and instructions', () => {
  it.each(Object.keys(ANNOTATED_DATASETS))('%s is read as expected', async (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'reidkit-annotated-'));
    made.push(folder);
    execFileSync('tar', ['-xf', join(goldens, `${name}.tar`), '-C', folder]);
    const wrong: string[] = [];
    const check = (what: string, ok: boolean, detail = ''): void => {
      if (!ok) wrong.push(`${what}: ${detail}`);
    };
    const json = JSON.parse(readFileSync(join(goldens, `${name}.expected.json`), 'utf8')) as Record<string, unknown>;
    await ANNOTATED_DATASETS[name]!({ json, folder, report: { check, compare: () => undefined } });
    expect(wrong).toEqual([]);
  });
});

interface Wanted {
  readonly severity: string;
  readonly rule: string;
  readonly file: string;
}

const registry = createRegistry(datasetsPlugin);

/** What a reader finds in a damaged data set: from its error, or from what it read. */
async function findingsIn(use: string, options: unknown): Promise<readonly Finding[]> {
  try {
    return (await registry.use<DatasetReader>({ use, options }).read()).findings;
  } catch (error) {
    const found = findingsOf(error);
    if (!found) throw error;
    return found;
  }
}

describe('damaged data sets of frames, captions and instructions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reidkit-broken-'));
  made.push(folder);
  execFileSync('tar', ['-xf', join(goldens, 'broken.tar'), '-C', folder]);
  const { cases } = JSON.parse(readFileSync(join(goldens, 'broken.expected.json'), 'utf8')) as {
    cases: { id: string; dataset: string; root: string; report: Wanted[]; loads: Record<string, number> | null }[];
  };
  const mine = cases.filter(({ dataset }) => dataset in ANNOTATED_DATASETS);
  const lists = (captions: string): unknown => ({
    query: [{ list: 'datalist/query_attr.txt', captions }],
    gallery: [{ list: 'datalist/gallery_attr.txt', captions }],
  });

  it.each(mine.map((one) => [one.id, one] as const))('%s', async (_, { dataset, root, report, loads }) => {
    const options = dataset === 'instruct-reid' ? { instruction: 'caption', lists: lists('datalist/real2_v1.json') } : {};
    const place = join(folder, root);
    const found = await findingsIn(`dataset/${dataset}`, { root: place, ...options });
    for (const { severity, rule, file } of report) {
      const isSaid = found.some((one) => one.severity === severity && one.rule === rule && one.files?.some((name) => file.endsWith(`/${name}`)));
      expect(isSaid, `${severity} ${rule} ${file} among ${JSON.stringify(found)}`).toBe(true);
    }
    expect(found.some(({ severity }) => severity === 'error')).toBe(report.some(({ severity }) => severity === 'error'));
    if (!loads) return;
    const read = await registry.use<DatasetReader>({ use: `dataset/${dataset}`, options: { root: place, ...options } }).read();
    expect(Object.fromEntries(Object.entries(read.splits).map(([split, records]) => [split, records.length]))).toEqual(loads);
  });
});
