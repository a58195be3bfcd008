import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { didYouMean, parseRecipe, type Recipe, ReidError } from '@reidkit/core-tensor';
import { recipes } from '@reidkit/recipes';
import { applyOverrides } from '@reidkit/trainer';

/** How a recipe is chosen on the command line. */
export interface RecipeChoice {
  /** Name of a built-in recipe, path of a JSON file, or folder of a run. */
  readonly name: string;
  readonly preset?: string;
  readonly size?: string;
  /** Data set folder for all streams and the evaluation. */
  readonly data?: string;
  readonly set?: readonly string[];
  readonly seed?: number;
  /** Names of the stages to train, separated by commas. Default: all. */
  readonly stages?: string;
}

/** The file that a recipe is read from: one of JSON, or the record in the folder of a run. */
async function recipeFile(name: string): Promise<string | undefined> {
  if (name.endsWith('.json')) return name;
  const record = join(name, 'recipe.json');
  return (await stat(record).catch(() => undefined))?.isFile() ? record : undefined;
}

/** What a recipe file says: a recipe, or the record of a run, which holds one. */
const recipeIn = (json: unknown): unknown =>
  typeof json === 'object' && json !== null && 'format' in json && 'recipe' in json ? json.recipe : json;

async function readRecipe({ name, preset, size }: RecipeChoice): Promise<Recipe> {
  const builtIn = recipes[name];
  if (builtIn) return builtIn({ ...(preset === undefined ? {} : { preset }), ...(size === undefined ? {} : { size }) });
  const file = await recipeFile(name);
  if (file === undefined) {
    throw new ReidError('UNKNOWN_NAME', `There is no recipe "${name}".${didYouMean(name, Object.keys(recipes))}`, {
      hint: `recipes are ${Object.keys(recipes).join(', ')}, or the path of a JSON file or of a run.`,
    });
  }
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ReidError('FILE_NOT_FOUND', `There is no recipe file "${file}".`, { cause });
  });
  try {
    return parseRecipe(recipeIn(JSON.parse(text)), file);
  } catch (cause) {
    throw ReidError.is(cause) ? cause : new ReidError('RECIPE_INVALID', `${file} is no JSON (${(cause as Error).message}).`, { cause });
  }
}

/** Points every stream and the evaluation of a recipe to a folder, whatever layout it has. */
async function withData(recipe: Recipe, folder: string): Promise<Recipe> {
  const { recognizeDataset } = await import('@reidkit/datasets');
  const dataset = await recognizeDataset(folder);
  return {
    ...recipe,
    streams: Object.fromEntries(Object.entries(recipe.streams).map(([name, stream]) => [name, { ...stream, dataset }])),
    evaluation: { ...recipe.evaluation, dataset },
  };
}

/** A recipe with only some of its stages. Throws UNKNOWN_NAME for one that it does not have. */
export function onlyStages(recipe: Recipe, names: string): Recipe {
  const wanted = names.split(',').map((name) => name.trim());
  const known = recipe.stages.map(({ name }) => name);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return { ...recipe, stages: recipe.stages.filter(({ name }) => wanted.includes(name)) };
  throw new ReidError('UNKNOWN_NAME', `The recipe "${recipe.name}" has no stage "${unknown}".${didYouMean(unknown, known)}`, {
    hint: `it has ${known.join(', ')}.`,
  });
}

/** The recipe that a command names, on the data that it names, with the changes that it asks for. Throws RECIPE_INVALID and the like. */
export async function chooseRecipe(choice: RecipeChoice): Promise<Recipe> {
  const { data, set = [], seed, stages } = choice;
  const recipe = await readRecipe(choice);
  const placed = data === undefined ? recipe : await withData(recipe, data);
  const changed = parseRecipe(applyOverrides(seed === undefined ? placed : { ...placed, seed }, set), choice.name);
  return stages === undefined ? changed : onlyStages(changed, stages);
}
