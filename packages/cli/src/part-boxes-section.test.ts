import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PartExample } from '@reidkit/datasets';
import { Thumbnails } from '@reidkit/eval';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { partBoxesSection } from './part-boxes-section.ts';

/** A grey picture of 8 by 16 pixels as PNG. */
const GREY =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAQCAMAAAAcVM5PAAAAA1BMVEVaWloNu5uIAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADElEQVQI12NgGFwAAACQAAHNWHIlAAAAAElFTkSuQmCC';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-parts-'));
  await writeFile(join(folder, 'a.png'), Buffer.from(GREY, 'base64'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('shows boxes over images, histograms of heights, boxes that cannot be right, and the cells of each part', async () => {
  const boxes = { head: [2, 0, 6, 4], upper: [1, 4, 7, 10], legs: [1, 10, 7, 16] } as const;
  const cells = { head: Float32Array.of(1, 0, 0, 0), upper: Float32Array.of(0, 1, 1, 0), legs: Float32Array.of(0, 0, 1, 1) };
  const example: PartExample = { file: 'a.png', width: 8, height: 16, boxes, calibrated: boxes, replaced: {}, cells };
  const heights = { head: [0.25, 0.3], upper: [0.4, 0.4], legs: [0.4, 0.35] };
  const census = {
    counted: 2,
    images: 3,
    without: 1,
    rules: { height: 1 },
    grid: [2, 2] as const,
    heights: { raw: heights, calibrated: heights },
  };
  const section = await partBoxesSection({ ...census, sample: [example], oversized: [{ ...example, file: 'gone.png' }], overSplit: [] }, folder, new Thumbnails()); // prettier-ignore
  const page = section.markup;
  expect(page).toContain('2 of 3 images were looked at; 1 have no box');
  expect(page).toContain('height 1');
  expect(page.match(/class="cell"/g)).toHaveLength(5);
  expect(page).toContain('<rect x="2" y="0" width="4" height="4"');
  expect(page).toContain('Oversized boxes');
  expect(page).toContain('cannot be read');
  expect(page).not.toContain('Over-split boxes');
  expect(page.match(/<figure class="chart">/g)).toHaveLength(2);
});
