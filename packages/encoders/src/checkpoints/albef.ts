import { linear, norm, under, type KeyTable, type Layout, type TensorShapes } from './key-table.ts';
import { VIT_OPTIONAL, VIT_TENSORS, vitSizes } from './vit.ts';

const attention = (name: string, inputs: string): TensorShapes => ({
  ...linear(`${name}.self.query`, 'D', 'D'),
  ...linear(`${name}.self.key`, 'D', inputs),
  ...linear(`${name}.self.value`, 'D', inputs),
  ...linear(`${name}.output.dense`, 'D', 'D'),
  ...norm(`${name}.output.LayerNorm`, 'D'),
});

/** BERT without what stands on top of it. */
const BERT_TENSORS: TensorShapes = {
  'embeddings.word_embeddings.weight': 'V D',
  'embeddings.position_embeddings.weight': 'L D',
  'embeddings.token_type_embeddings.weight': '2 D',
  ...norm('embeddings.LayerNorm', 'D'),
  ...under('encoder.layer.{}', {
    ...attention('attention', 'D'),
    ...linear('intermediate.dense', 'F', 'D'),
    ...linear('output.dense', 'D', 'F'),
    ...norm('output.LayerNorm', 'D'),
  }),
};

/** Attention to the image, in the upper layers. */
const BERT_CROSS: TensorShapes = under('encoder.layer.{}', attention('crossattention', 'W'));

const LAYOUT: Layout = {
  id: 'albef',
  tensors: { ...under('visual_encoder', VIT_TENSORS), ...under('text_encoder.bert', BERT_TENSORS) },
  optional: {
    ...under('visual_encoder', VIT_OPTIONAL),
    ...under('text_encoder.bert', BERT_CROSS),
    'text_encoder.cls.predictions.bias': 'V',
    ...linear('text_encoder.cls.predictions.transform.dense', 'D', 'D'),
    ...norm('text_encoder.cls.predictions.transform.LayerNorm', 'D'),
    ...linear('vision_proj', 'E', 'W'),
    ...linear('text_proj', 'E', 'D'),
    ...linear('itm_head', '2', 'D'),
    temp: '',
  },
  ignored: [
    '*_m.*',
    '*.position_ids',
    '*.pooler.*',
    'text_encoder.cls.predictions.decoder.*',
    'visual_encoder.head.*',
    'image_queue',
    'text_queue',
    'idx_queue',
    'queue_ptr',
  ],
  sizes: { ...vitSizes('visual_encoder.'), textWidth: 'D', textDepth: '#text_encoder.bert.encoder.layer.{}', length: 'L', vocabulary: 'V' },
};

/** ALBEF, whose momentum twins and queues are left out. */
export const ALBEF_TABLE: KeyTable = {
  id: 'albef',
  title: 'ALBEF: a vision transformer and a BERT that attends to it',
  layout: LAYOUT,
  marks: ['visual_encoder.cls_token', 'text_encoder.bert.embeddings.word_embeddings.weight'],
};
