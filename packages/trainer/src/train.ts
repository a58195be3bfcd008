import { type Backend, type Logger, Random, type Recipe, type Registry, writeSafetensors } from '@reidkit/core-tensor';
import { fileSources } from './batch-source.ts';
import { beginAgain, beginNew } from './begin-run.ts';
import { buildRun } from './build-run.ts';
import type { Position } from './checkpoint.ts';
import { evaluate, type Evaluated, type Evaluation } from './evaluate.ts';
import { defaultWorkers } from './extract.ts';
import { readRunData, type RunData } from './run-data.ts';
import { type RunFolder, writeJson } from './run-folder.ts';
import type { RunRecord } from './run-record.ts';
import { type Held, type StageRun, trainStages } from './run-stage.ts';
import { checkpointTensors } from './training-step.ts';

/** What {@link train} works on. */
export interface TrainOptions {
  /** What to train; left out when a run is resumed, which has its own. */
  readonly recipe?: Recipe;
  readonly registry: Registry;
  readonly backend: Backend;
  /** Folder of the run. */
  readonly out: string;
  /** Names that may be in the folder of a new run already. */
  readonly besides?: readonly string[];
  /** Go on with the run in `out`. */
  readonly resume?: boolean;
  /** Checkpoint of a model to start from, in any form that `openCheckpoint` reads; what does not meet is left out, and reported. */
  readonly initialWeights?: string;
  /** Patterns of parameters that keep their first values whatever the checkpoint has, such as `classifier*`. */
  readonly leave?: readonly string[];
  /** Artefacts of other runs by name: paths of their files. Parameters among them replace the first values. */
  readonly artefacts?: Readonly<Record<string, string>>;
  /** Threads that read and decode images. Default: {@link defaultWorkers}. */
  readonly workers?: number;
  readonly onError?: 'stop' | 'skip';
  /** Steps between training checkpoints inside an epoch; one is written after every epoch anyway. */
  readonly checkpointEvery?: number;
  /** Versions of packages, for the record. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Makes the loggers once the folder is there. */
  readonly loggers?: (folder: RunFolder, position: Position) => Promise<readonly Logger[]>;
  /** Progress of evaluations and preparations. */
  readonly onProgress?: (phase: string, done: number, total: number) => void;
  /** Stops after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** What {@link train} gives. */
export interface TrainResult {
  readonly folder: RunFolder;
  readonly record: RunRecord;
  /** Evaluation of the finished model. */
  readonly evaluation: Evaluation;
  /** Steps done in all. */
  readonly steps: number;
  /** Seconds of this call. */
  readonly seconds: number;
}

interface Run extends StageRun {
  readonly options: TrainOptions;
  readonly data: RunData;
}

/** Evaluates parameters by the recipe's protocol. */
function judge(
  { built, data, backend, options }: Pick<Run, 'built' | 'data' | 'backend' | 'options'>,
  values: Held,
  withLists: boolean,
): Promise<Evaluated> {
  const { workers = defaultWorkers(), onError, onProgress, signal } = options;
  return evaluate({
    ...built, workers, evaluation: built.recipe.evaluation, tensors: checkpointTensors(values), dataset: data.evaluation,
    makeProgram: backend.makeProgram, product: backend.matrixProduct, plugins: built.recipe.plugins,
    ...(withLists ? { lists: { count: 8, length: 10, seed: built.recipe.seed } } : {}),
    ...(onError ? { onError } : {}), ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}),
  }); // prettier-ignore
}

const headline = ({ summary: { mAP, mINP, cmc } }: Evaluation): Record<string, number> => ({ mAP, mINP, rank1: cmc['1'] ?? 0 });

async function finish(run: Run, record: RunRecord, { position, held }: { position: Position; held: Held }): Promise<Evaluation> {
  const { folder, built, log } = run;
  const last = built.recipe.stages.at(-1)!;
  await writeSafetensors(folder.model, checkpointTensors(held), { metadata: { recipe: built.recipe.name } });
  const { rankings, ...evaluation } = await judge(run, held, true);
  if (rankings) await writeSafetensors(folder.rankings, rankings);
  await writeJson(folder.evaluation, evaluation);
  await writeJson(folder.metrics, { ...evaluation.summary, fingerprint: record.fingerprints.evaluation, seed: built.recipe.seed });
  log({ ...position, epoch: last.epochs }, last.name, 'evaluation', headline(evaluation));
  return evaluation;
}

/**
 * Trains a recipe, stage by stage, into a folder: the resolved recipe, a training checkpoint that is replaced whole, what stages leave for
 * later ones, a log, the trained model under PyTorch names, and its evaluation. The same recipe, seed, engine and thread count give the same
 * model, also when the run was interrupted and resumed. Throws FILE_EXISTS for a folder that is in use, NON_FINITE_LOSS, INTERRUPTED, and
 * whatever the parts throw.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const start = performance.now();
  const begun = await (options.resume ? beginAgain(options) : beginNew(options));
  const { built, data, folder, record, artefacts } = begun;
  const loggers = (await options.loggers?.(folder, begun.position)) ?? [];
  const log: StageRun['log'] = ({ step, epoch }, stage, kind, numbers, text) =>
    loggers.forEach((logger) => logger.log({ kind, step, epoch, stage, numbers, ...(text === undefined ? {} : { text }) }));
  const { workers = defaultWorkers(), onError = 'stop', backend, checkpointEvery, onProgress, signal } = options;
  const run: Run = {
    options, built, data, folder, artefacts, backend, checkpointEvery, onProgress, signal, log, streams: data.streams,
    random: Random.seed(built.recipe.seed), sources: fileSources({ built, data, registry: options.registry, workers, onError }),
    judge: async (held) => headline(await judge(run, held, false)),
  }; // prettier-ignore
  if (begun.note) log(begun.position, built.stages[0]!.stage.name, 'message', {}, begun.note);
  try {
    const end = await trainStages(run, begun);
    const evaluation = await finish(run, record, end);
    return { folder, record, evaluation, steps: end.position.step, seconds: (performance.now() - start) / 1000 };
  } finally {
    await Promise.all(loggers.map((logger) => logger.close()));
  }
}

/** Evaluation of the untrained model of a recipe: its first values under its seed. */
export async function evaluateUntrained(options: Omit<TrainOptions, 'out' | 'resume'> & { readonly recipe: Recipe }): Promise<Evaluation> {
  const data = await readRunData(options.recipe, options.registry);
  const built = buildRun(options.recipe, data.facts, options.registry);
  const values = built.stages[0]!.plan.values(Random.seed(built.recipe.seed).fork('initial'), { parameters: {}, state: {} });
  return judge({ built, data, backend: options.backend, options: { ...options, out: '' } }, values, false);
}
