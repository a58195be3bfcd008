import { checkStateDict, type DatasetReader, parseRecipe, readSafetensors, type Recipe, writeFileAtomically } from '@reidkit/core-tensor';
import { recognizeDataset } from '@reidkit/datasets';
import { applyOverrides, buildModel, defaultWorkers, evaluate, readRunRecord, runFolder } from '@reidkit/trainer';
import { type EngineChoice, startEngine } from '../engine.ts';
import { interruptible } from '../interruptible.ts';
import { makeRegistry } from '../plugins.ts';
import { ProgressLine } from '../progress.ts';
import { versions } from '../versions.ts';

/** Options of `reidkit evaluate`. */
export interface EvaluateCommandOptions extends EngineChoice {
  readonly data?: string;
  /** File of the people found in frames. */
  readonly detections?: string;
  /** Folder for the descriptors of the gallery. */
  readonly features?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
  readonly out?: string;
  readonly workers?: number;
  readonly onError?: 'stop' | 'skip';
}

async function changed(recipe: Recipe, { data, detections, set = [] }: EvaluateCommandOptions): Promise<Recipe> {
  const evaluation = {
    ...recipe.evaluation,
    ...(data === undefined ? {} : { dataset: await recognizeDataset(data) }),
    ...(detections === undefined ? {} : { detections }),
  };
  return parseRecipe({ ...recipe, evaluation: applyOverrides(evaluation, set) });
}

/** `reidkit evaluate RUN`. */
export async function evaluateCommand(path: string, options: EvaluateCommandOptions): Promise<void> {
  const { workers = defaultWorkers(), onError, json, out, features } = options;
  const folder = runFolder(path);
  const recipe = await changed((await readRunRecord(folder)).recipe, options);
  const registry = await makeRegistry(recipe.plugins);
  const engine = await startEngine(options);
  const built = buildModel(recipe, registry);
  const { tensors } = await readSafetensors(folder.model);
  checkStateDict(built.model, tensors, { source: folder.model });
  const dataset = await registry.use<DatasetReader>(recipe.evaluation.dataset ?? Object.values(recipe.streams)[0]!.dataset).read();
  const line = new ProgressLine();
  const { summary, notes, seconds, skipped, perQuery } = await interruptible((signal) =>
    evaluate({
      ...built, tensors, dataset, workers, signal, evaluation: recipe.evaluation, plugins: recipe.plugins,
      makeProgram: engine.makeProgram, product: engine.matrixProduct, ...(onError ? { onError } : {}),
      ...(features === undefined ? {} : { features }),
      onProgress: (phase, done, total) => line.update(`evaluating: ${phase} ${done} of ${total} images`),
    }),
  ); // prettier-ignore
  line.done(`evaluated ${summary.queries} queries against ${summary.gallery} images`);
  const figures = { ...summary, versions: versions(), notes, skipped, seconds, seed: recipe.seed };
  if (out) await writeFileAtomically(out, `${JSON.stringify({ ...figures, perQuery }, null, 2)}\n`);
  if (json) console.log(JSON.stringify(figures));
  else {
    const percent = (value: number | undefined): string => `${(100 * (value ?? 0)).toFixed(1)} %`;
    const ranks = Object.entries(summary.cmc).map(([rank, value]) => `rank-${rank} ${percent(value)}`);
    console.log(`${summary.protocol}: mAP ${percent(summary.mAP)}, mINP ${percent(summary.mINP)}, ${ranks.join(', ')}`);
    for (const [name, value] of Object.entries(summary.figures ?? {})) console.log(`${name}: ${value.toFixed(4)}`);
    for (const note of notes) console.log(note);
  }
}
