import { add, addN, mul } from '@reidkit/core-tensor';
import { crossEntropyLoss, imageTextPairsLoss, maskedWordsLoss, projectionMatchingLoss, similarityDistributionLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

export const adapter: GoldenAdapter = {
  family: 'loss-irra',
  run(golden) {
    const temperature = 1 / golden.json.config.logit_scale;
    compareLoss(golden, (tensors) => {
      const { image, text, pids, labels, image_id: imageIds, image_logits: imageLogits, text_logits: textLogits } = tensors;
      const batch = { images: image!, texts: text!, labels: pids! };
      const parts = {
        sdm: similarityDistributionLoss(batch, { temperature }),
        itc: imageTextPairsLoss(batch, { temperature }),
        id: mul(add(crossEntropyLoss(imageLogits!, labels!), crossEntropyLoss(textLogits!, labels!)), 0.5),
        mlm: maskedWordsLoss(tensors.mlm_logits!, tensors.mlm_labels!, { ignored: 0 }),
        cmpm: projectionMatchingLoss(batch),
      };
      const sdmOfImages = similarityDistributionLoss(batch, { temperature, sameIdentity: 0.3, imageIds: imageIds! });
      return { loss: addN(Object.values(parts)), scalars: { ...parts, sdm_image_id: sdmOfImages } };
    });
  },
};
