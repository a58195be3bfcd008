import { Clip, clipText, clipVision } from '@reidkit/encoders';
import type { GoldenCase } from './adapter.ts';
import { clipTextOptionsOf, clipVisionOptionsOf } from './clip-case.ts';
import { compareModel, toPixels } from './compare-model.ts';

/** Compares a whole CLIP under OpenAI's names. */
export function compareClip(golden: GoldenCase): void {
  const clip = new Clip({ visual: clipVision(clipVisionOptionsOf(golden)), text: clipText(clipTextOptionsOf(golden)) });
  compareModel(golden, {
    model: clip,
    forward: ({ image, ids }, ctx) => {
      const [images, texts] = [clip.encodeImage(toPixels(image!), ctx), clip.encodeText({ ids: ids! }, ctx)];
      const { perImage, perText } = clip.compare(images, texts);
      return { image_features: images, text_features: texts, logits_per_image: perImage, logits_per_text: perText };
    },
  });
}
