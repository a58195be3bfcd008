import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { renderReport, type ReportData, type ReportRankedQuery } from '@reidkit/eval';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, openChromium } from './open-chromium.ts';

const COLORS = ['#993333', '#339933', '#333399', '#999933', '#339999'];

/** A page of a run whose people are plain colours. */
async function writeReport(folder: string): Promise<string> {
  const photos = await Promise.all(
    COLORS.map(async (background, i) => {
      const file = join(folder, `${i}.jpg`);
      await sharp({ create: { width: 64, height: 128, channels: 3, background } })
        .jpeg()
        .toFile(file);
      return { file };
    }),
  );
  const ranked = (at: number): ReportRankedQuery => ({
    query: { image: photos[at]!, identity: at, camera: 0 },
    averagePrecision: 0.5,
    ranking: photos.map((image, i) => ({ image, identity: i, camera: 1, distance: i / 10, match: i === at })),
  });
  const data: ReportData = {
    title: 'A run',
    evaluation: {
      protocol: 'market1501',
      queries: 5,
      queriesDropped: 0,
      gallery: 25,
      testIdentities: 5,
      notes: [],
      methods: [{ name: 'Trained', mAP: 0.78, mINP: 0.5, cmc: { '1': 0.9, '5': 1 }, curve: [0.9, 0.92, 0.95, 1] }],
    },
    training: {
      unit: 'step',
      losses: [{ name: 'identity', points: [1, 2, 3].map((at) => ({ at, value: 4 - at })) }],
      learningRate: [{ name: 'rate', points: [{ at: 1, value: 0.1 }, { at: 2, value: 0.01 }] }],
      evaluations: [{ epoch: 1, mAP: 0.5, rank1: 0.6 }],
    },
    rankedLists: { best: [ranked(0), ranked(1)], worst: [ranked(2)], random: [ranked(3), ranked(4)] },
    dataset: { fingerprint: { dataset: 'colours', splits: { query: { records: 5, identities: 5, cameras: 1 } }, hash: 'abc' }, notes: [], excluded: {} },
    recipe: { name: 'baseline' },
    environment: { versions: { reidkit: '1' }, backend: 'onnx', seed: 7, seconds: { train: 75 }, facts: {} },
  }; // prettier-ignore
  const path = join(folder, 'report.html');
  await writeFile(path, await renderReport(data));
  return pathToFileURL(path).href;
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
      ...(all.length === 0 ? ['there are no pictures'] : []),
      ...broken.map((image) => `a picture does not show: ${image.alt}`),
      ...(root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} pixels wide in a window of ${root.clientWidth}`] : []),
    ];
  });
}

describe.skipIf(!chromiumPath())('the report page in a browser', () => {
  let folder: string;
  let url: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reidkit-browser-'));
    url = await writeReport(folder);
    browser = await openChromium();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  const views = [
    { width: 390, height: 844, colorScheme: 'light' },
    { width: 390, height: 844, colorScheme: 'dark' },
    { width: 1280, height: 800, colorScheme: 'light' },
    { width: 1280, height: 800, colorScheme: 'dark' },
  ] as const;
  it.each(views)('works from disk without an error, $width pixels wide, $colorScheme', async ({ width, height, colorScheme }) => {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => !/^(file|data):/.test(request.url()) && errors.push(`asked for ${request.url()}`));
    await page.goto(url);
    expect(errors).toEqual([]);
    expect(await problemsOf(page)).toEqual([]);
    expect(await page.locator('img').count()).toBeGreaterThanOrEqual(5 * 6);
    expect(await page.getByText('78.0', { exact: false }).count()).toBeGreaterThan(0);
    await page.close();
  });
});
