import { createHash } from 'node:crypto';
import { parseRecipe, type Recipe, ReidError } from '@reidkit/core-tensor';
import { applyOverrides, buildRun, readRunData } from '@reidkit/trainer';
import { chooseRecipe, onlyStages, type RecipeChoice } from '../choose-recipe.ts';
import { makeRegistry } from '../plugins.ts';
import { parseSeeds } from '../seeds.ts';
import { UsageError } from '../usage-error.ts';
import { countRuns, gridPoints, type GridAxis, MOST_RUNS, parseGrid, type SweepPoint } from './grid.ts';

/** What a sweep is asked for. */
export interface SweepRequest {
  /** The recipe with all its stages: overrides count them. */
  readonly choice: Omit<RecipeChoice, 'stages'>;
  /** Names of the stages to train, separated by commas. Default: all. */
  readonly stages?: string | undefined;
  /** Artefacts of other runs, as NAME=FILE. */
  readonly artefact?: readonly string[] | undefined;
  readonly grid: readonly string[];
  readonly seeds?: string;
  /** What all runs have in common beside the recipe, such as the weights that they start from. */
  readonly common?: unknown;
}

/** A sweep that can be started: every run was built once, on the facts of its data. */
export interface SweepPlan {
  readonly axes: readonly GridAxis[];
  readonly seeds: readonly number[];
  readonly points: readonly SweepPoint[];
  /** What all runs have in common. */
  readonly base: Recipe;
  /** Hash of it: another one is another sweep. */
  readonly hash: string;
}

/** Problems of one kind are told this often; a wrong value shows in many runs. */
const MOST_PROBLEMS = 12;

/** The message of an error made on purpose; others are thrown on. */
function messageOf(error: unknown): string {
  if (ReidError.is(error) || error instanceof UsageError) return error.message;
  throw error;
}

function refuse(problems: readonly string[]): never {
  const shown = [...new Set(problems)];
  const more = shown.length > MOST_PROBLEMS ? [`and ${shown.length - MOST_PROBLEMS} more.`] : [];
  throw new UsageError(
    ['the sweep cannot be started:', ...[...shown.slice(0, MOST_PROBLEMS), ...more].map((problem) => `  - ${problem}`)].join('\n'),
  );
}

function seedsOf(text: string | undefined, problems: string[]): number[] {
  if (text === undefined) return [];
  try {
    return parseSeeds(text);
  } catch (error) {
    problems.push(messageOf(error));
    return [];
  }
}

/** The problem of each path that leads nowhere. */
function pathProblems(base: Recipe, axes: readonly GridAxis[]): string[] {
  return axes.flatMap(({ path, values }) => {
    try {
      applyOverrides(base, [`${path}=${values[0]}`]);
      return [];
    } catch (error) {
      return [messageOf(error).replace('--set', '--grid')];
    }
  });
}

/** Builds each setting once, without training anything; gives what is wrong. Throws what reading the data throws. */
async function settingProblems(
  base: Recipe,
  settings: readonly (readonly string[])[],
  { choice, stages, artefact = [] }: SweepRequest,
): Promise<string[]> {
  const artefacts = artefact.map((pair) => pair.split('=')[0]!);
  const registry = await makeRegistry(base.plugins);
  const problems: string[] = [];
  const facts = new Map<string, Awaited<ReturnType<typeof readRunData>>['facts']>();
  for (const overrides of settings) {
    try {
      const recipe = parseRecipe(applyOverrides(base, overrides), choice.name);
      const data = JSON.stringify([recipe.streams, recipe.evaluation.dataset]);
      if (!facts.has(data)) facts.set(data, (await readRunData(recipe, registry)).facts);
      buildRun(stages === undefined ? recipe : onlyStages(recipe, stages), facts.get(data)!, registry, { artefacts });
    } catch (error) {
      problems.push(`${overrides.join(' ') || 'the recipe'}: ${messageOf(error)}`);
    }
  }
  return problems;
}

function countProblem(axes: readonly GridAxis[], seeds: readonly number[]): string[] {
  const count = countRuns(axes, seeds);
  if (axes.length === 0 && seeds.length === 0) return ['there is nothing to vary: give --grid path=value,value or --seeds 1..5.'];
  if (count <= MOST_RUNS) return [];
  const factors = [...axes.map(({ values }) => values.length), ...(seeds.length > 0 ? [seeds.length] : [])];
  return [`the grid has ${count} runs (${factors.join(' × ')}), at most ${MOST_RUNS} are started; take fewer values or seeds.`];
}

/**
 * Reads a grid and builds every run of it once, so that nothing is started that cannot work. Throws UsageError with everything that is wrong,
 * and what reading recipe and data throws.
 */
export async function planSweep(request: SweepRequest): Promise<SweepPlan> {
  const { choice, grid, seeds: seedText, stages, artefact, common = {} } = request;
  const { axes, problems } = parseGrid(grid);
  const seeds = seedsOf(seedText, problems);
  const base = await chooseRecipe(choice);
  problems.push(...pathProblems(base, axes));
  if (problems.length === 0) problems.push(...countProblem(axes, seeds));
  if (problems.length > 0) refuse(problems);
  const settings = gridPoints(axes, []).map(({ overrides }) => overrides);
  const wrong = await settingProblems(base, settings, request);
  if (wrong.length > 0) refuse(wrong);
  const hash = createHash('sha256')
    .update(JSON.stringify([base, stages, artefact, common]))
    .digest('hex');
  return { axes, seeds, points: gridPoints(axes, seeds), base, hash };
}
