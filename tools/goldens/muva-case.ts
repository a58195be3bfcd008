import { createRegistry, type EncodeCall, type ImageTokens, type Recipe, type Tensor } from '@reidkit/core-tensor';
import { encodersPlugin } from '@reidkit/encoders';
import { muva, type MuvaModel, MUVA_PARTS, recipesPlugin } from '@reidkit/recipes';
import type { GoldenCase } from './adapter.ts';

/** Options of `model/muva` as the configuration of a case states them. */
export function muvaModelOptions(golden: GoldenCase): Record<string, unknown> {
  const { grid_h: high, grid_w: wide, patch, width, layers: depth, heads, output_dim: projectedWidth, classes } = golden.json.config;
  const { parts, rmp_heads: predictorHeads, rmp_norm: layerNorm = true, rmp_shortcut: innerResidual = true, tau: temperature = 1 } = golden.json.config;
  const rows: readonly number[] = typeof parts === 'number' ? Array.from({ length: parts }, (_, part) => part) : parts;
  const encoder = { imageSize: [high * patch, wide * patch], patch, width, depth, heads, projectedWidth, addedTokens: rows.length };
  return {
    encoder: { use: 'encoder/clip-vision', options: encoder },
    parts: rows.map((row) => MUVA_PARTS[row]!),
    classes,
    predictor: { heads: predictorHeads, layerNorm, innerResidual, temperature },
  };
}

/** The model of a case without its text side. */
export function muvaModelOf(golden: GoldenCase): MuvaModel {
  return createRegistry(encodersPlugin, recipesPlugin).use<MuvaModel>({ use: 'model/muva', options: muvaModelOptions(golden) });
}

/** The recipe MUVA as released, with the sizes of a case. */
export function muvaRecipe(golden: GoldenCase): Recipe {
  const { text_width: width, text_layers: depth, text_heads: heads, output_dim: summaryWidth } = golden.json.config;
  const { parts, classes: _known, ...options } = muvaModelOptions(golden);
  const recipe = muva({ preset: 'code', size: 'tiny', parts: parts as (typeof MUVA_PARTS)[number][] });
  const text = { use: 'encoder/clip-text', options: { width, depth, heads, length: 77, summaryWidth, hasWords: false } };
  return { ...recipe, model: { ...recipe.model, options: { ...(recipe.model.options as object), ...options, text } } };
}

/** What went on inside of an encoder while `run` ran: its tokens, and the bias of its first layer. */
export interface SeenInside {
  tokens?: ImageTokens;
  bias?: Tensor | undefined;
}

/** Runs with an eye on the model's image side. */
export function watchEncoder<T>({ image_encoder: encoder }: MuvaModel, seen: SeenInside, run: () => T): T {
  const own = encoder.forward.bind(encoder);
  const watched = (images: Tensor, ctx: Parameters<typeof own>[1], call: EncodeCall = {}): ImageTokens => {
    const attentionBias: EncodeCall['attentionBias'] = call.attentionBias && ((layer, tokens) => {
      const bias = call.attentionBias!(layer, tokens);
      if (layer === 0) seen.bias = bias;
      return bias;
    });
    seen.tokens = own(images, ctx, { ...call, ...(attentionBias ? { attentionBias } : {}) });
    return seen.tokens;
  };
  Object.defineProperty(encoder, 'forward', { value: watched, configurable: true });
  try {
    return run();
  } finally {
    delete (encoder as { forward?: unknown }).forward;
  }
}
