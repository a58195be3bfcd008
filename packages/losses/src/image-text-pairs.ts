import { add, defineComponent, mul, range, sub, transpose, type Loss, type Tensor } from '@reidkit/core-tensor';
import { z } from 'zod';
import { crossEntropyLoss } from './cross-entropy.ts';
import { IMAGE_TEXT_READS, imageTextBatch, imageTextMasks, type ImageTextBatch } from './image-text-batch.ts';
import { rowProducts } from './row-products.ts';

/** Options of `loss/image-text-pairs`. */
export const imageTextPairsOptions = z.strictObject({
  temperature: z.number().positive().default(0.02).describe('Divides the cosines; IRRA takes 0.02, CLIP learns it from 0.07 on.'),
});

/** Below every logit. */
const NEVER = -1e9;

/**
 * Contrast of pairs by their cosines, the only positive of each row its own partner, mean of both ways: `images, texts [B, D]`, `labels [B]`
 * → `[]`; labels only say which rows count. Throws SHAPE_MISMATCH.
 * @see Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), Figure 3.
 */
export function imageTextPairsLoss(batch: ImageTextBatch, options: z.input<typeof imageTextPairsOptions> = {}): Tensor {
  const { rows, both } = imageTextMasks('image-text pairs', batch);
  const logits = rowProducts(batch.images, batch.texts, { normalize: true, temperature: options.temperature ?? 0.02 });
  const open = add(logits, mul(sub(1, both), NEVER));
  const own = range(0, batch.images.shape[0]!, 1, 'int32');
  const oneWay = (scores: Tensor): Tensor => crossEntropyLoss(scores, own, { valid: rows });
  return mul(add(oneWay(open), oneWay(transpose(open))), 0.5);
}

/** `loss/image-text-pairs`. */
export const imageTextPairsComponent = defineComponent({
  summary: 'Contrast of images and texts in which each has one partner (ITC).',
  paper: 'https://arxiv.org/abs/2103.00020',
  options: imageTextPairsOptions,
  build: (options): Loss => ({ reads: IMAGE_TEXT_READS, compute: (inputs) => imageTextPairsLoss(imageTextBatch(inputs), options) }),
});
