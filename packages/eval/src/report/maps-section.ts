import { html, type Html } from './html.ts';
import { LAYOUT, layOut } from './lay-out.ts';
import type { ReportMap } from './picture-data.ts';
import { renderChart } from './render-chart.ts';

async function mapOf({ heading, explanation, rows, groups, names, seed }: ReportMap): Promise<Html> {
  const places = await layOut(rows, seed);
  const series = names.map((name, group) => ({ name, colour: group + 1, points: (places ?? []).filter((_, i) => groups[i] === group) }));
  const chart = { xTitle: 'first axis', yTitle: 'second axis', isScattered: true, series };
  const { neighbours, minDistance, epochs } = LAYOUT;
  const how = `UMAP of ${rows.length} descriptors, each divided by its norm: ${Math.min(neighbours, rows.length - 1)} neighbours, least distance ${minDistance}, ${epochs} epochs, seed ${seed}.`;
  return html`<div>
    ${await renderChart(heading, chart, 'There are too few descriptors to lay out.')}
    <p class="note">${explanation} ${places && how}</p>
  </div>`;
}

/** Descriptors laid out in the plane, coloured by group. */
export async function mapsSection(maps: readonly ReportMap[]): Promise<Html> {
  return html`<section id="maps">
    <h2>Descriptors in the plane</h2>
    <p>
      Points near each other are alike to the model. The axes have no meaning, nor have sizes of groups and distances between groups that
      lie far apart.
    </p>
    <div class="charts">${await Promise.all(maps.map(mapOf))}</div>
  </section>`;
}
