import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistry, type Dataset, type DatasetReader } from '@reidkit/core-tensor';
import { checkDataset, createImageDecoder, datasetsPlugin, recognizeDataset } from '@reidkit/datasets';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { ANNOTATED_DATASETS } from '../annotated-dataset.ts';
import { compareDraws } from '../dataset-draws.ts';
import { baseOf, itemOf, outfitOf, pickedRecords, type ExpectedItem } from '../dataset-items.ts';
import { readingsOf, type Reading } from '../dataset-readings.ts';
import { untar } from '../untar.ts';

const registry = createRegistry(datasetsPlugin);

interface Made {
  readonly reading: Reading;
  readonly dataset: Dataset;
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Says what two lists of items have not in common. */
function difference(got: readonly unknown[], want: readonly unknown[]): string {
  const [mine, theirs] = [got, want].map((items) => items.map((item) => JSON.stringify(item)));
  const extra = mine!.filter((item) => !theirs!.includes(item));
  const lacking = theirs!.filter((item) => !mine!.includes(item));
  return `${got.length} items, expected ${want.length}; not expected ${extra.slice(0, 2).join(' ') || 'none'}; lacking ${lacking.slice(0, 2).join(' ') || 'none'}`;
}

/** Splits whose outfits are numbered together: training, validation, and everything else of a reading. */
function poolOf(expectedSplit: string): string {
  const [prefix, name] = expectedSplit.includes('.') ? expectedSplit.split('.') : ['', expectedSplit];
  return `${prefix} ${name === 'train' || name === 'val' ? name : 'test'}`;
}

function outfitPools(made: readonly Made[]): Map<string, string[]> {
  const pools = new Map<string, Set<string>>();
  for (const { reading, dataset } of made) {
    for (const [expected, pick] of Object.entries(reading.splits)) {
      const pool = pools.get(poolOf(expected)) ?? new Set();
      for (const record of pickedRecords(dataset, pick)) pool.add(outfitOf(record, dataset) ?? '');
      pools.set(poolOf(expected), pool);
    }
  }
  const numeric = (name: string): number[] => name.split('_').map(Number);
  const order = (a: string, b: string): number => {
    const [[p, o], [q, r]] = [numeric(a), numeric(b)];
    return a.includes('_') ? p! - q! || o! - r! : a < b ? -1 : 1;
  };
  return new Map([...pools].map(([name, pool]) => [name, [...pool].sort(order)]));
}

function compareSplits({ json, report }: GoldenCase, archive: string, made: readonly Made[]): void {
  const pools = outfitPools(made);
  const seen = new Set<string>();
  for (const { reading, dataset } of made) {
    for (const [name, pick] of Object.entries(reading.splits)) {
      seen.add(name);
      const want = json.splits[name] as ExpectedItem[];
      // matIndex is what the reader has followed to the name of the file.
      const fields = [...new Set(want.flatMap((item) => Object.keys(item)))].filter((field) => field !== 'matIndex');
      const context = { dataset, reading, split: pick.split, base: baseOf(want, archive, reading, dataset), outfits: pools.get(poolOf(name))! };
      const got = pickedRecords(dataset, pick).map((record) => itemOf(record, fields, context)).sort(byText); // prettier-ignore
      const wanted = want.map((item) => Object.fromEntries(fields.map((field) => [field, item[field]]))).sort(byText);
      const where = `${name} at ${reading.place} ${JSON.stringify(reading.options ?? {})}`;
      report.check(where, JSON.stringify(got) === JSON.stringify(wanted), difference(got, wanted));
    }
  }
  for (const name of Object.keys(json.splits)) report.check(`${name} is read`, seen.has(name), 'no reading gives this split');
}

const REASONS: readonly (readonly [RegExp, RegExp])[] = [
  [/^junk/, /^junk/],
  [/not an image/, /not an image/],
];

function compareExcluded({ json, report }: GoldenCase, [first]: readonly Made[]): void {
  const { excluded } = first!.dataset;
  const rules = new Map(excluded.map(({ file, rule }) => [file, rule]));
  for (const { file, why } of json.excluded as { file: string; why: string }[]) {
    const rule = [...rules].find(([own]) => own === file || file.endsWith(`/${own}`))?.[1];
    const [, ours] = REASONS.find(([theirs]) => theirs.test(why)) ?? [/./, /./];
    report.check(`leaves out ${file}`, rule !== undefined && ours.test(rule), `expected "${why}", got ${rule ?? 'nothing'}`);
  }
  const expected = json.excluded.length;
  if (expected > 0) report.check('leaves out nothing else', excluded.length === expected, `${excluded.length} files, expected ${expected}`);
}

async function compareRetrieval({ json, report }: GoldenCase, [first]: readonly Made[]): Promise<void> {
  if (!json.queryCheck) return;
  const { retrieval } = await checkDataset(first!.dataset);
  const { valid, withoutMatch } = json.queryCheck as { valid: number; withoutMatch: string[] };
  const left = [...(retrieval?.absent ?? []), ...(retrieval?.sameCameraOnly ?? [])].sort();
  const isRight = retrieval?.valid === valid && JSON.stringify(left) === JSON.stringify([...withoutMatch].sort());
  report.check('queries with a match', isRight, `${retrieval?.valid} and ${left.join(', ')}, expected ${valid} and ${withoutMatch.join(', ')}`);
}

const LEVELS = 12;

async function comparePictures({ json, report }: GoldenCase, archive: string): Promise<void> {
  const decoder = await createImageDecoder();
  for (const [file, { w, h, topMiddle }] of Object.entries(json.pictures as Record<string, { w: number; h: number; topMiddle: number[] }>)) {
    const { width, height, data } = await decoder.decode(readFileSync(join(archive, file)), file);
    const pixel = [...data.subarray((width >> 1) * 3, (width >> 1) * 3 + 3)];
    const isNear = pixel.every((level, c) => Math.abs(level - topMiddle[c]!) <= LEVELS);
    report.check(file, width === w && height === h && isNear, `${width} by ${height}, ${pixel.join(' ')}; expected ${w} by ${h}, ${topMiddle.join(' ')}`);
  }
}

export const adapter: GoldenAdapter = {
  family: 'dataset',
  async run(golden) {
    const { json, folder, report } = golden;
    const archive = mkdtempSync(join(tmpdir(), 'reidkit-golden-'));
    try {
      untar(join(folder, json.archive.file), archive);
      const annotated = ANNOTATED_DATASETS[json.dataset as string];
      if (annotated) {
        await annotated({ json, folder: archive, report });
        return await comparePictures(golden, archive);
      }
      const made: Made[] = [];
      for (const reading of readingsOf({ dataset: json.dataset, places: json.places, splits: json.splits })) {
        const prepared = (await reading.prepare?.(archive)) ?? {};
        const { use, options } = await recognizeDataset(join(archive, reading.place));
        const reader = registry.use<DatasetReader>({ use, options: { ...(options as object), ...reading.options, ...prepared } });
        made.push({ reading, dataset: await reader.read() });
        const error = made.at(-1)!.dataset.findings.find(({ severity }) => severity === 'error');
        report.check(`${use} finds no error at ${reading.place}`, error === undefined, error?.message);
      }
      compareSplits(golden, archive, made);
      compareExcluded(golden, made);
      await compareRetrieval(golden, made);
      await comparePictures(golden, archive);
      await compareDraws(golden, archive, registry);
    } finally {
      rmSync(archive, { recursive: true });
    }
  },
};
