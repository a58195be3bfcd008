export { recipesPlugin } from './plugin.ts';
export { recipes } from './recipes.ts';
export { BaselineModel } from './baseline/model.ts';
export { baseline } from './baseline/recipe.ts';
export { clipReid } from './clip-reid/recipe.ts';
export type { RecipeOptions } from './recipe-options.ts';
export { ClipReidModel, type ClipReidModelOptions, type ClipReidParts, type ProjectingEncoder } from './clip-reid/model.ts';
