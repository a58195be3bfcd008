import { type Recipe } from '@reidkit/core-tensor';
import { recipes } from '@reidkit/recipes';
import type { GoldenCase } from './adapter.ts';

/** The recipe CLIP-ReID with the sizes of a case. */
export function clipReidRecipe(golden: GoldenCase): Recipe {
  const { grid_h: high, grid_w: wide, patch, stride, width, layers, heads, output_dim: projectedWidth, cameras, sie_coe: sideFactor } = golden.json.config;
  const { text_width: textWidth, text_layers: textDepth, text_heads: textHeads, context: length } = golden.json.config;
  const recipe = recipes['clip-reid']!({ preset: 'code', size: 'tiny' });
  const pixels = (count: number): number => (count - 1) * stride + patch;
  const encoder = { imageSize: [pixels(high), pixels(wide)], patch, stride, width, depth: layers, heads, projectedWidth, cameras, sideFactor };
  const text = { width: textWidth, depth: textDepth, heads: textHeads, length, summaryWidth: projectedWidth, hasWords: false };
  return {
    ...recipe,
    model: {
      ...recipe.model,
      options: {
        ...(recipe.model.options as object),
        encoder: { use: 'encoder/clip-vision', options: encoder },
        text: { use: 'encoder/clip-text', options: text },
      },
    },
  };
}
