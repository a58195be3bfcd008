import { EVALUATION, transpose } from '@reidkit/core-tensor';
import { SamEncoder } from '@reidkit/segmenter';
import type { GoldenAdapter } from '../adapter.ts';
import { toPixels } from '../compare-model.ts';
import { compareSam, onGrid } from '../sam-case.ts';

export const adapter: GoldenAdapter = {
  family: 'sam-image-encoder',
  run(golden) {
    const { config } = golden.json;
    const model = new SamEncoder({
      imageSize: config.input_hw,
      trainedSize: config.img_size,
      patch: config.patch_size,
      width: config.embed_dim,
      depth: config.depth,
      heads: config.num_heads,
      mlpRatio: config.mlp_ratio,
      outputWidth: config.out_chans,
      hasQkvBias: config.qkv_bias,
      epsilon: config.layer_norm_eps,
      window: config.window_size,
      globalLayers: config.global_attn_indexes,
      hasPositions: config.use_abs_pos,
      hasRelativePositions: config.use_rel_pos,
    });
    compareSam(golden, {
      model,
      cotangents: { embedding: 'cotangent' },
      forward: ({ image }) => {
        const { patches, grid, taps } = model.forward(toPixels(image!), EVALUATION);
        const layers = model.blocks.map((_, layer) => [`block${layer}`, onGrid(taps[`layer.${layer}`]!, grid)] as const);
        return {
          patch_embed: onGrid(taps.embedded!, grid),
          ...Object.fromEntries(layers),
          embedding: transpose(onGrid(patches, grid), [0, 3, 1, 2]),
        };
      },
    });
  },
};
