import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistry, ReidError, type CropRecord, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { checkDataset } from '../check/check-dataset.ts';
import { recognize, recognizeDataset } from '../check/recognize.ts';
import { identityLabels } from '../label-map.ts';
import { datasetsPlugin } from '../plugin.ts';

const GOLDENS = fileURLToPath(new URL('../../../../goldens/datasets/', import.meta.url));
const registry = createRegistry(datasetsPlugin);
const reader = (use: string, options: unknown): DatasetReader => registry.use({ use, options });
const readMarket = (root: string, options = {}): Promise<Dataset> => reader('dataset/market1501', { root, ...options }).read();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reidkit-market-'));
  for (const name of ['market1501', 'broken']) execFileSync('tar', ['xf', join(GOLDENS, `${name}.tar`), '-C', folder]);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function messageOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (ReidError.is(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}

interface ExpectedItem {
  readonly file: string;
  readonly pid: number;
  readonly cam: number;
  readonly label?: number;
}

describe('Market-1501', () => {
  const expected = JSON.parse(readFileSync(join(GOLDENS, 'market1501.expected.json'), 'utf8')) as {
    places: { root: string }[];
    splits: Record<string, ExpectedItem[]>;
    excluded: { file: string; why: string }[];
    queryCheck: { valid: number; withoutMatch: string[] };
  };
  const places = expected.places.map(({ root }) => root);

  it.each(places)('is read as expected at %s', async (place) => {
    const dataset = await readMarket(join(folder, place));
    const labels = identityLabels(dataset.splits.train!);
    for (const split of ['train', 'query', 'gallery']) {
      const got = (dataset.splits[split] as CropRecord[]).map(({ file, identity, camera }) => ({ file, pid: identity, cam: camera }));
      const want = expected.splits[split]!.map(({ file, pid, cam }) => ({ file, pid, cam }));
      const byFile = (a: { file: string }, b: { file: string }): number => (a.file < b.file ? -1 : 1);
      expect(got.sort(byFile)).toEqual(want.sort(byFile));
    }
    for (const { pid, label } of expected.splits.train!) expect(labels.labelOf(pid)).toBe(label);
    expect(dataset.excluded.map(({ file }) => file).sort()).toEqual(expected.excluded.map(({ file }) => file).sort());
    expect(dataset.excluded.find(({ file }) => file.includes('-1_c2s1'))?.rule).toBe('junk: identity -1');
  });

  it('is found from the folder above, with the same fingerprint', async () => {
    const inside = await readMarket(join(folder, 'nested/market1501/Market-1501-v15.09.15'));
    const above = await readMarket(join(folder, 'nested/market1501'));
    expect(above.fingerprint).toEqual(inside.fingerprint);
    expect(above.root).toBe(inside.root);
  });

  it('adds the further distractors to the gallery only when asked to', async () => {
    const dataset = await readMarket(join(folder, places[0]!), { distractors: true });
    const files = dataset.splits.gallery!.map((record) => (record as CropRecord).file);
    expect(files.filter((file) => file.startsWith('images/')).length).toBe(3);
    expect(files.length).toBe(expected.splits.gallery!.length + 3);
  });

  it('is reported with counts, published counts, exclusions and answerable queries', async () => {
    const report = await checkDataset(reader('dataset/market1501', { root: join(folder, places[0]!) }), { deep: true });
    expect(report.ok).toBe(true);
    expect(report.splits.train).toMatchObject({ records: 17, identities: 6, cameras: 5, published: { records: 12_936, identities: 751 } });
    expect(report.splits.train!.perIdentity).toMatchObject({ least: 2, most: 4 });
    expect(Object.values(report.splits.gallery!.perCamera).reduce((sum, n) => sum + n, 0)).toBe(22);
    expect(report.excluded).toContainEqual(expect.objectContaining({ rule: 'junk: identity -1', count: 5 }));
    expect(report.retrieval).toMatchObject({
      queries: 7,
      valid: expected.queryCheck.valid,
      sameCameraOnly: expected.queryCheck.withoutMatch,
    });
    expect(report.content).toMatchObject({ checked: 46, unreadable: [], duplicates: [], sizes: { smallest: [48, 24], largest: [48, 24] } });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('is recognised, and told from data of other cameras and from synthetic pedestrians', async () => {
    const root = join(folder, places[0]!);
    expect(await recognizeDataset(root)).toEqual({ use: 'dataset/market1501', options: { root } });
    expect((await recognize(join(folder, 'camera-out-of-range')))?.node.use).toBe('dataset/market1501'); // its queries look right
    expect(await messageOf(recognizeDataset(join(root, 'query')))).toContain('looks like no data set that is known');
    const copy = join(folder, 'copy');
    cpSync(root, copy, { recursive: true });
    writeFileSync(join(copy, 'query', '0086_c7s1_000001_00.jpg'), '');
    expect((await recognize(copy))?.node.use).toBe('dataset/market-style');
    writeFileSync(join(copy, 'synthetic.json'), '{}');
    expect((await recognize(copy))?.node.use).toBe('dataset/synthetic');
  });
});

interface BrokenCase {
  readonly id: string;
  readonly dataset: string;
  readonly root: string;
  readonly report: readonly { readonly severity: string; readonly rule: string; readonly file?: string; readonly count?: number }[];
  readonly loads: Record<string, number> | null;
  readonly loadsEither?: readonly Record<string, number>[];
}

describe('damaged and awkward data sets', () => {
  const { cases } = JSON.parse(readFileSync(join(GOLDENS, 'broken.expected.json'), 'utf8')) as { cases: BrokenCase[] };
  const market = cases.filter(({ dataset }) => dataset === 'market1501');

  it('there are some', () => expect(market.length).toBeGreaterThan(14));

  it.each(market.map((broken) => [broken.id, broken] as const))('%s', async (id, broken) => {
    const report = await checkDataset(reader('dataset/market1501', { root: join(folder, broken.root) }), { deep: true });
    const loads = Object.fromEntries(Object.entries(report.splits).map(([split, { records }]) => [split, records]));
    // Finding the inner folder by itself is one of the two right answers.
    const isNested = id === 'nested-folder';
    const allowed = isNested ? [{ train: 6, query: 3, gallery: 6 }] : (broken.loadsEither ?? [broken.loads ?? {}]);
    expect(allowed).toContainEqual(loads);
    const wanted = broken.report.filter(({ rule }) => !(isNested && rule === 'missing-folder'));
    for (const { severity, rule, file, count } of wanted) {
      const found = report.findings.filter((finding) => finding.rule === rule && finding.severity === severity);
      expect(found, `${severity} ${rule} in ${JSON.stringify(report.findings)}`).toHaveLength(1);
      if (file) expect(`${found[0]!.message} ${found[0]!.files?.join(' ')}`).toContain(file.split('/').at(-1));
      if (count !== undefined) expect(found[0]!.count).toBe(count);
    }
    // Nothing else is complained about; other counts than the published ones are no complaint.
    const rules = new Set(wanted.map(({ rule }) => rule));
    const others = report.findings.filter(({ rule }) => !rules.has(rule) && rule !== 'other-counts');
    expect(others).toEqual([]);
  });
});

describe('messages of the reader', () => {
  it('name the folder, what was looked for and what is there', async () => {
    expect(await messageOf(readMarket(join(folder, 'nowhere')))).toMatch(/^FILE_NOT_FOUND: Market-1501: there is no folder .*nowhere/);
    const message = await messageOf(readMarket(join(folder, 'missing-folder')));
    expect(message).toMatch(/^DATASET_INVALID: There is no Market-1501 at .*\n {2}- the folder .*query is not there/);
    expect(message).toMatch(/hint: looked in .*Market-1501-v15.09.15; .* has the folders bounding_box_test, bounding_box_train/);
  });

  it('show three names and the pattern when no image fits', async () => {
    const root = join(folder, 'renamed');
    cpSync(join(folder, 'other/Market1501'), root, { recursive: true });
    rmSync(join(root, 'query'), { recursive: true });
    cpSync(join(folder, 'other/Market1501/query'), join(root, 'query'), { recursive: true, filter: (path) => !path.endsWith('.jpg') });
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']) writeFileSync(join(root, 'query', name), '');
    const message = await messageOf(readMarket(root));
    expect(message).toContain('no image with a name like 0002_c1s1_000451_03.jpg: it has 4 images, named like a.jpg, b.jpg, c.jpg');
  });

  it('point to the layout for own data when numbers are out of range', async () => {
    const message = await messageOf(readMarket(join(folder, 'camera-out-of-range')));
    expect(message).toContain('another camera in 2 file names (Market-1501 has cameras 1 to 6)');
    expect(message).toContain('dataset/market-style');
  });
});

describe('the sidecar', () => {
  let root: string;
  const first = 'bounding_box_train/0003_c2s4_023565_07.jpg';
  const entry = {
    file: first,
    identity: 3,
    camera: 1,
    clothes: 4,
    captions: ['a red coat'],
    partBoxes: { head: [1, 2, 3, 4] },
    garment: 'query/Thumbs.db',
  };
  const write = (...lines: unknown[]): void =>
    writeFileSync(join(root, 'records.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  beforeAll(() => {
    root = join(folder, 'with-sidecar');
    cpSync(join(folder, 'other/Market1501'), root, { recursive: true });
  });

  it('adds to the records; reports orphans and gaps, but not what a rule left out', async () => {
    write(entry, { file: 'query/gone.jpg' }, { file: 'bounding_box_test/-1_c2s1_132843_08.jpg', occluded: 0.5, attributes: null });
    const dataset = await readMarket(root);
    expect(dataset.splits.train![0]).toEqual({ ...entry, form: 'crop', split: 'train' });
    const findings = Object.fromEntries(dataset.findings.map((finding) => [finding.rule, finding]));
    expect(findings['sidecar-orphan']).toMatchObject({ severity: 'warning', count: 1, files: ['query/gone.jpg'] });
    expect(findings['sidecar-gap']).toMatchObject({ severity: 'warning', count: 45 });
  });

  it('must agree with the file names', async () => {
    write({ ...entry, camera: 2 });
    expect(await messageOf(readMarket(root))).toMatch(
      /records.jsonl disagrees with 1 file name about identity or camera: .*identity 3, camera 2/,
    );
  });

  it('names masks and garments that are not there', async () => {
    write({ ...entry, mask: 'masks/a.png', garment: 'masks/b.png' });
    expect(await messageOf(readMarket(root))).toContain('records.jsonl names 2 files that cannot be found: masks/a.png, masks/b.png');
  });

  it('is refused with line numbers when it cannot be read', async () => {
    write(entry, { file: '/etc/passwd' }, { ...entry, colour: 1 }, entry);
    const message = await messageOf(readMarket(root));
    expect(message).toContain('records.jsonl line 2: "file": is no path below');
    expect(message).toContain('records.jsonl line 3: unknown option "colour"');
    expect(message).toContain('records.jsonl line 4: bounding_box_train/0003_c2s4_023565_07.jpg is there twice');
  });

  it('can be ignored, and can be required', async () => {
    const ignored = await readMarket(root, { sidecar: 'ignore' });
    expect(ignored.splits.train![0]).not.toHaveProperty('clothes');
    rmSync(join(root, 'records.jsonl'));
    expect(existsSync(join(root, 'records.jsonl'))).toBe(false);
    expect(await messageOf(readMarket(root, { sidecar: 'require' }))).toMatch(/FILE_NOT_FOUND: There is no file .*records.jsonl/);
  });
});
