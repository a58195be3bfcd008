export { recipesPlugin } from './plugin.ts';
export { recipes } from './recipes.ts';
export { BaselineModel } from './baseline/model.ts';
export { baseline, type RecipeOptions } from './baseline/recipe.ts';
export { ClipReidModel, type ClipReidModelOptions, type ClipReidParts, type ProjectingEncoder } from './clip-reid/model.ts';
