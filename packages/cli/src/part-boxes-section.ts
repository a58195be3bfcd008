import { join } from 'node:path';
import type { Box } from '@reidkit/core-tensor';
import type { PartCensus, PartExample } from '@reidkit/datasets';
import { html, renderChart, type ChartSeries, type Html, type Thumbnails } from '@reidkit/eval';

/** Styles of pictures of parts. */
export const PART_STYLE = `
.parts { display: flex; flex-wrap: wrap; gap: 8px; margin-bottom: 12px; }
.parts figure { margin: 0; width: 96px; font-size: 0.75rem; overflow-wrap: anywhere; }
.parts svg { width: 96px; border-radius: 4px; display: block; }
.parts rect { fill: none; vector-effect: non-scaling-stroke; stroke-width: 2; }
.parts .cell { fill-opacity: 0.55; stroke: #fff; stroke-opacity: 0.35; stroke-width: 0.5; }
`;

const PARTS = ['head', 'upper', 'legs'] as const;
const BINS = 20;

const colour = (part: number): string => `var(--series-${part + 1})`;

/** Shares of the boxes by height, in bins of a twentieth of the image. */
function series(heights: PartCensus['heights']['raw']): ChartSeries[] {
  return PARTS.map((name, part) => {
    const counts = new Float64Array(BINS + 1);
    for (const height of heights[name]) counts[Math.min(BINS - 1, Math.max(0, Math.floor(height * BINS)))]!++;
    counts[BINS] = counts[BINS - 1]!;
    const total = Math.max(1, heights[name].length);
    return { name, colour: part + 1, points: [...counts].map((count, bin) => ({ x: bin / BINS, y: count / total })) };
  });
}

function histogram(heading: string, heights: PartCensus['heights']['raw']): Promise<Html> {
  const chart = { xTitle: 'height of box / height of image', yTitle: 'share of boxes', xFormat: '.1f', isStepped: true };
  return renderChart(heading, { ...chart, series: series(heights) }, 'There is no box.');
}

const rectangle = ([x0, y0, x1, y1]: Box, part: number): Html =>
  html`<rect x="${x0}" y="${y0}" width="${x1 - x0}" height="${y1 - y0}" style="stroke: ${colour(part)}" />`;

/** A picture with something drawn over it, in pixels of the image. */
async function drawn(example: PartExample, root: string, thumbnails: Thumbnails, over: readonly Html[]): Promise<Html> {
  const { file, width, height } = example;
  const source = await thumbnails.of({ file: join(root, file) });
  const picture = html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="parts of ${file}">
    <image href="${source ?? ''}" width="${width}" height="${height}" preserveAspectRatio="none" />
    ${over}
  </svg>`;
  return html`<figure>
    ${source === undefined ? html`<p class="error">cannot be read</p>` : picture}
    <figcaption>${file.slice(file.lastIndexOf('/') + 1)}</figcaption>
  </figure>`;
}

const boxesOver = ({ boxes }: PartExample): Html[] => PARTS.flatMap((part, at) => (boxes[part] ? [rectangle(boxes[part], at)] : []));

function cellsOver({ cells, width, height }: PartExample, [rows, columns]: PartCensus['grid']): Html[] {
  const [w, h] = [width / columns, height / rows];
  return PARTS.flatMap((part, at) =>
    Array.from(cells[part], (inside, cell) => ({ inside, x: (cell % columns) * w, y: Math.floor(cell / columns) * h }))
      .filter(({ inside }) => inside > 0)
      .map(({ x, y }) => html`<rect class="cell" x="${x}" y="${y}" width="${w}" height="${h}" style="fill: ${colour(at)}" />`),
  );
}

async function group(heading: string, note: string, pictures: readonly Promise<Html>[]): Promise<Html | false> {
  if (pictures.length === 0) return false;
  return html`<h3>${heading}</h3>
    <p class="note">${note}</p>
    <div class="parts">${await Promise.all(pictures)}</div>`;
}

/** Boxes of body parts: pictures, heights before and after calibration, boxes that cannot be right, and masks of cells. */
export async function partBoxesSection(census: PartCensus, root: string, thumbnails: Thumbnails): Promise<Html> {
  const { counted, images, without, heights, rules, grid, sample, oversized, overSplit } = census;
  const withBoxes = (examples: readonly PartExample[]): Promise<Html>[] =>
    examples.map((example) => drawn(example, root, thumbnails, boxesOver(example)));
  const replaced = Object.entries(rules).map(([rule, count]) => `${rule} ${count}`).join(', '); // prettier-ignore
  return html`<section id="part-boxes">
    <h2>Boxes of body parts</h2>
    <p>
      ${counted} of ${images} images were looked at; ${without} have no box. Calibration puts stripes in place of
      ${replaced === '' ? 'none' : html`boxes by these rules: ${replaced}`}.
    </p>
    <ul class="legend">
      ${PARTS.map((part, at) => html`<li><span class="swatch series-${at + 1}"></span>${part}</li>`)}
    </ul>
    ${await group('Boxes as found', 'Images spread evenly over the data set.', withBoxes(sample))}
    <div class="charts">
      ${await histogram('Heights of boxes as found', heights.raw)} ${await histogram('Heights after calibration', heights.calibrated)}
    </div>
    ${await group('Oversized boxes', 'Too high for their part, or nearly the whole person.', withBoxes(oversized))}
    ${await group('Over-split boxes', 'Too little is left of the part.', withBoxes(overSplit))}
    ${await group(
      'Masks of cells',
      `What a model with ${grid[0]} × ${grid[1]} patches is taught: cells whose centre a calibrated box covers.`,
      sample.map((example) => drawn(example, root, thumbnails, cellsOver(example, grid))),
    )}
  </section>`;
}
