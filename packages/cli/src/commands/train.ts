import { join } from 'node:path';
import { type Backend, type DatasetReader, ReidError } from '@reidkit/core-tensor';
import { jsonLogger, readRunRecord, reportRun, rewindLog, runFolder, tensorBoardLogger, train, type TrainOptions, type TrainResult, writeJson } from '@reidkit/trainer'; // prettier-ignore
import { chooseRecipe } from '../choose-recipe.ts';
import { type EngineChoice, startEngine } from '../engine.ts';
import { interruptible } from '../interruptible.ts';
import { inPercent, meanAndSpread } from '../mean-and-spread.ts';
import { makeRegistry } from '../plugins.ts';
import { formatSeconds, ProgressLine } from '../progress.ts';
import { parseSeeds } from '../seeds.ts';
import { progressLogger } from '../train-progress.ts';
import { UsageError } from '../usage-error.ts';
import { versions } from '../versions.ts';

/** Options of `reidkit train`. */
export interface TrainCommandOptions extends EngineChoice {
  readonly preset?: string;
  readonly size?: string;
  readonly set?: readonly string[];
  readonly data?: string;
  readonly out?: string;
  readonly seed?: number;
  readonly seeds?: string;
  readonly resume?: boolean | string;
  readonly initialWeights?: string;
  readonly leave?: readonly string[];
  readonly stages?: string;
  readonly artefact?: readonly string[];
  readonly checkpointEvery?: number;
  readonly workers?: number;
  readonly onError?: 'stop' | 'skip';
}

/** Trains with a progress line, a JSON log and TensorBoard files; Ctrl-C saves and leaves. */
export async function trainWithProgress(
  options: Omit<TrainOptions, 'loggers' | 'onProgress' | 'versions' | 'signal'>,
  line: ProgressLine,
): Promise<TrainResult> {
  return interruptible((signal) =>
    train({
      ...options,
      signal,
      versions: versions(),
      onProgress: (phase, done, total) => line.update(`evaluating: ${phase} ${done} of ${total} images`),
      loggers: async (folder, { step }) => {
        await rewindLog(folder.log, step);
        return [progressLogger(line), await jsonLogger(folder.log), await tensorBoardLogger(folder.path)];
      },
    }),
  );
}

function describeResult({ evaluation, folder, seconds }: TrainResult): string {
  const { mAP, mINP, cmc } = evaluation.summary;
  const percent = (value: number | undefined): string => `${(100 * (value ?? 0)).toFixed(1)} %`;
  return [
    `Done in ${formatSeconds(seconds)}: mAP ${percent(mAP)}, rank-1 ${percent(cmc['1'])}, mINP ${percent(mINP)}.`,
    `  model   ${folder.model}`,
    `  report  ${folder.report}`,
  ].join('\n');
}

async function trainOne(options: TrainOptions, line: ProgressLine): Promise<TrainResult> {
  const result = await trainWithProgress(options, line);
  const record = await readRunRecord(result.folder);
  const node = record.recipe.evaluation.dataset ?? Object.values(record.recipe.streams)[0]!.dataset;
  const { registry, backend, workers } = options;
  const dataset = await registry.use<DatasetReader>(node).read();
  const pictures = {
    registry, dataset, makeProgram: backend.makeProgram, ...(workers === undefined ? {} : { workers }),
    onProgress: (done: number, total: number) => line.update(`pictures for the report: ${done} of ${total} images`),
  }; // prettier-ignore
  await reportRun(result.folder, { root: dataset.root, pictures, seconds: { train: result.seconds - result.evaluation.seconds } });
  return result;
}

async function trainSeeds(seeds: readonly number[], out: string, run: (seed: number, out: string) => Promise<TrainResult>): Promise<void> {
  const results: { seed: number; mAP: number; rank1: number }[] = [];
  for (const seed of seeds) {
    const { evaluation } = await run(seed, join(out, `seed-${seed}`));
    results.push({ seed, mAP: evaluation.summary.mAP, rank1: evaluation.summary.cmc['1'] ?? 0 });
    await writeJson(join(out, 'seeds.json'), results);
  }
  for (const { seed, mAP, rank1 } of results)
    console.log(`seed ${seed}: mAP ${(100 * mAP).toFixed(1)} %, rank-1 ${(100 * rank1).toFixed(1)} %`);
  const spread = (of: (result: (typeof results)[number]) => number): string => `${inPercent(meanAndSpread(results.map(of)))} %`;
  console.log(`mean ± standard deviation: mAP ${spread(({ mAP }) => mAP)}, rank-1 ${spread(({ rank1 }) => rank1)}`); // prettier-ignore
}

type Common = Pick<TrainOptions, 'backend' | 'workers' | 'onError' | 'checkpointEvery'>;

function commonOf(backend: Backend, { workers, onError, checkpointEvery }: TrainCommandOptions): Common {
  return {
    backend,
    ...(workers === undefined ? {} : { workers }),
    ...(onError ? { onError } : {}),
    ...(checkpointEvery ? { checkpointEvery } : {}),
  };
}

async function resumeRun(options: TrainCommandOptions, common: Common, line: ProgressLine): Promise<void> {
  const folder = typeof options.resume === 'string' ? options.resume : options.out;
  if (!folder) throw new UsageError('--resume needs the folder of a run: reidkit train --resume runs/market');
  const { recipe } = await readRunRecord(runFolder(folder));
  console.log(describeResult(await trainOne({ ...common, registry: await makeRegistry(recipe.plugins), out: folder, resume: true }, line)));
}

/** `NAME=FILE` as a table. */
function artefactFiles(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0 && at < pair.length - 1) return [pair.slice(0, at), pair.slice(at + 1)];
      throw new UsageError(`--artefact takes NAME=FILE, got "${pair}".`);
    }),
  );
}

async function newRun(name: string, options: TrainCommandOptions, common: Common, line: ProgressLine): Promise<void> {
  const { out = join('runs', name.endsWith('.json') ? 'recipe' : name), initialWeights, leave = [], seeds, seed, artefact = [] } = options;
  const artefacts = artefactFiles(artefact);
  const one = async (seedOfRun: number | undefined, folder: string): Promise<TrainResult> => {
    const recipe = await chooseRecipe({ ...options, name, ...(seedOfRun === undefined ? {} : { seed: seedOfRun }) });
    const weights = initialWeights ? { initialWeights, leave } : {};
    return trainOne({ ...common, ...weights, artefacts, recipe, registry: await makeRegistry(recipe.plugins), out: folder }, line);
  };
  try {
    if (seeds !== undefined) await trainSeeds(parseSeeds(seeds), out, one);
    else console.log(describeResult(await one(seed, out)));
  } catch (error) {
    if (ReidError.is(error) && error.code === 'INTERRUPTED') line.done(`Saved. Go on with: reidkit train --resume ${out}`);
    throw error;
  }
}

/** `reidkit train [RECIPE]`. */
export async function trainCommand(name: string | undefined, options: TrainCommandOptions): Promise<void> {
  const { resume } = options;
  if (!name && !resume) throw new UsageError('which recipe? `reidkit recipes` lists them.');
  const line = new ProgressLine();
  const engine = await startEngine(options);
  const common = commonOf(engine, options);
  await (resume ? resumeRun(options, common, line) : newRun(name!, options, common, line));
}
