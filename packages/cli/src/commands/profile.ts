import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { referenceBackend, useBackend, type Recipe } from '@reidkit/core-tensor';
import { buildRun, type BuiltRun, modelPass } from '@reidkit/trainer';
import { chooseRecipe } from '../choose-recipe.ts';
import { type EngineChoice, startEngine } from '../engine.ts';
import { countNumbers } from '../parameter-counts.ts';
import { makeRegistry } from '../plugins.ts';
import { countProducts } from '../profile/count-products.ts';
import { INFERENCE, measurePhase, type PhaseCost } from '../profile/measure-phase.ts';
import { recordPass } from '../profile/profile-inputs.ts';

/** Options of `reidkit profile`. */
export interface ProfileCommandOptions extends EngineChoice {
  readonly preset?: string;
  readonly size?: string;
  readonly set?: readonly string[];
  readonly classes: number;
  readonly batch: number;
  readonly steps: number;
  /** Count only, measure nothing. */
  readonly count?: boolean;
  /** Measure this phase alone, in this process: how the command calls itself. */
  readonly phase?: string;
  readonly json?: boolean;
}

/** What a recipe costs: what can be counted, and what was measured here. */
export interface RecipeProfile {
  readonly recipe: string;
  readonly preset: string;
  readonly size: string;
  readonly classes: number;
  readonly parameters: { readonly training: number; readonly inference: number };
  /** Multiplications with additions: of an image at test, and of an identity in each pass that reads labels. */
  readonly products: Readonly<Record<string, number>>;
  readonly phases: readonly PhaseCost[];
}

async function built(recipe: Recipe, classes: number): Promise<BuiltRun> {
  const facts = { data: { classes, cameras: 6, views: 1, records: 2 * classes } };
  return buildRun(recipe, facts, await makeRegistry(recipe.plugins));
}

/** Multiplications of one item: an image at test, an identity in a pass of labels. */
function productsOf({ model, scorer }: BuiltRun): Record<string, number> {
  const image = { image: countProducts(recordPass(model, modelPass(model, 'images'), scorer.reads, 1)) };
  const passes = Object.entries(model.passes ?? {}).filter(([, { reads }]) => reads.length > 0 && reads.every((name) => name === 'labels'));
  return { ...image, ...Object.fromEntries(passes.map(([name, pass]) => [name, countProducts(recordPass(model, pass, pass.gives.evaluation, 1))])) }; // prettier-ignore
}

/** Each phase in a process of its own, so that its memory is its own. */
async function measureApart(
  name: string,
  phase: string,
  { preset, size, set = [], classes, batch, steps, backend, threads, eager }: ProfileCommandOptions,
): Promise<PhaseCost> {
  const given = { preset, size, classes, batch, steps, backend, threads };
  const args = Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [`--${key}`, String(value)]));
  const sets = set.flatMap((value) => ['--set', value]);
  const command = [
    ...process.execArgv,
    process.argv[1]!,
    'profile',
    name,
    ...args,
    ...sets,
    ...(eager ? ['--eager'] : []),
    '--phase',
    phase,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 1 << 20 });
  return JSON.parse(stdout) as PhaseCost;
}

const giga = (count: number): string => (count < 1e8 ? `${(count / 1e6).toFixed(2)} M` : `${(count / 1e9).toFixed(2)} G`);

function tableOf({ recipe, preset, size, classes, parameters, products, phases }: RecipeProfile): string {
  const counts = Object.entries(products).map(([what, count]) => `${giga(count)} per ${what}`);
  const head = ['phase', 'batch', 'multiplications', 'ms', 'ms per item', 'peak MB'];
  const rows = phases.map(
    ({ phase, batch, products: step, milliseconds, peakBytes }) =>
    [phase, String(batch), giga(step), milliseconds.toFixed(1), (milliseconds / batch).toFixed(2), (peakBytes / 2 ** 20).toFixed(0)], // prettier-ignore
  );
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '); // prettier-ignore
  return [
    `${recipe} (preset ${preset}, size ${size}), ${classes} identities`,
    `parameters: ${parameters.training.toLocaleString('en')} in training, ${parameters.inference.toLocaleString('en')} at inference (buffers included)`,
    `multiplications: ${counts.join(', ')}`,
    ...(rows.length > 0 ? ['', line(head), ...rows.map(line)] : []),
  ].join('\n');
}

/** `reidkit profile RECIPE`. */
export async function profileCommand(name: string, options: ProfileCommandOptions): Promise<void> {
  const { classes, batch, steps, count = false, phase, json = false } = options;
  const recipe = await chooseRecipe({ name, ...options });
  const run = await built(recipe, classes);
  if (phase !== undefined) {
    console.log(JSON.stringify(await measurePhase(run, phase, await startEngine(options), { classes, batch, steps })));
    return;
  }
  await useBackend(referenceBackend); // recordings need one to come back to
  const { total, inference } = countNumbers(run.model, run.scorer.reads);
  const phases: PhaseCost[] = [];
  if (!count)
    for (const each of [...recipe.stages.map((stage) => stage.name), INFERENCE]) phases.push(await measureApart(name, each, options));
  const { preset, size } = recipe;
  const profile: RecipeProfile = {
    recipe: recipe.name,
    preset,
    size,
    classes,
    parameters: { training: total, inference },
    products: productsOf(run),
    phases,
  };
  console.log(json ? JSON.stringify(profile, null, 2) : tableOf(profile));
}
