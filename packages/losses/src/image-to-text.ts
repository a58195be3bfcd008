import { defineComponent, type Loss, type Tensor } from '@reidkit/core-tensor';
import { z } from 'zod';
import { crossEntropyLoss, type CrossEntropyOptions } from './cross-entropy.ts';
import { rowProducts, type RowProductOptions } from './row-products.ts';

/** Options of `loss/image-to-text`. */
const imageToTextOptions = z.strictObject({
  normalize: z
    .boolean()
    .default(false)
    .describe("Take cosines (MUVA's paper) instead of the raw products that the code of CLIP-ReID and MUVA takes."),
  temperature: z.number().positive().default(1).describe('Divides the products.'),
  smoothing: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Share of the target that is taken from the label and spread over all identities.'),
});

/** Options of {@link imageToTextLoss}. */
export type ImageToTextOptions = RowProductOptions & Pick<CrossEntropyOptions, 'smoothing' | 'valid'>;

/**
 * Cross-entropy of images against one text for each identity, whose products are the logits: `images [B, D]`, `texts [C, D]`, `labels [B]`
 * int32 → `[]`. Without options: raw products, no smoothing. Throws SHAPE_MISMATCH.
 * @see Li et al., "CLIP-ReID" (2023), Eq. 7.
 */
export function imageToTextLoss(images: Tensor, texts: Tensor, labels: Tensor, options: ImageToTextOptions = {}): Tensor {
  const { normalize, temperature, ...rest } = options;
  return crossEntropyLoss(rowProducts(images, texts, { normalize, temperature }), labels, rest);
}

/** `loss/image-to-text`. */
export const imageToTextComponent = defineComponent({
  summary: 'Cross-entropy of images against the text features of all identities.',
  paper: 'https://arxiv.org/abs/2211.13977',
  options: imageToTextOptions,
  build: (options): Loss => ({
    reads: { images: 'outputs.projected', texts: 'artefact.texts', labels: 'batch.labels', valid: 'batch.valid' },
    compute: ({ images, texts, labels, valid }) => imageToTextLoss(images!, texts!, labels!, { ...options, ...(valid ? { valid } : {}) }),
  }),
});
