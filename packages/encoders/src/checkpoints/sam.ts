import { linear, norm, under, type KeyTable, type Layout, type TensorShapes } from './key-table.ts';

const LAYER: TensorShapes = {
  ...norm('norm1', 'W'),
  ...linear('attn.qkv', '3W', 'W'),
  ...linear('attn.proj', 'W', 'W'),
  'attn.rel_pos_h': 'r D',
  'attn.rel_pos_w': 'r D',
  ...norm('norm2', 'W'),
  ...linear('mlp.lin1', 'H', 'W'),
  ...linear('mlp.lin2', 'W', 'H'),
};

const ENCODER: TensorShapes = {
  pos_embed: '1 G G W',
  ...linear('patch_embed.proj', 'W', '3 P P'),
  ...under('blocks.{}', LAYER),
  'neck.0.weight': 'C W 1 1',
  ...norm('neck.1', 'C'),
  'neck.2.weight': 'C C 3 3',
  ...norm('neck.3', 'C'),
};

const PROMPTS: TensorShapes = {
  'pe_layer.positional_encoding_gaussian_matrix': '2 F',
  'point_embeddings.{}.weight': '1 C',
  'not_a_point_embed.weight': '1 C',
  'no_mask_embed.weight': '1 C',
  ...linear('mask_downscaling.0', 'A', '1 2 2'),
  ...norm('mask_downscaling.1', 'A'),
  ...linear('mask_downscaling.3', 'K', 'A 2 2'),
  ...norm('mask_downscaling.4', 'K'),
  ...linear('mask_downscaling.6', 'C', 'K 1 1'),
};

/** An attention that is of this width inside. */
const attention = (name: string, inside: string): TensorShapes => ({
  ...linear(`${name}.q_proj`, inside, 'C'),
  ...linear(`${name}.k_proj`, inside, 'C'),
  ...linear(`${name}.v_proj`, inside, 'C'),
  ...linear(`${name}.out_proj`, 'C', inside),
});

const TWO_WAY: TensorShapes = {
  ...attention('self_attn', 'C'),
  ...attention('cross_attn_token_to_image', 'I'),
  ...attention('cross_attn_image_to_token', 'I'),
  ...norm('norm1', 'C'),
  ...norm('norm2', 'C'),
  ...norm('norm3', 'C'),
  ...norm('norm4', 'C'),
  ...linear('mlp.lin1', 'M', 'C'),
  ...linear('mlp.lin2', 'C', 'M'),
};

const DECODER: TensorShapes = {
  ...under('transformer.layers.{}', TWO_WAY),
  ...attention('transformer.final_attn_token_to_image', 'I'),
  ...norm('transformer.norm_final_attn', 'C'),
  'iou_token.weight': '1 C',
  'mask_tokens.weight': 'T C',
  'output_upscaling.0.weight': 'C U 2 2',
  'output_upscaling.0.bias': 'U',
  ...norm('output_upscaling.1', 'U'),
  'output_upscaling.3.weight': 'U V 2 2',
  'output_upscaling.3.bias': 'V',
  ...linear('output_hypernetworks_mlps.{}.layers.0', 'C', 'C'),
  ...linear('output_hypernetworks_mlps.{}.layers.1', 'C', 'C'),
  ...linear('output_hypernetworks_mlps.{}.layers.2', 'V', 'C'),
  ...linear('iou_prediction_head.layers.0', 'Q', 'C'),
  ...linear('iou_prediction_head.layers.1', 'Q', 'Q'),
  ...linear('iou_prediction_head.layers.2', 'T', 'Q'),
};

const LAYOUT: Layout = {
  id: 'sam',
  tensors: { ...under('image_encoder', ENCODER), ...under('prompt_encoder', PROMPTS), ...under('mask_decoder', DECODER) },
  ignored: ['pixel_mean', 'pixel_std'],
  sizes: {
    width: 'W',
    patch: 'P',
    depth: '#image_encoder.blocks.{}',
    hidden: 'H',
    headWidth: 'D',
    grid: 'G',
    outputWidth: 'C',
    maskChannels: 'K',
    decoderDepth: '#mask_decoder.transformer.layers.{}',
    decoderHidden: 'M',
    decoderInside: 'I',
    masks: 'T',
    qualityHidden: 'Q',
  },
};

/** `sam_vit_*.pth` as Segment Anything is published. */
export const SAM_TABLE: KeyTable = {
  id: 'sam',
  title: 'Segment Anything, as Meta publishes it',
  layout: LAYOUT,
  marks: ['image_encoder.pos_embed', 'prompt_encoder.no_mask_embed.weight', 'mask_decoder.iou_token.weight'],
};
