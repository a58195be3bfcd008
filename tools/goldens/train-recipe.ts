import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistry, type CropRecord, currentBackend, type HostTensors, Random, type Recipe, readSafetensors } from '@reidkit/core-tensor';
import { identityLabels } from '@reidkit/datasets';
import { Artefacts, type BatchSource, type BatchSources, buildRun, type BuiltRun, type Facts, modelPass, passStep, runFolder, START, trainStages } from '@reidkit/trainer';
import { isBatchCounter } from '@reidkit/encoders';
import { builtInPlugins } from 'reidkit';
import type { GoldenCase, GoldenTensor } from './adapter.ts';
import { hostNumbers } from './golden-tensors.ts';

/** How a case of a recipe is trained. */
export interface RecipeCase {
  readonly recipe: Recipe;
  readonly facts: Facts;
  /** Label of every record, by stream. */
  readonly labels: Readonly<Record<string, ArrayLike<number>>>;
  readonly sources: BatchSources;
  /** Numbers to begin with beside those of the case. */
  readonly weights?: HostTensors;
  /** Artefacts that earlier stages would have left. */
  readonly artefacts?: Readonly<Record<string, HostTensors>>;
}

/** What training a case gave. */
export interface RecipeOutcome {
  readonly built: BuiltRun;
  /** Numbers that every step reported. */
  readonly steps: readonly Readonly<Record<string, number>>[];
  /** Parameters and buffers by path, at the end. */
  readonly tensors: HostTensors;
  /** What the stages prepared. */
  readonly artefacts: Artefacts;
}

/** The state of the model before the first step. */
export function startingWeights(golden: GoldenCase): HostTensors {
  const names = golden.keys.filter((key) => key.startsWith('w0/'));
  return Object.fromEntries(names.map((key) => [key.slice('w0/'.length), hostNumbers(golden.tensor(key))]));
}

const cropsOf = (labels: ArrayLike<number>): CropRecord[] =>
  Array.from(labels, (identity) => ({ form: 'crop', split: 'train', identity, camera: null, file: '' }));

/** Trains the stages of a recipe from the case's weights, on the case's batches, by the trainer. */
export async function trainRecipe(golden: GoldenCase, { recipe, facts, labels, sources, weights = {}, artefacts: given = {} }: RecipeCase): Promise<RecipeOutcome> {
  const built = buildRun(recipe, facts, createRegistry(...builtInPlugins), { artefacts: Object.keys(given) });
  const path = await mkdtemp(join(tmpdir(), 'reidkit-golden-'));
  try {
    const folder = runFolder(path);
    const artefacts = new Artefacts(folder.artefacts, 'golden');
    for (const [name, tensors] of Object.entries(given)) await artefacts.put(name, tensors, 'golden');
    const start = { ...startingWeights(golden), ...weights };
    const buffers = Object.fromEntries(Object.entries(start).map(([name, value]) => [`buffer.${name}`, value]));
    const steps: Readonly<Record<string, number>>[] = [];
    const streams = Object.fromEntries(
      Object.entries(labels).map(([name, all]) => [name, { records: cropsOf(all), labels: identityLabels(cropsOf(all)) }]),
    );
    const log = (_position: unknown, _stage: string, kind: string, numbers: Readonly<Record<string, number>>): void => {
      if (kind === 'step') steps.push(numbers);
    };
    const run = { built, backend: currentBackend(), folder, random: Random.seed(recipe.seed), sources, artefacts, streams, log };
    const { held } = await trainStages(run, { position: START, held: { parameters: start, state: buffers } });
    const saved = await readSafetensors(folder.checkpoint);
    const left = Object.entries(saved.tensors).flatMap(([name, value]) => (name.startsWith('state.buffer.') ? [[name.slice('state.buffer.'.length), value] as const] : []));
    return { built, steps, artefacts, tensors: { ...held.parameters, ...Object.fromEntries(left) } };
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** Outputs of a pass of the model in evaluation, with the given parameters and buffers. */
export async function evaluatePass({ model }: BuiltRun, tensors: HostTensors, pass: string, batch: HostTensors, outputs: readonly string[]): Promise<HostTensors> {
  const way = modelPass(model, pass);
  const program = currentBackend().makeProgram(passStep(model, way, outputs), { parameters: tensors });
  const read = Object.fromEntries(way.reads.map((name) => [name, batch[name]!]));
  const report = await program.run({ batch: read });
  program.dispose();
  return report.outputs;
}

/** A rate at which one step of descent moves parameters so far that their own rounding does not hide the gradient; a power of two, so it divides exactly. */
const GRADIENT_RATE = 4096;

/** Compares gradients of the first step: one step of plain descent takes each parameter down by its gradient times the rate. */
export async function compareGradients(golden: GoldenCase, { recipe, sources, ...rest }: RecipeCase): Promise<void> {
  const stages = recipe.stages.map((stage) => ({
    ...stage,
    epochs: 1,
    optimizer: { use: 'optimizer/sgd', options: { rate: GRADIENT_RATE } },
    schedule: { use: 'schedule/constant' },
  }));
  const training: BatchSources['training'] = async (stream, withImages) => {
    const source = await sources.training(stream, withImages);
    const first: BatchSource['epoch'] = async function* (epoch) {
      for await (const batch of source.epoch(epoch)) {
        yield batch;
        return;
      }
    };
    return { ...source, batchCount: () => 1, epoch: first };
  };
  const { tensors } = await trainRecipe(golden, { ...rest, recipe: { ...recipe, stages }, sources: { ...sources, training } });
  const start = startingWeights(golden);
  for (const key of golden.keys.filter((name) => name.startsWith('grad/0/'))) {
    const path = key.slice('grad/0/'.length);
    const [before, after] = [start[path]!.data, tensors[path]!.data];
    golden.report.compare(key, Float64Array.from(before, (value, i) => (value - after[i]!) / GRADIENT_RATE), golden.tensor(key));
  }
}

/** Compares a number of every step with the case's: `names` has the step's name of each entry `out/<step>/<name>`. */
export function compareSteps({ report, json, tensor }: GoldenCase, steps: RecipeOutcome['steps'], names: Readonly<Record<string, string>>): void {
  report.check('number of steps', steps.length === json.steps, `got ${steps.length}, want ${json.steps}`);
  steps.slice(0, json.steps).forEach((numbers, step) => {
    for (const [theirs, ours] of Object.entries(names)) {
      report.compare(`out/${step}/${theirs}`, [numbers[ours] ?? NaN], tensor(`out/${step}/${theirs}`));
    }
    const rates = Object.entries(numbers).flatMap(([name, value]) => (name === 'rate' || name.startsWith('rate.') ? [value] : []));
    report.compare(`out/${step}/lr`, [...new Set(rates)].sort((a, b) => a - b), tensor(`out/${step}/lr`));
  });
}

interface Loose {
  readonly atol: number;
  readonly rtol?: number;
  readonly atol_elsewhere?: number;
  readonly ranges?: readonly (readonly [number, number])[];
}

const pick = ({ dtype, data }: GoldenTensor, at: readonly number[]): GoldenTensor => {
  const numbers = Float64Array.from(at, (i) => Number(data[i]));
  return { dtype, shape: [at.length], data: numbers };
};

/** Compares a tensor of which some places have a tolerance of their own, because their true gradient is zero. */
function compareLoosely({ report, json }: GoldenCase, key: string, got: ArrayLike<number>, want: GoldenTensor, loose: Loose): void {
  const inside = new Set((loose.ranges ?? [[0, want.data.length]]).flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)));
  const part = (at: readonly number[], atol: number, rtol: number): void => {
    if (at.length > 0) report.compare(key, at.map((i) => got[i]!), pick(want, at), { atol, rtol, compare: 'element' }); // prettier-ignore
  };
  const { atol, rtol, atol_w1: sharp = atol } = json.tolerance;
  part([...inside], loose.atol, loose.rtol ?? 0);
  part([...want.data.keys()].filter((i) => !inside.has(i)), loose.atol_elsewhere ?? sharp, rtol); // prettier-ignore
}

/** Compares the weights after the last step, and that what has no twin there stayed as it was, bit for bit. */
export function compareWeights(golden: GoldenCase, tensors: HostTensors): void {
  const { report, json, keys, has, tensor } = golden;
  const loose: Readonly<Record<string, Loose>> = json.loose ?? {};
  for (const key of keys.filter((name) => name.startsWith('w1/') && !isBatchCounter(name))) {
    const got = tensors[key.slice('w1/'.length)];
    const own = loose[key];
    if (!got) report.check(key, false, 'the model has no such parameter');
    else if (own) compareLoosely(golden, key, got.data, tensor(key), own);
    else if (json.idle?.[key]) continue;
    else report.compare(key, got.data, tensor(key));
  }
  for (const key of keys.filter((name) => name.startsWith('w0/') && !has(`w1/${name.slice(3)}`))) {
    const [got, want] = [tensors[key.slice(3)], hostNumbers(tensor(key))];
    if (got) report.check(`${key} stays`, got.data.every((value, i) => Object.is(value, want.data[i])), 'changed'); // prettier-ignore
  }
}
