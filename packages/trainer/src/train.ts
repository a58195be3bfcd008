import {
  type Backend, checkStateDict, type HostTensors, type Logger, type Model, type Program, Random, readSafetensors, ReidError, removePartials, type Registry, type StepReport, writeSafetensors,
} from '@reidkit/core-tensor'; // prettier-ignore
import { createLoader, type Loader } from '@reidkit/datasets';
import { type BuiltRun, type BuiltStage, buildRun } from './build-run.ts';
import { loadCheckpoint, type Position, saveCheckpoint } from './checkpoint.ts';
import { evaluate, type Evaluation } from './evaluate.ts';
import { checkImageSize, defaultWorkers, throwIfAborted } from './extract.ts';
import { readRunData, type RunData } from './run-data.ts';
import { createRunFolder, runFolder, type RunFolder, writeJson } from './run-folder.ts';
import { checkRunRecord, readRunRecord, type RunRecord, writeRunRecord } from './run-record.ts';
import { checkpointTensors } from './training-step.ts';
import type { Recipe, Stage } from '@reidkit/core-tensor';
import { UPDATE } from './accumulate.ts';

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
  /** Safetensors file of a model to start from; names that the model does not have are left out, and reported. */
  readonly initialWeights?: string;
  /** Threads that read and decode images. Default: {@link defaultWorkers}. */
  readonly workers?: number;
  readonly onError?: 'stop' | 'skip';
  /** Steps between training checkpoints inside an epoch; one is written after every epoch anyway. */
  readonly checkpointEvery?: number;
  /** Versions of packages, for the record. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Makes the loggers once the folder is there. */
  readonly loggers?: (folder: RunFolder, position: Position) => Promise<readonly Logger[]>;
  /** Progress of evaluations. */
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

interface Run extends TrainOptions {
  readonly workers: number;
  readonly built: BuiltRun;
  readonly data: RunData;
  readonly folder: RunFolder;
  readonly random: Random;
  readonly log: (position: Position, stage: string, kind: string, numbers: Readonly<Record<string, number>>, text?: string) => void;
}

const START: Position = { stage: 0, epoch: 0, batch: 0, step: 0 };

interface Held {
  readonly parameters: HostTensors;
  readonly state: HostTensors;
}

interface Begun {
  readonly run: Omit<Run, 'log'>;
  readonly position: Position;
  readonly held: Held;
  readonly record: RunRecord;
  /** What there is to say about the weights to start from. */
  readonly note: string;
}

/** A run from the beginning, in a folder of its own. */
async function beginNew(options: TrainOptions): Promise<Begun> {
  const { recipe, out, registry, backend, versions = {} } = options;
  if (!recipe) throw new ReidError('INVALID_ARGUMENT', 'train() needs a recipe, or a run to resume.');
  const data = await readRunData(recipe, registry);
  const built = buildRun(recipe, data.facts, registry);
  const { tensors, note } = options.initialWeights
    ? await readInitialWeights(options.initialWeights, built.model)
    : { tensors: {}, note: '' };
  const buffers = Object.fromEntries(Object.entries(tensors).map(([path, value]) => [`buffer.${path}`, value]));
  const folder = await createRunFolder(out, options.besides);
  return {
    note,
    record: await writeRunRecord(folder, { built, data, backend, versions }),
    position: START,
    held: { parameters: tensors, state: buffers },
    run: { ...options, workers: options.workers ?? defaultWorkers(), built, data, folder, random: Random.seed(built.recipe.seed) },
  };
}

/** A run that was begun before, from its last checkpoint. */
async function beginAgain(options: TrainOptions): Promise<Begun> {
  const folder = runFolder(options.out);
  const record = await readRunRecord(folder);
  await removePartials(options.out);
  const data = await readRunData(record.recipe, options.registry);
  checkRunRecord(record, data);
  const built = buildRun(record.recipe, data.facts, options.registry);
  const checkpoint = await loadCheckpoint(folder.checkpoint).catch(startAgain);
  return {
    note: '',
    record,
    position: checkpoint?.position ?? START,
    held: checkpoint ?? { parameters: {}, state: {} },
    run: { ...options, workers: options.workers ?? defaultWorkers(), built, data, folder, random: Random.seed(built.recipe.seed) },
  };
}

/** Weights to start from, by name; what does not meet is told. Throws CHECKPOINT_MISMATCH for other shapes, or when no name meets. */
async function readInitialWeights(path: string, model: Model): Promise<{ tensors: HostTensors; note: string }> {
  const { tensors } = await readSafetensors(path);
  const { missing, unexpected } = checkStateDict(model, tensors, { source: path, allow: { missing: () => true, unexpected: () => true } });
  const taken = Object.keys(tensors).length - unexpected.length;
  if (taken === 0) {
    throw new ReidError(
      'CHECKPOINT_MISMATCH',
      `No name in "${path}" is a parameter of the model. It has ${Object.keys(tensors).slice(0, 3).join(', ')} …`,
      {
        hint: `the model has ${missing.slice(0, 3).join(', ')} …`,
      },
    );
  }
  const list = (names: readonly string[]): string =>
    names.length === 0 ? 'none' : names.slice(0, 8).join(', ') + (names.length > 8 ? ' …' : '');
  return {
    tensors,
    note: `${taken} tensors taken from ${path}; not in the file: ${list(missing)}; not in the model: ${list(unexpected)}.`,
  };
}

/** A run that was stopped before its first checkpoint begins at the beginning. */
function startAgain(error: unknown): undefined {
  if (ReidError.is(error) && error.code === 'FILE_NOT_FOUND') return undefined;
  throw error;
}

function checkLosses({ losses }: StepReport, position: Position, stage: string): void {
  const bad = Object.entries(losses).find(([, value]) => !Number.isFinite(value));
  if (!bad) return;
  throw new ReidError(
    'NON_FINITE_LOSS',
    `Step ${position.step + 1} (stage "${stage}", epoch ${position.epoch + 1}): the loss "${bad[0]}" is ${bad[1]}.`,
    {
      hint: 'the last checkpoint was kept. Lower the learning rate, lengthen the warm-up, clip gradients, or look at the images of this batch.',
    },
  );
}

function stageLoader(run: Run, { stage }: BuiltStage): Promise<Loader> {
  const name = stage.streams[0]!;
  const { dataset, records, labels } = run.data.streams[name]!;
  const { transforms } = run.built.recipe.streams[name]!;
  return createLoader({
    root: dataset.root, records, labels, transforms, sampler: run.built.samplers[name]!, workers: run.workers, seed: run.built.recipe.seed,
    onError: run.onError ?? 'stop', plugins: run.built.recipe.plugins,
  }); // prettier-ignore
}

const compiledText = ({ nodes, record, load }: NonNullable<StepReport['compiled']>): string =>
  `compiled the step: ${nodes} operations, recorded in ${record.toFixed(1)} s, loaded in ${load.toFixed(1)} s`;

/** Keeps time: images per second over the last steps, and what is left of the stage. */
class Pace {
  #last = performance.now();
  #rate = 0;

  step(images: number, stepsLeft: number, batchSize: number): { imagesPerSecond: number; secondsLeft: number } {
    const now = performance.now();
    const rate = (1000 * images) / Math.max(0.001, now - this.#last);
    this.#last = now;
    this.#rate = this.#rate === 0 ? rate : 0.9 * this.#rate + 0.1 * rate;
    return { imagesPerSecond: this.#rate, secondsLeft: (stepsLeft * batchSize) / this.#rate };
  }
}

async function save(run: Run, program: Program, position: Position): Promise<Held> {
  const values = await program.read();
  await saveCheckpoint(run.folder.checkpoint, { position, ...values });
  return values;
}

/** Whether the gradients of a batch complete an update, for stages that average over several. */
const updateNow = ({ accumulate }: Stage, batches: number): Record<string, number> =>
  accumulate === 1 ? {} : { [UPDATE]: (batches + 1) % accumulate === 0 ? 1 : 0 };

async function trainEpoch(run: Run, built: BuiltStage, program: Program, loader: Loader, start: Position): Promise<Position> {
  const { stage, optimizer, schedule, reads } = built;
  const { checkpointEvery = 200, signal } = run;
  const perEpoch = loader.batchCount(start.epoch);
  const pace = new Pace();
  let position = start;
  for await (const loaded of loader.epoch(position.epoch, position.batch)) {
    const batches = position.epoch * perEpoch + position.batch;
    const at = schedule.unit === 'epoch' ? position.epoch : Math.floor(batches / stage.accumulate);
    const hyper = { ...optimizer.hyper((base) => schedule.rate(at, base)), ...updateNow(stage, batches) };
    const all = loaded.tensors as unknown as HostTensors;
    const batch = Object.fromEntries(['images', ...reads].map((name) => [name, all[name]!]));
    checkImageSize(run.built.model, batch.images!);
    const random = run.random.fork('draws', position.stage, position.epoch, position.batch);
    const report = await program.run({ batch, hyper, random });
    loader.recycle(loaded);
    checkLosses(report, position, stage.name);
    if (report.compiled) run.log(position, stage.name, 'compile', report.compiled, compiledText(report.compiled));
    position = { ...position, batch: position.batch + 1, step: position.step + 1 };
    const stepsLeft = (stage.epochs - position.epoch) * perEpoch - position.batch;
    const numbers = { ...report.losses, rate: hyper['rate.0'] ?? 0, ...pace.step(loader.batchSize, stepsLeft, loader.batchSize) };
    run.log(position, stage.name, 'step', { ...numbers, epochs: stage.epochs, batches: perEpoch });
    if (signal?.aborted) {
      await save(run, program, position);
      throwIfAborted(signal);
    }
    if (position.step % checkpointEvery === 0) await save(run, program, position);
  }
  return { ...position, epoch: position.epoch + 1, batch: 0 };
}

/** Evaluates parameters by the recipe's protocol. */
function judge(run: Run, values: Held, withLists: boolean): Promise<Evaluation> {
  const { built, data, backend, workers, onError, onProgress, signal } = run;
  return evaluate({
    ...built, workers, evaluation: built.recipe.evaluation, tensors: checkpointTensors(values), dataset: data.evaluation,
    makeProgram: backend.makeProgram, product: backend.matrixProduct, plugins: built.recipe.plugins,
    ...(withLists ? { lists: { count: 8, length: 10, seed: built.recipe.seed } } : {}),
    ...(onError ? { onError } : {}), ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}),
  }); // prettier-ignore
}

async function trainStage(run: Run, built: BuiltStage, start: Position, held: Held): Promise<{ position: Position; held: Held }> {
  const { stage, plan } = built;
  const program = run.backend.makeProgram(plan.step, plan.values(run.random.fork('initial'), held));
  const loader = await stageLoader(run, built);
  let position = start;
  let values: Held | undefined;
  try {
    while (position.epoch < stage.epochs) {
      position = await trainEpoch(run, built, program, loader, position);
      const isLast = position.epoch === stage.epochs;
      values = await save(run, program, isLast ? { ...START, stage: position.stage + 1, step: position.step } : position);
      if (!isLast && stage.evaluateEvery > 0 && position.epoch % stage.evaluateEvery === 0) {
        const { summary } = await judge(run, values, false);
        run.log(position, stage.name, 'evaluation', { mAP: summary.mAP, mINP: summary.mINP, rank1: summary.cmc['1'] ?? 0 });
      }
    }
    values ??= await program.read();
  } finally {
    program.dispose();
    await loader.close();
  }
  return { position: { ...START, stage: position.stage + 1, step: position.step }, held: values };
}

/**
 * Trains a recipe, stage by stage, into a folder: the resolved recipe, a training checkpoint that is replaced whole, a log, the trained model
 * under PyTorch names, and its evaluation. The same recipe, seed, engine and thread count give the same model, also when the run was
 * interrupted and resumed. Throws FILE_EXISTS for a folder that is in use, NON_FINITE_LOSS, INTERRUPTED, and whatever the parts throw.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const start = performance.now();
  const begun = await (options.resume ? beginAgain(options) : beginNew(options));
  let { position, held } = begun;
  const loggers = (await options.loggers?.(begun.run.folder, position)) ?? [];
  const log: Run['log'] = ({ step, epoch }, stage, kind, numbers, text) =>
    loggers.forEach((logger) => logger.log({ kind, step, epoch, stage, numbers, ...(text === undefined ? {} : { text }) }));
  const run: Run = { ...begun.run, log };
  if (begun.note)
    loggers.forEach((logger) =>
      logger.log({
        kind: 'message',
        step: position.step,
        epoch: position.epoch,
        stage: run.built.stages[0]!.stage.name,
        numbers: {},
        text: begun.note,
      }),
    );
  try {
    for (const built of run.built.stages.slice(position.stage)) ({ position, held } = await trainStage(run, built, position, held));
    await writeSafetensors(run.folder.model, checkpointTensors(held), { metadata: { recipe: run.built.recipe.name } });
    const evaluation = await judge(run, held, true);
    const { mAP, mINP, cmc } = evaluation.summary;
    await writeJson(run.folder.evaluation, evaluation);
    await writeJson(run.folder.metrics, {
      ...evaluation.summary,
      fingerprint: begun.record.fingerprints.evaluation,
      seed: run.built.recipe.seed,
    });
    log({ ...position, epoch: run.built.recipe.stages.at(-1)!.epochs }, run.built.recipe.stages.at(-1)!.name, 'evaluation', {
      mAP,
      mINP,
      rank1: cmc['1'] ?? 0,
    });
    return { folder: run.folder, record: begun.record, evaluation, steps: position.step, seconds: (performance.now() - start) / 1000 };
  } finally {
    await Promise.all(loggers.map((logger) => logger.close()));
  }
}

/** Evaluation of the untrained model of a recipe: its first values under its seed. */
export async function evaluateUntrained(options: Omit<TrainOptions, 'out' | 'resume'> & { readonly recipe: Recipe }): Promise<Evaluation> {
  const data = await readRunData(options.recipe, options.registry);
  const built = buildRun(options.recipe, data.facts, options.registry);
  const random = Random.seed(built.recipe.seed);
  const values = built.stages[0]!.plan.values(random.fork('initial'), { parameters: {}, state: {} });
  return judge(
    { workers: defaultWorkers(), ...options, out: '', built, data, random, folder: runFolder(''), log: () => undefined },
    values,
    false,
  );
}
