import type { Recipe } from '@reidkit/core-tensor';
import { baseline, type RecipeOptions } from './baseline/recipe.ts';

/** The recipes by name; each makes its recipe for a preset and a size. */
export const recipes: Readonly<Record<string, (options?: RecipeOptions) => Recipe>> = { baseline };
