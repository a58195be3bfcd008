import { count, percent, plural } from './format-number.ts';
import { html, type Html } from './html.ts';
import { plainWords } from './plain-words.ts';
import type { ReportEvaluation, ReportMethod } from './report-data.ts';

function ranksOf(methods: readonly ReportMethod[]): string[] {
  const ranks = new Set(methods.flatMap(({ cmc }) => Object.keys(cmc)));
  return [...ranks].sort((a, b) => Number(a) - Number(b));
}

const tile = (value: string, name: string): Html => html`<div class="tile"><strong>${value}</strong><span>${name}</span></div>`;

/** Title figures and what they mean, in plain words. */
export function summarySection(evaluation: ReportEvaluation): Html {
  const [subject] = evaluation.methods;
  return html`<section id="summary">
    ${
      subject &&
      html`<div class="tiles">
        ${tile(percent(subject.mAP), 'mAP')} ${tile(percent(subject.cmc['1']), 'Rank-1')} ${tile(percent(subject.cmc['5']), 'Rank-5')}
        ${tile(count(evaluation.queries - evaluation.queriesDropped), 'queries judged')}
      </div>`
    }
    <p>${plainWords(evaluation).join(' ')}</p>
  </section>`;
}

function droppedNote({ queries, queriesDropped, notes = [] }: ReportEvaluation): Html {
  const counted =
    queriesDropped === 0
      ? `All ${plural(queries, 'query', 'queries')} counted.`
      : `${count(queriesDropped)} of ${plural(queries, 'query', 'queries')} had no match left under the protocol's rule and are not counted.`;
  return html`<p class="note">${[counted, ...notes].join(' ')}</p>`;
}

const MEANINGS: readonly (readonly [string, string])[] = [
  ['mAP', 'mean average precision: how far forward all images of the right person stand in the ranking, averaged over queries.'],
  [
    'mINP',
    'mean inverse negative penalty: how far one has to look to find the last image of the right person; it punishes the hardest match.',
  ],
  ['Rank-k', 'share of queries with at least one right image among the first k of the ranking.'],
  ['Dropped query', 'a query whose person is not in the gallery, or only under the camera that took the query.'],
];

/** Table of all methods with the measures explained. */
export function metricsSection(evaluation: ReportEvaluation): Html {
  const { methods } = evaluation;
  const ranks = ranksOf(methods);
  const hasPenalty = methods.some(({ mINP }) => mINP !== undefined);
  const row = (method: ReportMethod, position: number): Html =>
    html`<tr>
      <th scope="row">
        <span class="method"><span class="swatch series-${position + 1}"></span>${method.name}</span>
        ${method.explanation && html`<small>${method.explanation}</small>`}
      </th>
      <td>${percent(method.mAP)}</td>
      ${hasPenalty && html`<td>${percent(method.mINP)}</td>`} ${ranks.map((rank) => html`<td>${percent(method.cmc[rank])}</td>`)}
    </tr>`;
  return html`<section id="metrics">
    <h2>Metrics</h2>
    ${methods.length === 0 && html`<p class="empty">No result was recorded.</p>`}
    <div class="scroll" ${methods.length === 0 && 'hidden'}>
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">Method</th>
            <th scope="col">mAP</th>
            ${hasPenalty && html`<th scope="col">mINP</th>`} ${ranks.map((rank) => html`<th scope="col">Rank-${rank}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${methods.map(row)}
        </tbody>
      </table>
    </div>
    <p class="note">
      Protocol: ${evaluation.protocol}. ${plural(evaluation.testIdentities, 'identity', 'identities')} among the queries,
      ${plural(evaluation.gallery, 'gallery image', 'gallery images')}.
    </p>
    ${droppedNote(evaluation)}
    <details>
      <summary>What the measures mean</summary>
      <dl>
        ${MEANINGS.map(
          ([term, meaning]) =>
            html`<dt>${term}</dt>
              <dd>${meaning}</dd>`,
        )}
      </dl>
    </details>
  </section>`;
}
