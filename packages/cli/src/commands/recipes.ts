import { formatShape, type Model, namedParameters, type Recipe, referenceBackend, type Scorer, useBackend } from '@reidkit/core-tensor';
import { recipes } from '@reidkit/recipes';
import { resolveReferences } from '@reidkit/trainer';
import { chooseRecipe } from '../choose-recipe.ts';
import { countLines, countNumbers } from '../parameter-counts.ts';
import { makeRegistry } from '../plugins.ts';

/** `reidkit recipes`. */
export function listRecipesCommand(): void {
  for (const [name, make] of Object.entries(recipes)) console.log(`${name.padEnd(16)} ${make({}).summary}`);
  console.log('\n`reidkit recipes show NAME` prints one as JSON; --preset and --size choose.');
}

/** Options of `reidkit recipes show`. */
export interface ShowRecipeOptions {
  readonly preset?: string;
  readonly size?: string;
  readonly set?: readonly string[];
  readonly parameters?: boolean;
  readonly classes: number;
}

/** The model of a recipe without numbers, and what its scorer compares. */
async function modelOf(recipe: Recipe, classes: number): Promise<{ readonly model: Model; readonly outputs: readonly string[] }> {
  const registry = await makeRegistry(recipe.plugins);
  const facts = { data: { classes, cameras: 6, views: 1, records: 0 } };
  const model = registry.use<Model>(resolveReferences(recipe.model, facts) as never);
  return { model, outputs: registry.use<Scorer>(recipe.evaluation.scorer).reads };
}

/** `reidkit recipes show NAME`: the recipe on standard output, the counts of its numbers beside it on standard error. */
export async function showRecipeCommand(name: string, options: ShowRecipeOptions): Promise<void> {
  const recipe = await chooseRecipe({ name, ...options });
  await useBackend(referenceBackend); // the model is recorded, not run
  const { model, outputs } = await modelOf(recipe, options.classes);
  const counts = countLines(countNumbers(model, outputs), options.classes).join('\n');
  if (!options.parameters) {
    console.log(JSON.stringify(recipe, null, 2));
    process.stderr.write(`\n${counts}\n`);
    return;
  }
  for (const [path, { shape, role, trainable }] of namedParameters(model)) {
    console.log(`${path}  ${formatShape(shape)}${role === 'buffer' ? '  buffer' : trainable ? '' : '  fixed'}`);
  }
  console.log(`\n${counts}`);
}
