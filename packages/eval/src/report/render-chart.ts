import { CHART_SIZE, chartSpec, type ChartDescription } from './chart-spec.ts';
import { escapeHtml, html, trusted, type Html } from './html.ts';

/** Draws a chart as SVG markup. Vega is loaded when the first chart is drawn. */
async function drawSvg(chart: ChartDescription): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec } = vegaLite.compile(chartSpec(chart));
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

const legend = (chart: ChartDescription): Html =>
  html`<ul class="legend">
    ${chart.series.map(({ name, colour }) => html`<li><span class="swatch series-${colour}"></span>${name}</li>`)}
  </ul>`;

/**
 * A chart with heading and, for several lines, a legend; a sentence in its place when there is nothing to draw. Values that are not finite
 * are left out, and the caption says how many.
 */
export async function renderChart(heading: string, chart: ChartDescription, whenEmpty: string): Promise<Html> {
  const isDrawable = ({ x, y }: { x: number; y: number }): boolean =>
    Number.isFinite(x) && Number.isFinite(y) && (!chart.isLogarithmic || y > 0);
  const series = chart.series
    .map((line) => ({ ...line, points: line.points.filter(isDrawable) }))
    .filter(({ points }) => points.length > 0);
  const size = (lines: ChartDescription['series']): number => lines.reduce((sum, { points }) => sum + points.length, 0);
  const leftOut = size(chart.series) - size(series);
  const left = leftOut === 1 ? '1 value that cannot be drawn (not finite) is' : `${leftOut} values that cannot be drawn (not finite) are`;
  const note = leftOut > 0 && html`<p class="note">${left} left out.</p>`;
  if (series.length === 0)
    return html`<figure class="chart">
      <figcaption>${heading}</figcaption>
      <p class="empty">${whenEmpty}</p>
      ${note}
    </figure>`;
  const drawn = { ...chart, series };
  const svg = await drawSvg(drawn);
  const label = escapeHtml(`${heading}: ${chart.yTitle} over ${chart.xTitle}`);
  const scaled = svg.replace(
    /^<svg [^>]*>/,
    `<svg viewBox="0 0 ${CHART_SIZE.width} ${CHART_SIZE.height}" role="img" aria-label="${label}">`,
  );
  return html`<figure class="chart">
    <figcaption>${heading}</figcaption>
    ${trusted(scaled)} ${series.length > 1 && legend(drawn)} ${note}
  </figure>`;
}
