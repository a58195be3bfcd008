import { concat, createRegistry } from '@reidkit/core-tensor';
import { encodersPlugin, isBatchCounter } from '@reidkit/encoders';
import { recipesPlugin, type ClipReidModel } from '@reidkit/recipes';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { clipVisionOptionsOf, compareClipPositions } from '../clip-case.ts';
import { compareModel, toPixels } from '../compare-model.ts';

/** The model of a case; its text side is in the family clip-prompt. */
function modelOf(golden: GoldenCase, descriptor: 'before' | 'after'): ClipReidModel {
  const { cameras, views, sie_coe: sideFactor, classes } = golden.json.config;
  const encoder = { use: 'encoder/clip-vision', options: { ...clipVisionOptionsOf(golden), cameras, views, sideFactor } };
  return createRegistry(encodersPlugin, recipesPlugin).use<ClipReidModel>({ use: 'model/clip-reid', options: { encoder, classes, descriptor } });
}

export const adapter: GoldenAdapter = {
  family: 'clipreid-model',
  run(golden) {
    compareClipPositions(golden, 'image_encoder.positional_embedding');
    const isTraining = golden.json.mode === 'train';
    for (const descriptor of isTraining ? (['before'] as const) : (['before', 'after'] as const)) {
      const model = modelOf(golden, descriptor);
      compareModel(golden, {
        model,
        // Without cameras and views the released code still has a vector, which it never uses.
        ignoredWeights: (path) => isBatchCounter(path) || path === 'cv_embed',
        comparedElsewhere: golden.keys.map((key) => key.slice('out/'.length)).filter(isBatchCounter),
        forward: ({ image, cam, view }, ctx) => {
          const batch = { images: toPixels(image!), ...(cam ? { cameras: cam } : {}), ...(view ? { views: view } : {}) };
          const outputs = model.forward(batch, ctx);
          const found = { feature_last: outputs['global.last']!, feature: outputs.global!, feature_proj: outputs['global.projected']! };
          if (isTraining) return { ...found, cls_score: outputs['logits.global']!, cls_score_proj: outputs['logits.projected']! };
          const plain = model.passes.plain!.forward(batch, ctx)['global.projected']!;
          // Each descriptor comes once from the model's own output and once from its parts.
          const before = concat([outputs.global!, outputs['global.projected']!], 1);
          const after = concat([outputs['global.bn']!, outputs['global.projected.bn']!], 1);
          const both = { embedding_before_bn: before, embedding_after_bn: after, [`embedding_${descriptor}_bn`]: outputs.descriptor! };
          return { ...both, stage1_image_feature: plain };
        },
      });
    }
  },
};
