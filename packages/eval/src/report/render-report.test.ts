import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReport } from './render-report.ts';
import type { ReportData, ReportImage, ReportRankedQuery } from './report-data.ts';

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;`;

let folder: string;
let photo: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-report-'));
  photo = join(folder, `person's <b>"photo".jpg`);
  await sharp({ create: { width: 200, height: 400, channels: 3, background: '#3366cc' } })
    .jpeg()
    .toFile(photo);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const rankedQuery = (image: ReportImage, averagePrecision: number): ReportRankedQuery => ({
  query: { image, identity: HOSTILE, camera: 2 },
  averagePrecision,
  ranking: [
    { image, identity: 7, camera: null, distance: 0.25, match: true },
    { image: { file: join(folder, 'missing.jpg') }, identity: 8, camera: 1, distance: 0.5, match: false },
  ],
});

function reportData(image: ReportImage): ReportData {
  return {
    title: `Run ${HOSTILE}`,
    evaluation: {
      protocol: 'market1501',
      queries: 10,
      queriesDropped: 1,
      gallery: 15913,
      testIdentities: 4,
      notes: [HOSTILE],
      methods: [
        { name: 'Trained', mAP: 0.784, mINP: 0.5, cmc: { '1': 0.889, '5': 1 }, curve: [0.889, 0.9, 0.95, 1] },
        { name: HOSTILE, explanation: HOSTILE, mAP: 0.9, cmc: { '1': 0.2, '5': 0.4, '10': 0.5 } },
      ],
    },
    training: {
      unit: 'step',
      losses: [{ name: HOSTILE, points: [1, 2, 3].map((at) => ({ at, value: at === 2 ? NaN : 4 - at })) }],
      learningRate: [{ name: 'all', points: [{ at: 1, value: 0.1 }] }],
      evaluations: [{ epoch: 1, mAP: 0.5, rank1: 0.6 }],
    },
    rankedLists: { best: [rankedQuery(image, 1)], worst: [rankedQuery(image, 0.01)], random: [rankedQuery(image, 0.6)] },
    dataset: {
      fingerprint: { dataset: HOSTILE, splits: { [HOSTILE]: { records: 1, identities: 1, cameras: 1 } }, hash: 'abc123' },
      notes: [HOSTILE],
      excluded: { [HOSTILE]: 3 },
    },
    recipe: { note: HOSTILE },
    environment: { versions: { [HOSTILE]: '1' }, backend: HOSTILE, seed: 7, seconds: { train: 75 }, facts: { [HOSTILE]: HOSTILE } },
  };
}

/** What a reader sees: tags and styles taken out, entities turned back. */
const textOf = (page: string): string =>
  page
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

describe('renderReport', () => {
  it('needs nothing but itself', async () => {
    const page = await renderReport(reportData({ file: photo }));
    for (const [, address] of page.matchAll(/(?:src|href|xlink:href|action)="([^"]*)"/g))
      expect(address).toMatch(/^(data:image\/jpeg;base64,|#)/);
    expect(page).not.toMatch(/url\(|@import|<link|<script/);
    expect(page).toContain('Content-Security-Policy');
    expect(page.match(/data:image/g)).toHaveLength(6);
  });

  it('shows hostile names as text', async () => {
    const page = await renderReport(reportData({ file: photo }));
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img src=x');
    // One hit for each place a name can stand in, among them a heading, a table, a legend, a note, the recipe.
    expect(textOf(page).split(HOSTILE).length - 1).toBeGreaterThanOrEqual(12);
  });

  it('has every tag closed that it opens', async () => {
    const page = await renderReport(reportData({ file: photo }));
    const open: string[] = [];
    for (const [tag, slash, name, rest] of page.matchAll(/<(\/?)([a-zA-Z][\w:-]*)((?:"[^"]*"|[^>"])*)>/g)) {
      if (slash) expect(open.pop(), tag).toBe(name);
      else if (!rest!.trimEnd().endsWith('/')) open.push(name!);
    }
    expect(open).toEqual([]);
  });

  it('says the numbers in words and in a table', async () => {
    const text = textOf(await renderReport(reportData({ file: photo })));
    expect(text).toContain('9 query images were compared with 15 913 gallery images. For 8 of them (88.9 %) the first image');
    expect(text).toContain('11.6 points of mAP more. Look for the cause before using the model.');
    expect(text).toContain('Method mAP mINP Rank-1 Rank-5 Rank-10');
    expect(text).toContain('Trained 78.4 % 50.0 % 88.9 % 100.0 % –');
    expect(text).toContain('1 of 10 queries had no match left');
    expect(text).toContain('train 1 min 15 s');
    expect(text).toContain('abc123');
  });

  it('labels each group of ranked lists with what it means, and each image with what it is', async () => {
    const page = await renderReport(reportData({ file: photo }));
    const text = textOf(page);
    expect(text).toContain('Random queries Drawn by chance');
    expect(text).toContain('Best queries The queries with the highest average precision. Chosen because they went well');
    expect(text).toContain('Worst queries The queries with the lowest average precision. Chosen because they failed');
    expect(text).toContain('1. ✓ 0.250 cam ?');
    expect(text).toContain('image cannot be read 2. ✗ 0.500 cam 1');
    expect(page.match(/class="person match"/g)).toHaveLength(3);
    expect(page.match(/class="person other"/g)).toHaveLength(3);
  });

  it('takes pictures as bytes and shrinks them', async () => {
    const bytes = await sharp({ create: { width: 640, height: 1280, channels: 4, background: '#ff000080' } })
      .png()
      .toBuffer();
    const page = await renderReport(reportData({ bytes }));
    const [, encoded] = /data:image\/jpeg;base64,([^"]+)/.exec(page)!;
    expect(await sharp(Buffer.from(encoded!, 'base64')).metadata()).toMatchObject({ width: 96, height: 192 });
  });

  it('draws charts that follow the colours of the page and mentions what it left out', async () => {
    const page = await renderReport(reportData({ file: photo }));
    expect(page.match(/<svg viewBox="0 0 \d+ \d+" role="img" aria-label="/g)).toHaveLength(4);
    expect(page).toContain('stroke="var(--series-1)"');
    const text = textOf(page);
    for (const words of ['Queries matched (%)', 'Within the first k of the ranking', 'Step', 'Epoch', 'Learning rate'])
      expect(text).toContain(words);
    expect(text).toContain('1 value that cannot be drawn (not finite) is left out.');
  });

  it('says so where there is nothing to show', async () => {
    const full = reportData({ file: photo });
    const { recipe: _recipe, ...rest } = full;
    const bare: ReportData = {
      ...rest,
      evaluation: { ...full.evaluation, methods: [] },
      training: { unit: 'epoch', losses: [], learningRate: [], evaluations: [] },
      rankedLists: { best: [], worst: [], random: [] },
      environment: { ...full.environment, seconds: {} },
    };
    const text = textOf(await renderReport(bare));
    for (const words of [
      'No result was recorded.',
      'No losses were recorded.',
      'Nothing was evaluated during training.',
      'No queries were recorded.',
      'No times were recorded.',
    ]) {
      expect(text).toContain(words);
    }
    expect(text).not.toContain('undefined');
    const { training: _training, rankedLists: _lists, ...least } = bare;
    const short = textOf(await renderReport(least));
    expect(short).toContain('No training belongs to this report.');
    expect(short).not.toContain('Ranked lists');
  });

  it('comes out the same for the same data', async () => {
    const data = reportData({ file: photo });
    expect(await renderReport(data)).toBe(await renderReport(data));
  });

  it('reads each file once and survives one that is no picture', async () => {
    const text = join(folder, 'text.jpg');
    await writeFile(text, 'not a picture');
    expect(textOf(await renderReport(reportData({ file: text })))).toContain('image cannot be read');
  });
});
