import { join } from 'node:path';
import { type CropRecord, type LogEvent, ReidError, type TextRecord, writeFileAtomically } from '@reidkit/core-tensor';
import { renderReport, type ReportCurve, type ReportData, type ReportMethod, type ReportPerson, type ReportRankedQuery, type RetrievalSummary } from '@reidkit/eval'; // prettier-ignore
import type { Evaluation, RankedList } from './evaluate.ts';
import { readLog } from './json-log.ts';
import { readJson, type RunFolder } from './run-folder.ts';
import { gatherPictures, type PictureOptions } from './report-pictures.ts';
import { readRunRecord } from './run-record.ts';

/** What a report says beside the files of the run. */
export interface ReportOptions {
  /** Folder that the images of the evaluation lie in. */
  readonly root: string;
  /** Further ways of matching to compare with. */
  readonly others?: readonly ReportMethod[];
  readonly seconds?: Readonly<Record<string, number>>;
  readonly notes?: readonly string[];
  /** What pictures of regions and descriptors are made with; none are made without. */
  readonly pictures?: PictureOptions;
}

/** Numbers of the log that are no losses. */
const NOT_LOSSES = new Set(['rate', 'imagesPerSecond', 'secondsLeft', 'epochs', 'batches', 'gradientNorm']);

/** At most this many points of a curve; each is the mean of the steps it stands for. */
const MOST_POINTS = 400;

function curve(name: string, events: readonly LogEvent[]): ReportCurve {
  const size = Math.max(1, Math.ceil(events.length / MOST_POINTS));
  const points = Array.from({ length: Math.ceil(events.length / size) }, (_, i) => {
    const part = events.slice(i * size, (i + 1) * size).filter(({ numbers }) => numbers[name] !== undefined);
    return { at: part.at(-1)?.step ?? 0, value: part.reduce((sum, { numbers }) => sum + numbers[name]!, 0) / part.length };
  });
  return { name, points: points.filter(({ value }) => Number.isFinite(value)) };
}

const isLoss = (name: string): boolean => !NOT_LOSSES.has(name) && !name.startsWith('rate.');

/** The loss curves of one stage, the total first. */
function lossCurves(steps: readonly LogEvent[]): ReportCurve[] {
  const names = [...new Set(steps.flatMap(({ numbers }) => Object.keys(numbers)))].filter(isLoss);
  return ['total', ...names.filter((name) => name !== 'total')].filter((name) => names.includes(name)).map((name) => curve(name, steps));
}

/** Curves of every stage by itself: losses of one name need not be the same in two stages, nor their learning rates. */
function trainingOf(log: readonly LogEvent[]): NonNullable<ReportData['training']> {
  const steps = log.filter(({ kind }) => kind === 'step');
  const stages = [...new Set(steps.map(({ stage }) => stage))];
  const named = (stage: string, name: string): string => (stages.length > 1 ? `${stage}: ${name}` : name);
  const ofStage = (stage: string): LogEvent[] => steps.filter((event) => event.stage === stage);
  const evaluations = log.filter(({ kind }) => kind === 'evaluation');
  return {
    unit: 'step',
    losses: stages.flatMap((stage) => lossCurves(ofStage(stage)).map((each) => ({ ...each, name: named(stage, each.name) }))),
    learningRate: stages.map((stage) => ({ ...curve('rate', ofStage(stage)), name: named(stage, 'rate') })),
    evaluations: evaluations.map(({ epoch, numbers }) => ({ epoch, mAP: numbers.mAP!, rank1: numbers.rank1! })),
  };
}

const methodOf = (name: string, { mAP, mINP, cmc }: RetrievalSummary, curveOf: readonly number[]): ReportMethod => ({
  name,
  mAP,
  mINP,
  cmc,
  curve: curveOf,
});

/** A text is shown by the image that it describes. */
const personOf = (root: string, record: CropRecord | TextRecord): ReportPerson => ({
  image: { file: join(root, record.form === 'text' ? (record.image ?? '') : record.file) },
  identity: record.identity,
  camera: record.form === 'text' ? null : record.camera,
});

const listOf = (root: string, { query, averagePrecision, ranking }: RankedList): ReportRankedQuery => ({
  averagePrecision,
  query: personOf(root, query),
  ranking: ranking.map(({ item, distance, match }) => ({ ...personOf(root, item), distance, match })),
});

async function readEvaluation(folder: RunFolder): Promise<Evaluation> {
  return (await readJson(folder.evaluation).catch((cause: unknown) => {
    throw new ReidError('FILE_NOT_FOUND', `The run in "${folder.path}" was not evaluated yet.`, {
      cause,
      hint: 'finish it, or run `reidkit evaluate`.',
    });
  })) as Evaluation;
}

/** Writes the report page of a run that was evaluated. Throws FILE_NOT_FOUND, FILE_INVALID or SAVE_FAILED. */
export async function reportRun(
  folder: RunFolder,
  { root, others = [], seconds = {}, notes = [], pictures }: ReportOptions,
): Promise<void> {
  const record = await readRunRecord(folder);
  const evaluation = await readEvaluation(folder);
  const lists = (group: readonly RankedList[]): ReportRankedQuery[] => group.map((list) => listOf(root, list));
  const { summary } = evaluation;
  const gathered = pictures ? await gatherPictures({ folder, record, evaluation, root }, pictures, (crop) => personOf(root, crop)) : {};
  const html = await renderReport({
    title: `${record.recipe.name} on ${record.fingerprints.evaluation.dataset}`,
    evaluation: {
      ...summary,
      notes: [...evaluation.notes, ...notes],
      methods: [methodOf('Trained', summary, evaluation.cmc), ...others],
    },
    training: trainingOf(await readLog(folder.log).catch(() => [])),
    rankedLists: { best: lists(evaluation.lists.best), worst: lists(evaluation.lists.worst), random: lists(evaluation.lists.random) },
    ...gathered,
    dataset: { fingerprint: record.fingerprints.evaluation },
    recipe: record.recipe,
    environment: {
      versions: record.versions,
      backend: `${record.backend.name} (${record.backend.version})`,
      seed: record.recipe.seed,
      seconds: { ...seconds, evaluate: evaluation.seconds },
      facts: { processor: record.backend.device, ...(record.backend.threads ? { threads: record.backend.threads } : {}) },
    },
  });
  await writeFileAtomically(folder.report, html);
}
