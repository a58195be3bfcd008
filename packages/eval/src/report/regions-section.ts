import { percent, plural } from './format-number.ts';
import { html, trusted, type Html } from './html.ts';
import { HEAT_COLOURS, partColour, regionPictures } from './mask-picture.ts';
import type { ReportRegion, ReportRegionCard, ReportRegions } from './picture-data.ts';
import { cameraOf } from './ranked-section.ts';
import type { Thumbnails } from './thumbnail.ts';

const GROUPS = [
  { key: 'random', name: 'Random queries', meaning: 'The first of the random queries of the ranked lists: drawn by chance.' },
  { key: 'worst', name: 'Worst queries', meaning: 'The queries with the lowest average precision. Chosen because they failed.' },
  { key: 'best', name: 'Best queries', meaning: 'The queries with the highest average precision. Chosen because they went well.' },
] as const;

const SCORES = [
  { key: 'alpha', sign: 'α', meaning: 'how discriminative the region looks by itself' },
  { key: 'beta', sign: 'β', meaning: 'how near it is to what this region usually is' },
  { key: 'weight', sign: 'w', meaning: 'what it counts in matching' },
] as const;

/** Styles of cards of regions. */
export const REGION_STYLE = `
.card { padding: 12px 0; border-top: 1px dashed var(--line); }
.card ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(74px, 96px)); gap: 10px 8px; list-style: none; margin: 0; padding: 0; }
.scale { display: flex; align-items: center; gap: 8px; font-size: 0.875rem; margin-bottom: 8px; }
.scale i { flex: 0 1 180px; height: 12px; border-radius: 3px; background: linear-gradient(to right, ${HEAT_COLOURS.join(', ')}); }
`;

const frame = (uri: string | undefined, alt: string): Html =>
  html`<span class="frame"
    >${uri === undefined ? html`<span class="missing">image cannot be read</span>` : html`<img src="${uri}" alt="${alt}" loading="lazy" />`}</span
  >`;

const scoresOf = (region: ReportRegion): Html[] =>
  SCORES.flatMap(({ key, sign }) => {
    const value = region[key];
    return value === undefined ? [] : html`<span>${sign} ${value.toFixed(2)}</span>`;
  });

async function cardOf(card: ReportRegionCard, regions: ReportRegions, thumbnails: Thumbnails): Promise<Html> {
  const { person, averagePrecision } = card;
  const pictures = await regionPictures(card, regions);
  const who = `person ${person.identity}`;
  return html`<article class="card">
    <ol>
      <li class="person">
        ${frame(await thumbnails.of(person.image), `${who}, ${cameraOf(person)}`)}
        <span class="mark">${who}</span><span>${cameraOf(person)}</span><span>AP ${percent(averagePrecision)}</span>
      </li>
      ${card.regions.map(
        (region, part) =>
          html`<li class="person">
            ${frame(pictures?.heat[part], `${regions.names[part]!} of ${who}`)}
            <span class="mark">${regions.names[part]!}</span>${scoresOf(region)}
          </li>`,
      )}
      <li class="person">${frame(pictures?.largest, `largest part at each place, ${who}`)} <span class="mark">largest part</span></li>
    </ol>
  </article>`;
}

function legend({ names, random, worst, best }: ReportRegions): Html {
  const [any] = [...random, ...worst, ...best];
  const given = SCORES.filter(({ key }) => any?.regions[0]?.[key] !== undefined);
  return html`<div class="scale"><span>0</span><i></i><span>1: the place belongs to the region wholly</span></div>
    <ul class="legend">
      ${names.map((name, part) => html`<li>${trusted(`<span class="swatch" style="background: ${partColour(part)}"></span>`)}${name}</li>`)}
      <li>${trusted('<span class="swatch" style="background: #808080"></span>')}none: what the parts leave of 1 is larger</li>
    </ul>
    ${given.length > 0 && html`<p class="note">${given.map(({ sign, meaning }) => `${sign}: ${meaning}`).join('; ')}.</p>`}`;
}

/** Cards of some queries: the image, a heat map and the scores of each region, and the map of the largest part. */
export async function regionsSection(regions: ReportRegions, thumbnails: Thumbnails): Promise<Html> {
  const [rows, columns] = regions.grid;
  const groups = GROUPS.map(async ({ key, name, meaning }) => {
    const cards = await Promise.all(regions[key].map((card) => cardOf(card, regions, thumbnails)));
    return html`<div class="group" id="regions-${key}">
      <h3>${name}</h3>
      <p class="note">${meaning} ${plural(cards.length, 'image is', 'images are')} shown.</p>
      ${cards}
    </div>`;
  });
  return html`<section id="regions">
    <h2>Regions</h2>
    <p>
      Where the model sees which part: one card for an image, with a heat map for each region on a fixed scale, and the largest part at each
      place. The masks have ${rows} × ${columns} cells and are drawn smoothly between their centres; nothing was done to them otherwise.
    </p>
    ${legend(regions)} ${await Promise.all(groups)}
  </section>`;
}
