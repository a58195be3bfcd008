import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type ComparedQuery,
  renderComparison,
  renderReport,
  type ReportData,
  type ReportRankedQuery,
  type ReportRegionCard,
} from '@reidkit/eval';
import { defineRecipe } from '@reidkit/core-tensor';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gridPoints } from '../../packages/cli/src/sweep/grid.ts';
import { sweepFolder } from '../../packages/cli/src/sweep/sweep-folder.ts';
import type { SweepRun } from '../../packages/cli/src/sweep/sweep-results.ts';
import { writeSweep } from '../../packages/cli/src/sweep/write-sweep.ts';
import { chromiumPath, openChromium } from './open-chromium.ts';

const COLORS = ['#993333', '#339933', '#333399', '#999933', '#339999'];

type Photos = readonly { readonly file: string }[];

async function takePhotos(folder: string): Promise<Photos> {
  return Promise.all(
    COLORS.map(async (background, i) => {
      const file = join(folder, `${i}.jpg`);
      await sharp({ create: { width: 64, height: 128, channels: 3, background } })
        .jpeg()
        .toFile(file);
      return { file };
    }),
  );
}

const ranked = (photos: Photos, at: number): ReportRankedQuery => ({
  query: { image: photos[at]!, identity: at, camera: 0 },
  averagePrecision: 0.5,
  ranking: [...photos, ...photos].map((image, i) => ({ image, identity: i, camera: 1, distance: i / 10, match: i === at })),
});

const PARTS = ['head', 'upper body', 'lower body', 'foot'];

/** Four parts of which each fills a quarter of the grid. */
const card = (photos: Photos, at: number): ReportRegionCard => ({
  person: { image: photos[at]!, identity: at, camera: 0 },
  averagePrecision: 0.5,
  imageSize: [64, 32],
  toOriginal: [2, 0, 0, 0, 2, 0],
  regions: PARTS.map((_, part) => ({
    mask: Float32Array.from({ length: 32 }, (_, place) => (place >> 3 === part ? 0.9 : 0.02)),
    alpha: 0.95,
    beta: 0.1 + 0.2 * part,
    weight: 0.25,
  })),
});

const descriptors = (count: number): Float32Array[] =>
  Array.from({ length: count }, (_, i) => Float32Array.from({ length: 8 }, (_, d) => (i % 4 === d ? 1 : 0) + Math.sin(i * 8 + d) / 5));

const EVALUATION: ReportData['evaluation'] = {
  protocol: 'market1501',
  queries: 5,
  queriesDropped: 0,
  gallery: 25,
  testIdentities: 5,
  notes: [],
  methods: [{ name: 'Trained', mAP: 0.78, mINP: 0.5, cmc: { '1': 0.9, '5': 1 }, curve: [0.9, 0.92, 0.95, 1] }],
};

/** A page of a run whose people are plain colours. */
async function writeReport(folder: string): Promise<string> {
  const photos = await takePhotos(folder);
  const groups = Array.from({ length: 40 }, (_, i) => i % 4);
  const data: ReportData = {
    title: 'A run',
    evaluation: EVALUATION,
    training: {
      unit: 'step',
      losses: [{ name: 'identity', points: [1, 2, 3].map((at) => ({ at, value: 4 - at })) }],
      learningRate: [{ name: 'rate', points: [{ at: 1, value: 0.1 }, { at: 2, value: 0.01 }] }],
      evaluations: [{ epoch: 1, mAP: 0.5, rank1: 0.6 }],
    },
    rankedLists: { best: [ranked(photos, 0), ranked(photos, 1)], worst: [ranked(photos, 2)], random: [ranked(photos, 3), ranked(photos, 4)] },
    regions: { names: PARTS, grid: [8, 4], random: [card(photos, 0)], worst: [card(photos, 1)], best: [card(photos, 2)] },
    maps: [
      { heading: 'global, by person', explanation: 'All of them.', rows: descriptors(40), groups, names: ['a', 'b', 'c', 'd'], seed: 1 },
      { heading: 'regions, by part', explanation: 'All of them.', rows: descriptors(40), groups, names: PARTS, seed: 1 },
    ],
    dataset: { fingerprint: { dataset: 'colours', splits: { query: { records: 5, identities: 5, cameras: 1 } }, hash: 'abc' }, notes: [], excluded: {} },
    recipe: { name: 'baseline' },
    environment: { versions: { reidkit: '1' }, backend: 'onnx', seed: 7, seconds: { train: 75 }, facts: {} },
  }; // prettier-ignore
  const path = join(folder, 'report.html');
  await writeFile(path, await renderReport(data));
  return pathToFileURL(path).href;
}

/** Two runs on the same queries. */
async function writeComparison(folder: string): Promise<string> {
  const photos = await takePhotos(folder);
  const query = (at: number): ComparedQuery => ({
    query: ranked(photos, at).query,
    first: ranked(photos, at),
    second: { ...ranked(photos, (at + 1) % 5), averagePrecision: 0.75 },
  });
  const page = await renderComparison({
    names: ['baseline', 'rganet'], seed: 1, shared: 5, evaluation: EVALUATION, byline: ['colours', 'market1501'],
    random: [query(0), query(1)], gains: [query(2)], losses: [],
  }); // prettier-ignore
  const path = join(folder, 'compared.html');
  await writeFile(path, page);
  return pathToFileURL(path).href;
}

/** A sweep of two axes, half of whose runs are finished. */
async function writeSweepPage(folder: string): Promise<string> {
  const axes = [
    { path: 'model.options.gamma', values: ['1', '5', '20', '100'] },
    { path: 'model.options.regions', values: ['2', '4'] },
  ];
  const runs = gridPoints(axes, [1, 2]).map((point, i): SweepRun => {
    if (i === 3) return { ...point, status: 'failed', problem: 'The loss is NaN.' };
    return { ...point, status: 'finished', figures: { mAP: 0.4 + 0.01 * i, rank1: 0.6, mINP: 0.2 } };
  });
  const base = defineRecipe({
    name: 'people', model: { use: 'model/baseline' },
    streams: { main: { dataset: { use: 'dataset/market1501' }, sampler: { use: 'sampler/pk' }, transforms: [] } },
    stages: [{ name: 'train', epochs: 1, losses: { a: { use: 'loss/triplet' } }, optimizer: { use: 'optimizer/adam' }, schedule: { use: 'schedule/cosine' } }],
    evaluation: { transforms: [], protocol: { use: 'protocol/market1501' }, scorer: { use: 'scorer/cosine' } },
  }); // prettier-ignore
  const path = sweepFolder(folder);
  await writeSweep(path, { axes, seeds: [1, 2], points: runs, base, hash: 'abc' }, runs);
  return pathToFileURL(path.page).href;
}

/** What is wrong with a page as it stands in the browser. */
async function problemsOf(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const all = Array.from(document.images);
    // Pictures further down are read when somebody scrolls to them.
    await Promise.all(all.map((image) => ((image.loading = 'eager'), image.decode().catch(() => undefined))));
    const broken = all.filter((image) => !image.complete || image.naturalWidth === 0);
    const root = document.documentElement;
    return [
      ...broken.map((image) => `a picture does not show: ${image.alt}`),
      ...(root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} pixels wide in a window of ${root.clientWidth}`] : []),
    ];
  });
}

const views = [
  { width: 390, height: 844, colorScheme: 'light' },
  { width: 390, height: 844, colorScheme: 'dark' },
  { width: 1280, height: 800, colorScheme: 'light' },
  { width: 1280, height: 800, colorScheme: 'dark' },
] as const;

interface PageCase {
  readonly name: string;
  readonly write: (folder: string) => Promise<string>;
  /** Pictures and charts on it. */
  readonly pictures: number;
  readonly charts: number;
  /** Words that a reader finds. */
  readonly words: readonly string[];
}

const pages: readonly PageCase[] = [
  { name: 'report', write: writeReport, pictures: 5 * 11 + 3 * 6, charts: 6, words: ['78.0', 'α 0.95', 'largest part', 'UMAP of 40 descriptors'] },
  { name: 'comparison', write: writeComparison, pictures: 3 * 21, charts: 0, words: ['rganet: AP 75.0 %', 'Where rganet gains most', 'There are none.'] },
  { name: 'sweep', write: writeSweepPage, pictures: 0, charts: 4, words: ['1 of 2', 'The loss is NaN.', 'model.options.gamma'] },
]; // prettier-ignore

describe.skipIf(!chromiumPath()).each(pages)('the $name page in a browser', ({ write, pictures, charts, words }) => {
  let folder: string;
  let url: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reidkit-browser-'));
    url = await write(folder);
    browser = await openChromium();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  it.each(views)('works from disk without an error, $width pixels wide, $colorScheme', async ({ width, height, colorScheme }) => {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => !/^(file|data):/.test(request.url()) && errors.push(`asked for ${request.url()}`));
    await page.goto(url);
    expect(errors).toEqual([]);
    expect(await problemsOf(page)).toEqual([]);
    expect(await page.locator('img').count()).toBe(pictures);
    expect(await page.locator('svg[role=img]').count()).toBe(charts);
    for (const word of words) expect(await page.getByText(word, { exact: false }).count(), word).toBeGreaterThan(0);
    await page.close();
  });
});
