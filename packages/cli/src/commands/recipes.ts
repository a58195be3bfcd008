import { countParameters, formatShape, type Model, namedParameters } from '@reidkit/core-tensor';
import { recipes } from '@reidkit/recipes';
import { resolveReferences } from '@reidkit/trainer';
import { chooseRecipe } from '../choose-recipe.ts';
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

/** `reidkit recipes show NAME`. */
export async function showRecipeCommand(name: string, options: ShowRecipeOptions): Promise<void> {
  const recipe = await chooseRecipe({ name, ...options });
  if (!options.parameters) {
    console.log(JSON.stringify(recipe, null, 2));
    return;
  }
  const registry = await makeRegistry(recipe.plugins);
  const facts = { data: { classes: options.classes, cameras: 6, views: 1, records: 0 } };
  const model = registry.use<Model>(resolveReferences(recipe.model, facts) as never);
  for (const [path, { shape, role, trainable }] of namedParameters(model)) {
    console.log(`${path}  ${formatShape(shape)}${role === 'buffer' ? '  buffer' : trainable ? '' : '  fixed'}`);
  }
  const { total, trainable } = countParameters(model);
  console.log(
    `\n${total.toLocaleString('en')} parameters, ${trainable.toLocaleString('en')} of them trainable, for ${options.classes} identities`,
  );
}
