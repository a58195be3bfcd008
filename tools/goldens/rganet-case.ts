import { type Recipe } from '@reidkit/core-tensor';
import { recipes } from '@reidkit/recipes';
import type { GoldenCase } from './adapter.ts';

/** The recipe RGANet with the sizes of a case, on the stage of a name. */
export function rganetRecipe(golden: GoldenCase, name: string, options: object): Recipe {
  const { grid_h: high, grid_w: wide, patch, width, layers, heads, output_dim: projectedWidth, regions, gamma } = golden.json.config;
  const recipe = recipes.rganet!({ preset: 'paper', size: 'paper' });
  const { text: _text, ...own } = recipe.model.options as Record<string, unknown>;
  const encoder = { imageSize: [high * patch, wide * patch], patch, width, depth: layers, heads, projectedWidth };
  const names = Array.from({ length: regions as number }, (_, at) => `region ${at + 1}`);
  return {
    ...recipe,
    model: { ...recipe.model, options: { ...own, encoder: { use: 'encoder/clip-vision', options: encoder }, names, gamma, ...options } },
    stages: recipe.stages.filter((stage) => stage.name === name),
  };
}
