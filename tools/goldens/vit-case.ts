import type { VitOptions } from '@reidkit/encoders';
import type { GoldenCase } from './adapter.ts';

/** Sizes of a vision transformer as the configurations of the cases state them. */
export function vitOptionsOf(golden: GoldenCase): VitOptions {
  const { patch, stride = patch, width, layers, heads, mlp_ratio: mlpRatio, grid, grid_h: high = grid, grid_w: wide = grid } = golden.json.config;
  const pixels = (count: number): number => (count - 1) * stride + patch;
  return { imageSize: [pixels(high), pixels(wide)], patch, stride, width, depth: layers, heads, mlpRatio };
}
