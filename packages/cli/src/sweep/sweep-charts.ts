import { type ChartDescription, type ChartSeries, type Html, renderChart } from '@reidkit/eval';
import type { GridAxis } from './grid.ts';
import type { RunFigures, SweepSetting } from './sweep-results.ts';

/** More lines than these cannot be told apart; their mean is drawn instead. */
const MOST_LINES = 5;

type Figure = keyof RunFigures;

const NAMES: Readonly<Record<'mAP' | 'rank1', string>> = { mAP: 'mAP', rank1: 'Rank-1' };

/** The values of an axis as numbers, or null where one is none. */
function numbersOf({ values }: GridAxis): number[] | null {
  const numbers = values.map((value) => (value === '' ? NaN : Number(value)));
  return numbers.every(Number.isFinite) ? numbers : null;
}

/** Settings of a grid by what they have at the other axes. */
function byOthers(settings: readonly SweepSetting[], at: number): Map<string, SweepSetting[]> {
  const groups = new Map<string, SweepSetting[]>();
  for (const setting of settings) {
    const others = setting.overrides.filter((_, axis) => axis !== at).join(', ');
    groups.set(others, [...(groups.get(others) ?? []), setting]);
  }
  return groups;
}

const valueAt = ({ overrides }: SweepSetting, at: number): number => Number(overrides[at]!.slice(overrides[at]!.indexOf('=') + 1));

/** The mean of a figure for every value of an axis, over the settings given; values without a finished run are left out. */
function pointsOf(settings: readonly SweepSetting[], at: number, figure: Figure): ChartSeries['points'] {
  const groups = new Map<number, number[]>();
  for (const setting of settings) {
    if (!setting.figures) continue;
    const x = valueAt(setting, at);
    groups.set(x, [...(groups.get(x) ?? []), 100 * setting.figures[figure].mean]);
  }
  const points = [...groups].map(([x, values]) => ({ x, y: values.reduce((sum, value) => sum + value, 0) / values.length }));
  return points.sort((a, b) => a.x - b.x);
}

/** A range in fives around all values, so that differences of a point or two show. */
function rangeOf(series: readonly ChartSeries[]): readonly [number, number] | undefined {
  const values = series.flatMap(({ points }) => points.map(({ y }) => y));
  if (values.length === 0) return undefined;
  return [Math.max(0, 5 * Math.floor((Math.min(...values) - 1) / 5)), Math.min(100, 5 * Math.ceil((Math.max(...values) + 1) / 5))];
}

function describe(axis: GridAxis, series: readonly ChartSeries[]): ChartDescription {
  const range = rangeOf(series);
  return {
    xTitle: axis.path, yTitle: 'Share (%)', xTicks: numbersOf(axis)!, xFormat: '~g', marksPoints: true, series, ...(range ? { yDomain: range } : {}),
  }; // prettier-ignore
}

const EMPTY = 'No run of it is finished yet.';

/** mAP and rank-1 over one numeric axis: as two lines when nothing else varies, else as a chart each with a line for every other setting. */
async function axisCharts(axis: GridAxis, at: number, settings: readonly SweepSetting[]): Promise<Html[]> {
  const groups = byOthers(settings, at);
  const figures = Object.entries(NAMES) as ['mAP' | 'rank1', string][];
  if (groups.size === 1 || groups.size > MOST_LINES) {
    const lines = figures.map(([figure, name], i) => ({ name, colour: i + 1, points: pointsOf(settings, at, figure) }));
    const over = groups.size === 1 ? '' : `, mean over ${groups.size} other settings`;
    return [await renderChart(`${axis.path}${over}`, describe(axis, lines), EMPTY)];
  }
  return Promise.all(
    figures.map(([figure, title]) => {
      const lines = [...groups].map(([name, group], i) => ({ name, colour: i + 1, points: pointsOf(group, at, figure) }));
      return renderChart(`${title}: ${axis.path}`, describe(axis, lines), EMPTY);
    }),
  );
}

/** Line charts for every axis with several values, all of them numbers. */
export async function sweepCharts(axes: readonly GridAxis[], settings: readonly SweepSetting[]): Promise<Html[]> {
  const charts = axes.map((axis, at) => (axis.values.length > 1 && numbersOf(axis) ? axisCharts(axis, at, settings) : []));
  return (await Promise.all(charts)).flat();
}
