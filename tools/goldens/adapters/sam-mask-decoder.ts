import { EVALUATION, slice } from '@reidkit/core-tensor';
import { SamDecoder } from '@reidkit/segmenter';
import type { GoldenAdapter } from '../adapter.ts';
import { compareSam } from '../sam-case.ts';

export const adapter: GoldenAdapter = {
  family: 'sam-mask-decoder',
  run(golden) {
    const { config } = golden.json;
    const choices: number = config.num_multimask_outputs;
    const model = new SamDecoder({
      width: config.dim,
      depth: config.depth,
      heads: config.num_heads,
      hidden: config.mlp_dim,
      shrink: config.attention_downsample_rate,
      choices,
      qualityDepth: config.iou_head_depth,
      qualityHidden: config.iou_head_hidden_dim,
    });
    const names = ['masks_multi', 'iou_multi', 'masks_single', 'iou_single'];
    compareSam(golden, {
      model,
      cotangents: Object.fromEntries(names.map((name) => [name, `cot.${name}`])),
      forward: ({ image_embeddings: image, image_pe: positions, sparse, dense }) => {
        const found = model.forward({ image: image!, positions: positions!, sparse: sparse!, dense: dense! }, EVALUATION);
        const { logits, quality } = found;
        const [rows, , height, width] = logits.shape as [number, number, number, number];
        return {
          masks_multi: slice(logits, [0, 1, 0, 0], [rows, choices, height, width]),
          iou_multi: slice(quality, [0, 1], [rows, choices]),
          masks_single: slice(logits, [0, 0, 0, 0], [rows, 1, height, width]),
          iou_single: slice(quality, [0, 0], [rows, 1]),
          transformer_queries: found.tokens,
          transformer_keys: found.places,
          upscaled: found.fine,
        };
      },
    });
  },
};
