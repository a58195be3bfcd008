import { clipPositions, type ClipTextOptions, type ClipVisionOptions } from '@reidkit/encoders';
import type { GoldenCase } from './adapter.ts';
import { hostNumbers } from './golden-tensors.ts';

/** Sizes of CLIP's vision transformer as the configurations of the cases state them. */
export function clipVisionOptionsOf(golden: GoldenCase): ClipVisionOptions {
  const { patch, stride = patch, width, layers, heads, output_dim: projected, embed_dim: shared, grid, grid_h: high = grid, grid_w: wide = grid } = golden.json.config;
  const pixels = (count: number): number => (count - 1) * stride + patch;
  return { imageSize: [pixels(high), pixels(wide)], patch, stride, width, depth: layers, heads, projectedWidth: projected ?? shared };
}

/** Sizes of CLIP's text transformer as the configurations of the cases state them; without a vocabulary, texts come as vectors. */
export function clipTextOptionsOf(golden: GoldenCase): ClipTextOptions {
  const { context: length = 77, vocab: vocabulary, text_width: width, text_layers: depth, text_heads: heads, embed_dim: shared, output_dim: projected } = golden.json.config;
  const words = vocabulary === undefined ? { hasWords: false } : { vocabulary };
  return { length, width, depth, heads, summaryWidth: shared ?? projected, ...words };
}

/** Compares the resized positions of a case, and that they are those of its model under `path`. */
export function compareClipPositions(golden: GoldenCase, path: string): void {
  const { grid_h: high, grid_w: wide } = golden.json.config;
  const given = hostNumbers(golden.tensor('in/checkpoint_positional_embedding'));
  const { data } = clipPositions(given, { grid: [high, wide] });
  if (golden.has('out/resized_positional_embedding')) {
    golden.report.compare('resized_positional_embedding', data, golden.tensor('out/resized_positional_embedding'));
  }
  golden.report.compare('resized_positional_embedding as loaded', data, golden.tensor(`w/${path}`), { atol: 1e-5 });
}
