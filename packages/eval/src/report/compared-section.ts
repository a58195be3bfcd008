import { percent, plural } from './format-number.ts';
import { html, type Html } from './html.ts';
import { metricsSection } from './metrics-section.ts';
import { queryCard, rankedItem } from './ranked-section.ts';
import { renderPage } from './render-page.ts';
import type { ReportEvaluation, ReportPerson, ReportRankedQuery } from './report-data.ts';
import { Thumbnails } from './thumbnail.ts';

/** One query as two models rank the gallery for it. */
export interface ComparedQuery {
  readonly query: ReportPerson;
  /** Of the first model. */
  readonly first: Pick<ReportRankedQuery, 'averagePrecision' | 'ranking'>;
  /** Of the second. */
  readonly second: Pick<ReportRankedQuery, 'averagePrecision' | 'ranking'>;
}

/** Two models on the same queries. */
export interface ComparisonData {
  /** Names of the two, the first above the second. */
  readonly names: readonly [first: string, second: string];
  /** Figures of both. */
  readonly evaluation: ReportEvaluation;
  /** Queries that both judge. */
  readonly shared: number;
  /** Drawn by chance. */
  readonly random: readonly ComparedQuery[];
  /** Where the second gains most. */
  readonly gains: readonly ComparedQuery[];
  /** Where it loses most. */
  readonly losses: readonly ComparedQuery[];
  /** Seed of the draw. */
  readonly seed: number;
  readonly byline: readonly string[];
}

const LENGTH = 10;

const STYLE = `
.pair { flex: 1; min-width: 0; } .pair ol { margin-bottom: 12px; } .pair h4 { margin: 0 0 4px; font-size: 0.875rem; font-weight: 600; overflow-wrap: anywhere; }
`;

async function listOf(name: string, { averagePrecision, ranking }: ComparedQuery['first'], thumbnails: Thumbnails): Promise<Html> {
  const items = await Promise.all(ranking.slice(0, LENGTH).map((item, k) => rankedItem(item, k + 1, thumbnails)));
  return html`<h4>${name}: AP ${percent(averagePrecision)}</h4>
    <ol>
      ${items}
    </ol>`;
}

async function pairOf({ query, first, second }: ComparedQuery, [a, b]: ComparisonData['names'], thumbnails: Thumbnails): Promise<Html> {
  const gain = 100 * (second.averagePrecision - first.averagePrecision);
  return html`<article class="ranked">
    ${await queryCard(query, `${gain < 0 ? '−' : '+'}${Math.abs(gain).toFixed(1)} points`, thumbnails)}
    <div class="pair">${await listOf(a, first, thumbnails)} ${await listOf(b, second, thumbnails)}</div>
  </article>`;
}

/** How each group was picked, in words. */
const groupsOf = ({ names: [a, b], shared, seed, random, gains, losses }: ComparisonData): [id: string, name: string, meaning: string, queries: readonly ComparedQuery[]][] => [
  ['random', 'Random queries', `Drawn by chance (seed ${seed}) from the ${plural(shared, 'query', 'queries')} that both judge, each equally likely. Look here to see what to expect.`, random],
  ['gains', `Where ${b} gains most`, `The queries whose average precision ${b} raises most over ${a}. Chosen because they went well for it: they say nothing about the usual query.`, gains],
  ['losses', `Where ${b} loses most`, `The queries whose average precision ${b} lowers most below ${a}. Chosen because they went badly for it: they show what it breaks.`, losses],
]; // prettier-ignore

/**
 * The same queries as two models rank the gallery for them, the first model above the second, in groups that say how they were picked: one
 * page that needs nothing else.
 */
export async function renderComparison(data: ComparisonData): Promise<string> {
  const thumbnails = new Thumbnails();
  const groups = groupsOf(data).map(async ([id, name, meaning, queries]) => {
    const pairs = await Promise.all(queries.map((query) => pairOf(query, data.names, thumbnails)));
    return html`<div class="group" id="${id}">
      <h3>${name}</h3>
      <p class="note">${meaning}</p>
      ${pairs.length > 0 ? pairs : html`<p class="empty">There are none.</p>`}
    </div>`;
  });
  const lists = html`<section id="lists">
    <h2>The same queries</h2>
    <p>
      Each row is one query with the ${LENGTH} gallery images nearest to it, nearest first: ${data.names[0]} above ${data.names[1]}. A green
      frame with ✓ is the right person, a red one with ✗ somebody else; below stand rank, distance and camera. Distances of two models
      cannot be compared with each other.
    </p>
    ${await Promise.all(groups)}
  </section>`;
  return renderPage({
    title: `${data.names[0]} and ${data.names[1]}`,
    byline: data.byline,
    body: [metricsSection(data.evaluation), lists],
    sections: [
      ['metrics', 'Metrics'],
      ['random', 'Random queries'],
      ['gains', 'Gains'],
      ['losses', 'Losses'],
    ],
    style: STYLE,
  });
}
