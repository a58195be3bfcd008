import { CLIP_VIT_LAYOUT } from './clip-vit.ts';
import type { KeyTable, Rename } from './key-table.ts';

const same = (ours: string, theirs: string): Rename[] =>
  ['weight', 'bias'].map((part) => ({ ours: `${ours}.${part}`, theirs: `${theirs}.${part}` }));

/** One side's layers; queries, keys and values stand below each other in ours. */
const layers = (ours: string, theirs: string): Rename[] => [
  ...['weight', 'bias'].map((part) => ({
    ours: `${ours}.{}.attn.in_proj_${part}`,
    theirs: ['q', 'k', 'v'].map((letter) => `${theirs}.{}.self_attn.${letter}_proj.${part}`),
  })),
  ...same(`${ours}.{}.attn.out_proj`, `${theirs}.{}.self_attn.out_proj`),
  ...same(`${ours}.{}.ln_1`, `${theirs}.{}.layer_norm1`),
  ...same(`${ours}.{}.ln_2`, `${theirs}.{}.layer_norm2`),
  ...same(`${ours}.{}.mlp.c_fc`, `${theirs}.{}.mlp.fc1`),
  ...same(`${ours}.{}.mlp.c_proj`, `${theirs}.{}.mlp.fc2`),
];

/** Hugging Face's `CLIPModel`. */
export const CLIP_HF_TABLE: KeyTable = {
  id: 'clip-hf',
  title: 'CLIP with a vision transformer, as Hugging Face names it',
  layout: CLIP_VIT_LAYOUT,
  marks: ['vision_model.embeddings.class_embedding', 'text_model.embeddings.token_embedding.weight'],
  ignored: ['*.embeddings.position_ids'],
  renames: [
    { ours: 'visual.class_embedding', theirs: 'vision_model.embeddings.class_embedding' },
    { ours: 'visual.conv1.weight', theirs: 'vision_model.embeddings.patch_embedding.weight' },
    { ours: 'visual.positional_embedding', theirs: 'vision_model.embeddings.position_embedding.weight' },
    ...same('visual.ln_pre', 'vision_model.pre_layrnorm'), // spelled so there
    ...layers('visual.transformer.resblocks', 'vision_model.encoder.layers'),
    ...same('visual.ln_post', 'vision_model.post_layernorm'),
    { ours: 'visual.proj', theirs: 'visual_projection.weight', turned: true },
    { ours: 'token_embedding.weight', theirs: 'text_model.embeddings.token_embedding.weight' },
    { ours: 'positional_embedding', theirs: 'text_model.embeddings.position_embedding.weight' },
    ...layers('transformer.resblocks', 'text_model.encoder.layers'),
    ...same('ln_final', 'text_model.final_layer_norm'),
    { ours: 'text_projection', theirs: 'text_projection.weight', turned: true },
    { ours: 'logit_scale', theirs: 'logit_scale' },
  ],
};
