import { stat } from 'node:fs/promises';
import { ReidError, writeFileAtomically } from '@reidkit/core-tensor';
import { bootstrapDifference, bootstrapMean, type Interval } from '@reidkit/eval';
import { type Evaluation, type EvaluationSummary, readJson, runFolder } from '@reidkit/trainer';
import { groupBySeed, sayGroup } from '../seed-groups.ts';
import { comparePage } from '../compare-page.ts';
import { UsageError } from '../usage-error.ts';

/** Options of `reidkit compare`. */
export interface CompareCommandOptions {
  readonly json?: boolean;
  readonly seed?: number;
  readonly samples?: number;
  /** File of a page with both on the same queries. */
  readonly html?: string;
  /** Where the images of that page are now, if they were moved. */
  readonly data?: string;
}

type PerQuery = Evaluation['perQuery'];

interface Judged {
  readonly name: string;
  readonly summary: EvaluationSummary;
  readonly perQuery: PerQuery;
}

/** What is compared, from the numbers of a query. */
const FIGURES = {
  mAP: ({ averagePrecision }: PerQuery, q: number): number => averagePrecision[q]!,
  'rank-1': ({ firstMatch }: PerQuery, q: number): number => (firstMatch[q]! < 0 ? -1 : Number(firstMatch[q] === 0)),
  mINP: ({ inverseNegativePenalty }: PerQuery, q: number): number => inverseNegativePenalty[q]!,
} as const;

type Figure = keyof typeof FIGURES;

/** One line of the table. */
interface Row {
  readonly run: string;
  readonly dataset: string;
  /** With what was done before judging. */
  readonly protocol: string;
  readonly figures: Readonly<Record<Figure, Interval>>;
  /** Against the first run, query by query; null where the two were not judged on the same queries. */
  readonly differences: Readonly<Record<Figure, Interval>> | null;
}

async function readJudged(path: string): Promise<Judged> {
  const isFile = (await stat(path).catch(() => undefined))?.isFile() ?? false;
  const file = isFile ? path : runFolder(path).evaluation;
  const held = (await readJson(file)) as Partial<Evaluation> & Partial<EvaluationSummary>;
  const summary = (held.summary ?? held) as EvaluationSummary;
  if (!held.perQuery || typeof summary.mAP !== 'number') {
    throw new ReidError('FILE_INVALID', `"${file}" holds no evaluation with the numbers of every query.`, {
      hint: 'give the folder of a run that was trained to its end, or a file written by `reidkit evaluate RUN --out FILE`; evaluate older runs again.',
    });
  }
  return { name: path, summary, perQuery: held.perQuery };
}

const valuesOf = ({ perQuery }: Judged, figure: Figure, queries: readonly number[]): Float64Array =>
  Float64Array.from(queries, (q) => FIGURES[figure](perQuery, q));

const judgedQueries = ({ perQuery }: Judged): number[] =>
  Array.from(perQuery.averagePrecision.keys()).filter((q) => perQuery.averagePrecision[q]! >= 0);

/** Queries that both judge, or null when they saw different data. */
function sharedQueries(a: Judged, b: Judged): number[] | null {
  const same = a.summary.fingerprint.hash === b.summary.fingerprint.hash && a.summary.queries === b.summary.queries;
  if (!same || a.perQuery.averagePrecision.length !== b.perQuery.averagePrecision.length) return null;
  const mine = new Set(judgedQueries(a));
  return judgedQueries(b).filter((q) => mine.has(q));
}

const everyFigure = (make: (figure: Figure) => Interval): Record<Figure, Interval> =>
  Object.fromEntries((Object.keys(FIGURES) as Figure[]).map((figure) => [figure, make(figure)])) as Record<Figure, Interval>;

/** Compares evaluations; the first is what the others are compared with. */
function compareJudged(all: readonly Judged[], options: { readonly seed: number; readonly samples: number }): Row[] {
  const [first] = all as [Judged];
  return all.map((judged) => {
    const { fingerprint, protocol, reranking = [] } = judged.summary;
    const shared = judged === first ? null : sharedQueries(first, judged);
    const differences = shared && shared.length > 0
      ? everyFigure((figure) => bootstrapDifference(valuesOf(first, figure, shared), valuesOf(judged, figure, shared), options))
      : null; // prettier-ignore
    return {
      run: judged.name,
      dataset: fingerprint.version === undefined ? fingerprint.dataset : `${fingerprint.dataset} (${fingerprint.version})`,
      protocol: [protocol, ...reranking.map(({ name }) => name)].join(' + '),
      figures: everyFigure((figure) => bootstrapMean(valuesOf(judged, figure, judgedQueries(judged)), options)),
      differences,
    };
  });
}

const points = (value: number): string => (100 * value).toFixed(1);

const signed = (value: number): string => `${value < 0 ? '' : '+'}${points(value)}`;

const cell = ({ value, low, high }: Interval): string => `${points(value)} [${points(low)}, ${points(high)}]`;

const differenceCell = ({ value, low, high }: Interval): string => `${signed(value)} [${signed(low)}, ${signed(high)}]`;

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((text, column) => text.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n'); // prettier-ignore
}

const valuesIn = ({ figures }: Row): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, { value }]) => [name, value]));

async function writePage(paths: readonly string[], file: string, seed: number, data: string | undefined): Promise<void> {
  const [first, second, ...others] = paths;
  if (first === undefined || second === undefined || others.length > 0) throw new UsageError(`--html shows two runs, got ${paths.length}.`);
  const page = await comparePage([first, second], { seed, ...(data === undefined ? {} : { data }) });
  await writeFileAtomically(file, page);
  process.stderr.write(`wrote ${file}\n`);
}

/** `reidkit compare RUN RUN…`. */
export async function compareCommand(paths: readonly string[], options: CompareCommandOptions): Promise<void> {
  const { json, seed = 1, samples = 2000, html, data } = options;
  if (html !== undefined) await writePage(paths, html, seed, data);
  const judged = await Promise.all(paths.map(readJudged));
  const rows = compareJudged(judged, { seed, samples });
  const groups = await groupBySeed(judged.map(({ name, summary }, at) => ({ name, summary, figures: valuesIn(rows[at]!) })));
  if (json) {
    console.log(JSON.stringify({ confidence: 0.95, seed, samples, runs: rows, seeds: groups }));
    return;
  }
  const names = Object.keys(FIGURES) as Figure[];
  const lines = rows.map(({ run, dataset, protocol, figures }) => [run, dataset, protocol, ...names.map((name) => cell(figures[name]))]);
  console.log(table([['run', 'data', 'protocol', ...names], ...lines]));
  const compared = rows.filter(({ differences }) => differences !== null);
  if (compared.length > 0) {
    const differences = compared.map(({ run, differences: held }) => [run, ...names.map((name) => differenceCell(held![name]))]);
    console.log(`\nAgainst ${rows[0]!.run}, query by query:\n${table([['run', ...names], ...differences])}`);
  }
  for (const { run } of rows.slice(1).filter(({ differences }) => differences === null)) {
    console.log(`\n${run} was judged on other queries than ${rows[0]!.run}: only the two intervals can be compared.`);
  }
  if (groups.length > 0) console.log(`\n${groups.map(sayGroup).join('\n')}`);
  console.log(
    `\nPercent, with 95 % intervals: bootstrap over queries, ${samples} samples, seed ${seed}. They say nothing about other training seeds.`,
  );
}
