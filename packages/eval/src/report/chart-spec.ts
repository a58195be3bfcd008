import type { TopLevelSpec } from 'vega-lite';

/** A line of a chart: its points, and which of the page's series colours it has (from 1). */
export interface ChartSeries {
  readonly name: string;
  readonly colour: number;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** A line chart in words and numbers. */
export interface ChartDescription {
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly ChartSeries[];
  /** Range of the y axis; from the data when left out. */
  readonly yDomain?: readonly [number, number];
  /** Places of ticks on the x axis. */
  readonly xTicks?: readonly number[];
  /** How numbers of the x axis are written, as d3-format names it; short with a prefix (`10k`) when left out. */
  readonly xFormat?: string;
  /** Mark every point. */
  readonly marksPoints?: boolean;
  readonly isLogarithmic?: boolean;
  /** Steps instead of slopes: each value holds until the next point, as in a histogram. */
  readonly isStepped?: boolean;
  /** Points without lines and axes, for places whose numbers mean nothing. */
  readonly isScattered?: boolean;
}

/** Size of every chart in its own units; the page scales it to the room there is. */
export const CHART_SIZE = { width: 350, height: 230 } as const;

const INK = 'currentColor';

const axisConfig = {
  labelColor: INK,
  labelFontSize: 12,
  labelOpacity: 0.8,
  titleColor: INK,
  titleFontSize: 12,
  titleFontWeight: 500,
  titlePadding: 8,
  gridColor: INK,
  gridOpacity: 0.12,
  domainColor: INK,
  domainOpacity: 0.4,
  tickColor: INK,
  tickOpacity: 0.4,
  tickSize: 4,
  labelFlush: false,
} as const;

/** How numbers are drawn. */
type Mark = Extract<TopLevelSpec, { mark: unknown }>['mark'];

/** Points, lines or steps. */
function markOf({ isScattered, isStepped, marksPoints }: ChartDescription, isShort: boolean): Mark {
  if (isScattered) return { type: 'point', filled: true, size: 18, opacity: 0.85 };
  const line = { type: 'line', strokeWidth: 2, strokeJoin: 'round' } as const;
  if (isStepped) return { ...line, interpolate: 'step-after' };
  return { ...line, point: marksPoints || isShort ? { size: 24, filled: true } : false };
}

/** A line chart as a Vega-Lite specification: data. Colours are the page's variables, so that it follows light and dark. */
export function chartSpec(chart: ChartDescription): TopLevelSpec {
  const values = chart.series.flatMap(({ name, points }) => points.map(({ x, y }) => ({ x, y, series: name })));
  const domain = chart.series.map(({ name }) => name);
  const range = chart.series.map(({ colour }) => `var(--series-${colour})`);
  const isShort = new Set(values.map(({ x }) => x)).size < 8;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    ...CHART_SIZE,
    autosize: { type: 'fit', contains: 'padding' },
    padding: { left: 2, top: 8, right: 10, bottom: 2 },
    data: { values },
    mark: markOf(chart, isShort),
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        title: chart.xTitle,
        scale: { zero: false, nice: false },
        axis: chart.isScattered
          ? null
          : {
              grid: false,
              format: chart.xFormat ?? '~s',
              ...(chart.xTicks ? { values: [...chart.xTicks] } : { tickMinStep: 1, tickCount: 6 }),
            },
      },
      y: {
        field: 'y',
        type: 'quantitative',
        title: chart.yTitle,
        scale: {
          type: chart.isLogarithmic ? 'log' : 'linear',
          zero: !chart.isLogarithmic && !chart.isScattered && !chart.yDomain,
          ...(chart.yDomain ? { domain: [...chart.yDomain] } : {}),
        },
        axis: chart.isScattered ? null : { tickCount: 5 },
      },
      color: { field: 'series', type: 'nominal', legend: null, scale: { domain, range } },
    },
    config: {
      aria: false,
      background: 'transparent',
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      axis: axisConfig,
    },
  };
}
