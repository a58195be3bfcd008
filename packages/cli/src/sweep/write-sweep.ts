import { writeFileAtomically } from '@reidkit/core-tensor';
import { html, type Html, renderPage } from '@reidkit/eval';
import { writeJson } from '@reidkit/trainer';
import { inPercent } from '../mean-and-spread.ts';
import type { SweepPlan } from './plan-sweep.ts';
import { sweepCharts } from './sweep-charts.ts';
import { sweepHead, type SweepFolder } from './sweep-folder.ts';
import { settingsOf, type SweepRun, type SweepSetting } from './sweep-results.ts';

const valueOf = (override: string): string => override.slice(override.indexOf('=') + 1);

const NOTE = 'Percent; mean ± standard deviation over the seeds that are finished.';

interface Line {
  readonly values: readonly string[];
  readonly finished: string;
  readonly figures: readonly string[];
}

function lineOf({ overrides, runs, figures }: SweepSetting): Line {
  const finished = figures?.mAP.count ?? 0;
  return {
    values: overrides.map(valueOf),
    finished: finished === runs ? String(runs) : `${finished} of ${runs}`,
    figures: figures ? [figures.mAP, figures.rank1, figures.mINP].map(inPercent) : ['–', '–', '–'],
  };
}

/** A cell of a Markdown table: bars and line breaks would end it. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

const HEADINGS = ['runs', 'mAP', 'R1', 'mINP'] as const;

const isFailed = ({ status }: SweepRun): boolean => status === 'failed';

function markdown({ axes, base }: SweepPlan, settings: readonly SweepSetting[], runs: readonly SweepRun[]): string {
  const headings = [...axes.map(({ path }) => path), ...HEADINGS];
  const rows = settings.map(lineOf).map(({ values, finished, figures }) => [...values, finished, ...figures]);
  const failed = runs.filter(isFailed);
  return [
    `# Sweep of ${base.name}`,
    '',
    ...[headings, headings.map((_, i) => (i < axes.length ? '---' : '---:')), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`),
    '',
    NOTE,
    ...(failed.length > 0 ? ['', '## Failed', '', ...failed.map(({ folder, problem }) => `- ${folder}: ${cell(problem ?? '')}`)] : []),
    '',
  ].join('\n');
}

function tableOf({ axes }: SweepPlan, settings: readonly SweepSetting[]): Html {
  return html`<div class="scroll">
    <table class="figures">
      <thead>
        <tr>
          ${axes.map(({ path }) => html`<th scope="col">${path}</th>`)} ${HEADINGS.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${settings.map(lineOf).map(
          ({ values, finished, figures }) =>
            html`<tr>
              ${values.map((value, i) => (i === 0 ? html`<th scope="row">${value}</th>` : html`<td>${value}</td>`))}
              <td>${finished}</td>
              ${figures.map((figure) => html`<td>${figure}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function failedSection(runs: readonly SweepRun[]): Html | false {
  const failed = runs.filter(isFailed);
  return (
    failed.length > 0 &&
    html`<section id="failed">
      <h2>Failed</h2>
      <ul class="notes">
        ${failed.map(({ folder, problem }) => html`<li>${folder}: ${problem}</li>`)}
      </ul>
    </section>`
  );
}

const plural = (value: number, word: string): string => `${value} ${word}${value === 1 ? '' : 's'}`;

async function page(plan: SweepPlan, settings: readonly SweepSetting[], runs: readonly SweepRun[]): Promise<string> {
  const { axes, seeds, base } = plan;
  const finished = runs.filter(({ status }) => status === 'finished').length;
  const charts = await sweepCharts(axes, settings);
  const seedText =
    seeds.length > 0 ? `, each with the ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}` : ` with seed ${base.seed}`;
  return renderPage({
    title: `Sweep of ${base.name}`,
    byline: [`preset ${base.preset}`, `size ${base.size}`, `${finished} of ${plural(runs.length, 'run')} finished`],
    body: html`
      <section id="table">
        <h2>Figures</h2>
        <p>${plural(settings.length, 'setting')}${seedText}.</p>
        ${tableOf(plan, settings)}
        <p class="note">${NOTE}</p>
      </section>
      <section id="charts">
        <h2>Charts</h2>
        ${charts.length > 0 ? html`<div class="charts">${charts}</div>` : html`<p class="empty">No axis of the grid has several numbers for values.</p>`}
        ${charts.length > 0 && html`<p class="note">Means over the finished seeds. The y axes cover the values and need not begin at 0.</p>`}
      </section>
      ${failedSection(runs)}
    `,
  });
}

/** Writes `sweep.json`, `sweep.md` and `sweep.html` as the sweep stands. Throws SAVE_FAILED. */
export async function writeSweep(folder: SweepFolder, plan: SweepPlan, runs: readonly SweepRun[]): Promise<void> {
  const settings = settingsOf(runs);
  const { axes, seeds, base } = plan;
  await writeJson(folder.results, { ...sweepHead(plan), recipe: base.name, preset: base.preset, size: base.size, grid: axes, seeds, settings, runs }); // prettier-ignore
  await writeFileAtomically(folder.table, markdown(plan, settings, runs));
  await writeFileAtomically(folder.page, await page(plan, settings, runs));
}
