import type { KeyTable, Layout, TensorShapes } from './key-table.ts';
import { VIT_HEADS, VIT_OPTIONAL, VIT_TENSORS, vitSizes } from './vit.ts';

const parts = (count: number): TensorShapes =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`part_token${i + 1}`, `part${i + 1}_pos`]).flatMap((names) =>
      names.map((name) => [name, '1 1 W']),
    ),
  );

const LAYOUT: Layout = {
  id: 'pass',
  tensors: { ...VIT_TENSORS, cls_pos: '1 1 W', ...parts(3) },
  optional: VIT_OPTIONAL,
  ignored: VIT_HEADS,
  sizes: vitSizes(),
};

/** PASS, pre-trained on unlabelled persons: a transformer with three part tokens. */
export const PASS_TABLE: KeyTable = {
  id: 'pass',
  title: 'a vision transformer with the part tokens of PASS',
  layout: LAYOUT,
  marks: ['cls_token', 'cls_pos', 'part_token1', 'blocks.0.attn.qkv.weight'],
  prefixes: ['', 'backbone.'],
};
