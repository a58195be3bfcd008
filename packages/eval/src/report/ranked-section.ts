import { percent } from './format-number.ts';
import { html, type Html } from './html.ts';
import type { ReportPerson, ReportRankedLists, ReportRankedQuery } from './report-data.ts';
import type { Thumbnails } from './thumbnail.ts';

const LENGTH = 10;

const GROUPS = [
  {
    key: 'random',
    name: 'Random queries',
    meaning: 'Drawn by chance from all judged queries, each equally likely. Look here to see what to expect.',
  },
  {
    key: 'best',
    name: 'Best queries',
    meaning: 'The queries with the highest average precision. Chosen because they went well: they say nothing about the usual query.',
  },
  {
    key: 'worst',
    name: 'Worst queries',
    meaning:
      'The queries with the lowest average precision. Chosen because they failed: they show where the model breaks, not how it usually does.',
  },
] as const;

const shortCamera = ({ camera }: ReportPerson): string => (camera === null || camera < 0 ? 'cam ?' : `cam ${camera}`);
/** The camera of an image in words. */
export const cameraOf = ({ camera }: ReportPerson): string => (camera === null || camera < 0 ? 'camera unknown' : `camera ${camera}`);

async function picture(person: ReportPerson, thumbnails: Thumbnails): Promise<Html> {
  const uri = await thumbnails.of(person.image);
  if (uri === undefined) return html`<span class="missing">image cannot be read</span>`;
  return html`<img src="${uri}" alt="person ${person.identity}, ${cameraOf(person)}" loading="lazy" />`;
}

/** One image of a ranking. */
export async function rankedItem(item: ReportRankedQuery['ranking'][number], rank: number, thumbnails: Thumbnails): Promise<Html> {
  return html`<li class="person ${item.match ? 'match' : 'other'}">
    <span class="frame">${await picture(item, thumbnails)}</span>
    <span class="mark">${rank}. ${item.match ? '✓' : '✗'}</span>
    <span>${item.distance.toFixed(3)}</span>
    <span>${shortCamera(item)}</span>
  </li>`;
}

/** The query of a row, with a fact about it below. */
export async function queryCard(query: ReportPerson, fact: string, thumbnails: Thumbnails): Promise<Html> {
  return html`<div class="person query">
    <span class="frame">${await picture(query, thumbnails)}</span>
    <span class="mark">query</span>
    <span>person ${query.identity}</span>
    <span>${cameraOf(query)}</span>
    <span>${fact}</span>
  </div>`;
}

async function rankedQuery({ query, averagePrecision, ranking }: ReportRankedQuery, thumbnails: Thumbnails): Promise<Html> {
  const items = await Promise.all(ranking.slice(0, LENGTH).map((item, k) => rankedItem(item, k + 1, thumbnails)));
  return html`<article class="ranked">
    ${await queryCard(query, `AP ${percent(averagePrecision)}`, thumbnails)}
    <ol>
      ${items}
    </ol>
  </article>`;
}

/** Three labelled groups of queries with the first images of their rankings. */
export async function rankedSection(lists: ReportRankedLists, thumbnails: Thumbnails): Promise<Html> {
  const groups = GROUPS.map(async ({ key, name, meaning }) => {
    const queries = await Promise.all(lists[key].map((entry) => rankedQuery(entry, thumbnails)));
    return html`<div class="group" id="ranked-${key}">
      <h3>${name}</h3>
      <p class="note">${meaning}</p>
      ${queries.length > 0 ? queries : html`<p class="empty">No queries were recorded.</p>`}
    </div>`;
  });
  return html`<section id="ranked">
    <h2>Ranked lists</h2>
    <p>
      Each row is one query with the ${LENGTH} gallery images nearest to it, nearest first. A green frame with ✓ is the right person, a red
      one with ✗ somebody else; below stand rank, distance and camera. Images that the protocol leaves out of a ranking are not shown.
    </p>
    ${await Promise.all(groups)}
  </section>`;
}
