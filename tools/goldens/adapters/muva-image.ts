import { cast, div, equal, reshape, sigmoid, tile, transpose } from '@reidkit/core-tensor';
import { isBatchCounter } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { compareModel, toPixels } from '../compare-model.ts';
import { muvaModelOf, type SeenInside, watchEncoder } from '../muva-case.ts';

export const adapter: GoldenAdapter = {
  family: 'muva-image',
  run(golden) {
    const { batch, heads, tau } = golden.json.config;
    const model = muvaModelOf(golden);
    compareModel(golden, {
      model,
      ignoredWeights: isBatchCounter,
      comparedElsewhere: golden.keys.map((key) => key.slice('out/'.length)).filter(isBatchCounter),
      forward: ({ image, part_mask: additive }, ctx) => {
        const images = toPixels(image!);
        const given = additive && { images, partMasks: cast(equal(additive, 0), 'float32') };
        const seen: SeenInside = {};
        const outputs = watchEncoder(model, seen, () => (given ? model.passes.teacher!.forward(given, ctx) : model.forward({ images }, ctx)));
        const { postNorm, projected } = seen.tokens!.taps;
        const count = projected!.shape[1]!;
        const logits = outputs['regions.logits'] && transpose(outputs['regions.logits'], [1, 0, 2, 3]);
        return {
          tokens_ln_post: postNorm!,
          projected_tokens: projected!,
          attention_mask_block0: reshape(tile(seen.bias!, [1, heads, 1, 1]), [batch * heads, count, count]),
          class_logits: outputs['logits.global'] ?? model.fc!.forward(outputs['global.bn']!, ctx),
          feature: outputs.global!,
          embedding: outputs['global.bn']!,
          ...(logits ? { mask_logits: logits, mask_probs: sigmoid(div(logits, tau)) } : {}),
        };
      },
    });
  },
};
