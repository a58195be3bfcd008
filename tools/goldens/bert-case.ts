import type { Tensor, Tensors, TextCall } from '@reidkit/core-tensor';
import type { BertOptions } from '@reidkit/encoders';
import type { GoldenCase } from './adapter.ts';

/** Sizes of BERT as the configurations of the cases state them; nothing is dropped. */
export function bertOptionsOf({ json }: GoldenCase): BertOptions {
  const { vocab, width, layers, fusion_layer: fusionLayer, heads, intermediate, max_positions: length, encoder_width: sideWidth } = json.config;
  const sizes = { vocabulary: vocab, width, depth: layers, fusionLayer, heads, hidden: intermediate, length, sideWidth };
  return { ...sizes, epsilon: json.config.layer_norm_eps ?? 1e-12, dropout: 0, attentionDropout: 0 };
}

/** The image tokens of a case as a call takes them; nothing where no layer would see them. */
export function callOf({ json }: GoldenCase, inputs: Tensors): TextCall {
  return json.config.fusion_layer < json.config.layers ? { side: sideOf(inputs) } : {};
}

/** The image tokens of a case. */
export function sideOf(inputs: Tensors): NonNullable<TextCall['side']> {
  return { tokens: inputs.encoder_hidden_states as Tensor, mask: inputs.encoder_attention_mask as Tensor };
}

/** Numbers of positions, which checkpoints hold and nothing needs. */
export const isPositionIds = (path: string): boolean => path.endsWith('embeddings.position_ids');
