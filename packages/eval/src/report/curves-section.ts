import type { ChartDescription, ChartSeries } from './chart-spec.ts';
import { html, type Html } from './html.ts';
import { renderChart } from './render-chart.ts';
import type { ReportCurve, ReportEvaluation, ReportMethod, ReportTraining } from './report-data.ts';

const LAST_RANK = 20;
/** More points than a chart has room for are averaged in groups. */
const MOST_POINTS = 300;

function matchingPoints({ curve, cmc }: ReportMethod): { x: number; y: number }[] {
  const ranks = curve
    ? curve.map((value, k) => ({ x: k + 1, y: value * 100 }))
    : Object.entries(cmc).map(([k, v]) => ({ x: Number(k), y: v * 100 }));
  return ranks.filter(({ x }) => x <= LAST_RANK);
}

/** Cumulative matching of every method. */
function matchingChart(methods: readonly ReportMethod[]): ChartDescription {
  return {
    xTitle: 'Within the first k of the ranking',
    yTitle: 'Queries matched (%)',
    yDomain: [0, 100],
    xTicks: [1, 5, 10, 15, 20],
    series: methods.map((method, i) => ({ name: method.name, colour: i + 1, points: matchingPoints(method) })),
  };
}

/** The means of groups of neighbouring points, at the middle of each group. */
export function thinOut(points: ReportCurve['points'], most = MOST_POINTS): { x: number; y: number }[] {
  const group = Math.max(1, Math.ceil(points.length / most));
  const thinned: { x: number; y: number }[] = [];
  for (let begin = 0; begin < points.length; begin += group) {
    const part = points.slice(begin, begin + group);
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / part.length;
    thinned.push({ x: mean(part.map(({ at }) => at)), y: mean(part.map(({ value }) => value)) });
  }
  return thinned;
}

const oneLine = ({ name, points }: ReportCurve): ChartSeries => ({ name, colour: 1, points: thinOut(points) });

const capitalise = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function trainingCharts({ unit, losses, learningRate, evaluations }: ReportTraining): Promise<Html>[] {
  const xTitle = capitalise(unit);
  const curves = losses.map((curve) =>
    renderChart(`Loss: ${curve.name}`, { xTitle, yTitle: 'Loss', series: [oneLine(curve)] }, 'No values of this loss were recorded.'),
  );
  const rates = learningRate.map((curve) => {
    const heading = learningRate.length === 1 ? 'Learning rate' : `Learning rate: ${curve.name}`;
    return renderChart(heading, { xTitle, yTitle: 'Learning rate', series: [oneLine(curve)] }, 'No learning rates were recorded.');
  });
  const accuracy: ChartDescription = {
    xTitle: 'Epoch',
    yTitle: 'Share (%)',
    yDomain: [0, 100],
    marksPoints: true,
    series: [
      { name: 'mAP', colour: 1, points: evaluations.map(({ epoch, mAP }) => ({ x: epoch, y: mAP * 100 })) },
      { name: 'Rank-1', colour: 2, points: evaluations.map(({ epoch, rank1 }) => ({ x: epoch, y: rank1 * 100 })) },
    ],
  };
  return [renderChart('Accuracy during training', accuracy, 'Nothing was evaluated during training.'), ...curves, ...rates];
}

/** CMC, accuracy over epochs, one chart per loss term, learning rate. */
export async function curvesSection(evaluation: ReportEvaluation, training: ReportTraining | undefined): Promise<Html> {
  const matching = renderChart('Cumulative matching (CMC)', matchingChart(evaluation.methods), 'No result was recorded.');
  const charts = await Promise.all([matching, ...(training ? trainingCharts(training) : [])]);
  const hasNoLoss = training !== undefined && training.losses.length === 0;
  return html`<section id="curves">
    <h2>Curves</h2>
    <div class="charts">${charts}</div>
    ${!training && html`<p class="empty">No training belongs to this report.</p>`}
    ${hasNoLoss && html`<p class="empty">No losses were recorded.</p>`}
  </section>`;
}
