import { Random } from '@reidkit/core-tensor';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { layOut } from './lay-out.ts';
import { mapsSection } from './maps-section.ts';
import { heatColour, largestPart, partColour, regionPictures, sampleMask } from './mask-picture.ts';
import type { ReportRegionCard } from './picture-data.ts';
import { regionsSection } from './regions-section.ts';
import { Thumbnails } from './thumbnail.ts';

const HOSTILE = `"><script>alert(1)</script>`;

const grey = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#808080' } }).png().toBuffer(); // prettier-ignore

/** Mean colour of a part of a picture in a data URI, in shares of its size. */
async function meanOf(uri: string, [left, top, right, bottom]: readonly [number, number, number, number]): Promise<number[]> {
  const { data, info } = await sharp(Buffer.from(uri.split(',')[1]!, 'base64'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const sums = [0, 0, 0, 0];
  for (let row = Math.ceil(top * info.height); row < Math.floor(bottom * info.height); row++) {
    for (let column = Math.ceil(left * info.width); column < Math.floor(right * info.width); column++) {
      for (let i = 0; i < 3; i++) sums[i]! += data[(row * info.width + column) * 3 + i]!;
      sums[3]!++;
    }
  }
  return sums.slice(0, 3).map((sum) => Math.round(sum / sums[3]!));
}

const near = (actual: readonly number[], expected: readonly number[], within: number): void =>
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(within));

/** What 0.6 of a colour over grey 128 looks like. */
const over = (colour: readonly number[]): number[] => colour.map((channel) => 0.4 * 128 + 0.6 * channel);

describe('masks over pictures', () => {
  it('lie between the centres of cells and stay the same beyond the outer ones', () => {
    const mask = [0, 1, 2, 3];
    expect([sampleMask(mask, [2, 2], 0.5, 0.5), sampleMask(mask, [2, 2], 1.5, 1.5), sampleMask(mask, [2, 2], 1, 1)]).toEqual([0, 3, 1.5]);
    expect([sampleMask(mask, [2, 2], 0, 0), sampleMask(mask, [2, 2], 2, 2), sampleMask([7], [1, 1], 0.2, 0.9)]).toEqual([0, 3, 7]);
  });

  it('have fixed colours from 0 to 1, whatever else is on the picture', () => {
    expect([heatColour(0), heatColour(1), heatColour(-3), heatColour(9), heatColour(NaN)]).toEqual([
      [68, 1, 84], [253, 231, 37], [68, 1, 84], [253, 231, 37], [68, 1, 84],
    ]); // prettier-ignore
    expect(heatColour(0.5)).toEqual([33, 145, 140]);
  });

  it('leave the background where what the parts leave of 1 is larger than each of them', () => {
    expect([largestPart([0.5, 0.3]), largestPart([0.1, 0.6]), largestPart([0.2, 0.2]), largestPart([1, 1])]).toEqual([0, 1, -1, 0]);
  });

  it('lie on the original where the model saw them: a picture that it took cut and larger', async () => {
    // The model saw the right half of a 64 × 128 picture, twice as large: x = 32 + u / 2, y = v / 2.
    const card: ReportRegionCard = {
      person: { image: { bytes: await grey(64, 128) }, identity: 1, camera: 0 }, averagePrecision: 1, imageSize: [256, 64],
      toOriginal: [0.5, 0, 32, 0, 0.5, 0],
      regions: [{ mask: [1, 1, 0, 0, 0, 0, 0, 0] }, { mask: [0, 0, 0, 0, 1, 1, 1, 1] }],
    }; // prettier-ignore
    const { heat, largest } = (await regionPictures(card, { grid: [8, 1] }))!;
    near(await meanOf(heat[0]!, [0, 0, 0.45, 1]), [128, 128, 128], 3);
    near(await meanOf(heat[0]!, [0.6, 0.02, 0.95, 0.15]), over([253, 231, 37]), 8);
    near(await meanOf(heat[0]!, [0.6, 0.4, 0.95, 1]), over([68, 1, 84]), 8);
    const colour = [1, 3, 5].map((at) => parseInt(partColour(1).slice(at, at + 2), 16));
    near(await meanOf(largest, [0.6, 0.6, 0.95, 1]), over(colour), 8);
    near(await meanOf(largest, [0.6, 0.36, 0.95, 0.4]), [128, 128, 128], 8);
  });
});

describe('the section of regions', () => {
  const mask = [0.9, 0.1, 0.2, 0.7];
  const card = async (scores: object): Promise<ReportRegionCard> => ({
    person: { image: { bytes: await grey(32, 64) }, identity: HOSTILE, camera: 3 }, averagePrecision: 0.25, imageSize: [64, 32],
    toOriginal: [1, 0, 0, 0, 1, 0], regions: [{ mask, ...scores }, { mask, ...scores }],
  }); // prettier-ignore

  it('has a card with every region and its scores, and says how images were picked', async () => {
    const cards = [await card({ alpha: 0.95, beta: 0.854, weight: 0.9 })];
    const regions = { names: ['head', HOSTILE], grid: [2, 2] as const, random: cards, worst: cards, best: [] };
    const { markup } = await regionsSection(regions, new Thumbnails());
    expect(markup.match(/data:image\/jpeg/g)).toHaveLength(2 * 4);
    expect(markup.match(/α 0\.95/g)).toHaveLength(4);
    for (const text of ['β 0.85', 'w 0.90', 'AP 25.0 %', 'drawn by chance', 'Chosen because they failed', '2 × 2 cells', 'β: how near'])
      expect(markup).toContain(text);
    expect(markup).not.toContain('<script');
  });

  it('does without scores and without a picture', async () => {
    const broken = { ...(await card({})), person: { image: { file: 'nowhere.jpg' }, identity: 1, camera: null } };
    const regions = { names: ['head', 'foot'], grid: [2, 2] as const, random: [broken], worst: [], best: [] };
    const { markup } = await regionsSection(regions, new Thumbnails());
    expect(markup.match(/image cannot be read/g)).toHaveLength(4);
    expect(markup).not.toMatch(/α|undefined/);
  });
});

describe('descriptors in the plane', () => {
  const random = Random.seed(3);
  const centres = [0, 1, 2].map((group) => Array.from(random.fork('centre', group).normal(16)));
  const rows = Array.from({ length: 60 }, (_, i) => {
    const noise = random.fork('row', i).normal(16);
    return centres[i % 3]!.map((value, d) => 4 * value + noise[d]!);
  });

  it('keep neighbours together, and are the same for the same seed', async () => {
    const places = (await layOut(rows, 1))!;
    const nearest = places.map(({ x, y }, i) => {
      const distances = places.map((place, j) => (i === j ? Infinity : Math.hypot(place.x - x, place.y - y)));
      return distances.indexOf(Math.min(...distances));
    });
    expect(nearest.filter((j, i) => j % 3 === i % 3).length).toBeGreaterThanOrEqual(57);
    expect(await layOut(rows, 1)).toEqual(places);
    expect(await layOut(rows, 2)).not.toEqual(places);
  });

  it('are drawn with what was done to them said below, or a sentence in their place', async () => {
    const map = { heading: 'global, by person', explanation: 'How they were picked.', names: ['a', 'b', HOSTILE], seed: 5 };
    const { markup } = await mapsSection([{ ...map, rows, groups: rows.map((_, i) => i % 3) }]);
    expect(markup).toContain('How they were picked. UMAP of 60 descriptors, each divided by its norm: 15 neighbours, least distance 0.1, 400 epochs, seed 5.');
    expect(markup).toContain('fill="var(--series-3)"');
    expect(markup).not.toContain('<script');
    const few = await mapsSection([{ ...map, rows: rows.slice(0, 3), groups: [0, 1, 2] }]);
    expect(few.markup).toContain('too few descriptors');
    expect(await layOut(rows.map(() => [NaN, 1]), 1)).toBeNull();
  });
}); // prettier-ignore
