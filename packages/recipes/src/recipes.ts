import type { Recipe } from '@reidkit/core-tensor';
import { baseline } from './baseline/recipe.ts';
import { clipReid } from './clip-reid/recipe.ts';
import { irm } from './irm/recipe.ts';
import { muva } from './muva/recipe.ts';
import { rganet } from './rganet/recipe.ts';
import type { RecipeOptions } from './recipe-options.ts';

/** The recipes by name; each makes its recipe for a preset and a size. */
export const recipes: Readonly<Record<string, (options?: RecipeOptions) => Recipe>> = {
  baseline,
  'clip-reid': clipReid,
  irm,
  muva,
  rganet,
};
