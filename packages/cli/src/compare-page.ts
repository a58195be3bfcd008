import { join } from 'node:path';
import { type CropRecord, type Dataset, type DatasetReader, Random, ReidError } from '@reidkit/core-tensor';
import { type ComparedQuery, renderComparison, type ReportMethod, type ReportPerson } from '@reidkit/eval';
import { buildModel, type Evaluation, readJson, type Rankings, readRankings, readRunRecord, runFolder, type RunRecord } from '@reidkit/trainer'; // prettier-ignore
import { makeRegistry } from './plugins.ts';

/** Queries in each group of the page. */
const SHOWN = 6;

interface ComparedRun {
  readonly name: string;
  readonly record: RunRecord;
  readonly evaluation: Evaluation;
  readonly rankings: Rankings;
}

async function readRun(name: string): Promise<ComparedRun> {
  const folder = runFolder(name);
  const record = await readRunRecord(folder);
  const rankings = await readRankings(folder);
  return { name, record, rankings, evaluation: (await readJson(folder.evaluation)) as Evaluation };
}

/** Throws DATASET_INVALID for runs that were not judged on the same data by the same splits. */
function checkSame(a: ComparedRun, b: ComparedRun): void {
  if (a.evaluation.summary.fingerprint.hash === b.evaluation.summary.fingerprint.hash) return;
  const named = ({ name, evaluation: { summary } }: ComparedRun): string => `"${name}" on ${summary.fingerprint.dataset} (${summary.fingerprint.hash.slice(0, 12)})`; // prettier-ignore
  throw new ReidError(
    'DATASET_INVALID',
    `Two runs can be shown on the same queries only: ${named(a)} and ${named(b)} were judged on different data.`,
  );
}

/** A query that both judge: its position in the split, and where each has its ranking. */
interface Shared {
  readonly position: number;
  readonly places: readonly [number, number];
  /** Average precision of both. */
  readonly precision: readonly [number, number];
}

function sharedQueries(a: ComparedRun, b: ComparedRun): Shared[] {
  const places = new Map(b.rankings.queries.map(({ position }, at) => [position, at]));
  const precisionOf = ({ rankings, evaluation }: ComparedRun, at: number): number =>
    evaluation.perQuery.averagePrecision[rankings.queries[at]!.judged]!;
  return a.rankings.queries.flatMap(({ position }, at) => {
    const other = places.get(position);
    if (other === undefined) return [];
    return [{ position, places: [at, other] as const, precision: [precisionOf(a, at), precisionOf(b, other)] as const }];
  });
}

const gainOf = ({ precision: [a, b] }: Shared): number => b - a;

/** Queries by chance, those that gain most and those that lose most; ties by position. */
function pick(shared: readonly Shared[], seed: number): Record<'random' | 'gains' | 'losses', Shared[]> {
  const sorted = shared.toSorted((x, y) => gainOf(y) - gainOf(x) || x.position - y.position);
  return {
    random: Random.seed(seed).fork('compared').stream().shuffle(shared).slice(0, SHOWN),
    gains: sorted.filter((query) => gainOf(query) > 0).slice(0, SHOWN),
    losses: sorted.filter((query) => gainOf(query) < 0).slice(-SHOWN).reverse(), // prettier-ignore
  };
}

const methodOf = ({ name, evaluation: { summary, cmc } }: ComparedRun): ReportMethod => ({ name, mAP: summary.mAP, mINP: summary.mINP, cmc: summary.cmc, curve: cmc }); // prettier-ignore

/** Names of two runs that tell them apart: the ends of their paths where these differ. */
function shortNames(a: string, b: string): [string, string] {
  const last = (path: string): string => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
  return last(a) === last(b) ? [a, b] : [last(a), last(b)];
}

async function readSplits({ record }: ComparedRun): Promise<{ dataset: Dataset; query: CropRecord[]; gallery: CropRecord[] }> {
  const registry = await makeRegistry(record.recipe.plugins);
  const { evaluation, streams } = record.recipe;
  const dataset = await registry.use<DatasetReader>(evaluation.dataset ?? Object.values(streams)[0]!.dataset).read();
  const { splits } = buildModel(record.recipe, registry).protocol;
  if (dataset.fingerprint.hash !== record.fingerprints.evaluation.hash) {
    throw new ReidError('DATASET_INVALID', `The data of the evaluation in "${dataset.root}" have changed since the runs were judged.`, {
      hint: 'put them back as they were: the record of a run holds their counts and hash.',
    });
  }
  const cropsIn = (split: string): CropRecord[] => (dataset.splits[split] ?? []) as CropRecord[];
  return { dataset, query: cropsIn(splits.query), gallery: cropsIn(splits.gallery) };
}

/** What the page is made of. */
export interface ComparePageOptions {
  readonly seed: number;
  /** Where the images are now, if they were moved. */
  readonly data?: string;
}

/** Two runs on the same queries as a page. Throws FILE_NOT_FOUND for a run that keeps no rankings, DATASET_INVALID for different data. */
export async function comparePage([first, second]: readonly [string, string], { seed, data }: ComparePageOptions): Promise<string> {
  const runs = [await readRun(first), await readRun(second)] as const;
  checkSame(...runs);
  const { dataset, query, gallery } = await readSplits(runs[0]);
  const root = data ?? dataset.root;
  const personOf = ({ file, identity, camera }: CropRecord): ReportPerson => ({ image: { file: join(root, file) }, identity, camera });
  const listOf = (side: 0 | 1, { places, precision }: Shared): ComparedQuery['first'] => ({
    averagePrecision: precision[side],
    ranking: runs[side].rankings.ranking(places[side]).map(({ position, ...rest }) => ({ ...personOf(gallery[position]!), ...rest })),
  });
  const compared = (group: readonly Shared[]): ComparedQuery[] =>
    group.map((each) => ({ query: personOf(query[each.position]!), first: listOf(0, each), second: listOf(1, each) }));
  const shared = sharedQueries(...runs);
  const picked = pick(shared, seed);
  const names = shortNames(first, second);
  const [{ evaluation }] = runs;
  return renderComparison({
    names,
    seed,
    shared: shared.length,
    evaluation: { ...evaluation.summary, notes: evaluation.notes, methods: runs.map((run, i) => ({ ...methodOf(run), name: names[i]! })) },
    random: compared(picked.random),
    gains: compared(picked.gains),
    losses: compared(picked.losses),
    byline: [evaluation.summary.fingerprint.dataset, evaluation.summary.protocol, `${shared.length} queries judged by both`],
  });
}
