import { add, addN, cast, concat, crossEntropy, defineComponent, div, equal, logicalAnd, greaterEqual, matMul, matchShape, mul, normalizeRows, reshape, softmax, stopGradient, sub, sum, transpose, type Loss, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';
import { IMAGE_TEXT_READS, imageTextBatch, imageTextMasks, type ImageTextBatch } from './image-text-batch.ts';
import { meanOver } from './mean-over.ts';

/** Options of `loss/identity-contrast`. */
const identityContrastOptions = z.strictObject({
  softShare: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of a momentum model’s similarities in the targets, with `queue`; ALBEF takes 0.4.'),
  queue: z
    .boolean()
    .default(false)
    .describe('Compare with the batch and a queue of earlier features, each side with both, by the features of a momentum model.'),
});

/** What a memory of earlier features holds. */
export interface FeatureMemory {
  /** `[D, Q]` */
  readonly images: Tensor;
  /** `[D, Q]` */
  readonly texts: Tensor;
  /** Identity of each column `[1, Q]`; negative ones are empty. */
  readonly identities: Tensor;
}

/** A batch with what a momentum model says of it and what came before. */
export interface RememberedBatch extends ImageTextBatch {
  /** Texts as the momentum model sees them `[B, D]`; images have no such model. */
  readonly momentumTexts: Tensor;
  readonly memory: FeatureMemory;
}

/** A temperature as divisor of similarities. */
type Temperature = Tensor | number;

/** Equal identities in columns → shares of a row that add up to 1: `labels [B]`, `columns [N]` → `[B, N]`. */
function identityTargets(labels: Tensor, columns: Tensor): Tensor {
  const [rows, all] = [reshape(cast(labels, 'float32'), [-1, 1]), reshape(cast(columns, 'float32'), [1, -1])];
  const isSame = cast(logicalAnd(equal(rows, all), greaterEqual(all, 0)), 'float32');
  return div(isSame, add(sum(isSame, 1, true), 1e-30));
}

/** Below every logit. */
const NEVER = -1e9;

/**
 * Contrast of images and texts by identity: each row's target is spread over all columns of its identity, mean of both ways. Features are
 * compared by their cosines over the temperature: `images, texts [B, D]`, `labels [B]` → `[]`. Throws SHAPE_MISMATCH.
 */
export function identityContrastLoss(batch: ImageTextBatch, temperature: Temperature = 0.07): Tensor {
  const { rows, both } = imageTextMasks('the identity contrast', batch);
  const products = matMul(normalizeRows(batch.images), normalizeRows(batch.texts), false, true);
  const targets = identityTargets(batch.labels, batch.labels);
  const oneWay = (scores: Tensor): Tensor => {
    const open = add(div(scores, temperature), mul(sub(1, both), NEVER));
    return meanOver(crossEntropy(open, mul(targets, both)), rows);
  };
  return mul(add(oneWay(products), oneWay(transpose(products))), 0.5);
}

/**
 * The same against batch and memory, in four directions (image or text to either), with a share of a momentum model's similarities in the
 * targets. Features have length 1; no gradient flows through what they are compared with. Throws SHAPE_MISMATCH.
 * @see Li et al., "Align before Fuse" (2021), Eq. 6; Instruct-ReID's released code, where identities make the targets.
 */
export function rememberedContrastLoss(
  { momentumTexts, memory, ...batch }: RememberedBatch,
  { temperature, softShare }: { readonly temperature: Temperature; readonly softShare: number },
): Tensor {
  const { B, D } = matchShape('images of the identity contrast', batch.images.shape, ['B', 'D']);
  matchShape('texts of the momentum model', momentumTexts.shape, [B, D]);
  const columns = concat([cast(batch.labels, 'float32'), reshape(cast(memory.identities, 'float32'), [-1])], 0);
  const targets = identityTargets(batch.labels, columns);
  const fixed = typeof temperature === 'number' ? temperature : stopGradient(temperature);
  const candidates = (rows: Tensor, held: Tensor): Tensor => concat([stopGradient(rows), transpose(held)], 0);
  const [images, texts] = [candidates(batch.images, memory.images), candidates(momentumTexts, memory.texts)];
  const [momentumImages, later] = [stopGradient(batch.images), stopGradient(momentumTexts)];
  const direction = (left: Tensor, momentum: Tensor, right: Tensor): Tensor => {
    const soft = softmax(div(matMul(momentum, right, false, true), fixed));
    const wanted = add(mul(soft, softShare), mul(targets, 1 - softShare));
    return crossEntropy(div(matMul(left, right, false, true), temperature), stopGradient(wanted));
  };
  const terms = [
    direction(batch.images, momentumImages, texts),
    direction(batch.texts, later, images),
    direction(batch.images, momentumImages, images),
    direction(batch.texts, later, texts),
  ];
  const { rows } = imageTextMasks('the identity contrast', batch);
  return mul(addN(terms.map((term) => meanOver(term, rows))), 0.25);
}

/** `loss/identity-contrast`. */
export const identityContrastComponent = defineComponent({
  summary: 'Contrast of images and texts by identity, in the batch or against queues of earlier features.',
  paper: 'https://arxiv.org/abs/2306.07520',
  options: identityContrastOptions,
  build: ({ queue, softShare }): Loss => {
    const reads = { ...IMAGE_TEXT_READS, temperature: 'outputs.temperature' } as const;
    if (!queue) return { reads, compute: (inputs) => identityContrastLoss(imageTextBatch(inputs), inputs.temperature!) };
    return {
      reads: {
        ...reads,
        momentumTexts: 'outputs.momentumTexts',
        imageQueue: 'outputs.imageQueue',
        textQueue: 'outputs.textQueue',
        identityQueue: 'outputs.identityQueue',
      },
      compute: ({ momentumTexts, imageQueue, textQueue, identityQueue, temperature, ...inputs }) => {
        const memory = { images: imageQueue!, texts: textQueue!, identities: identityQueue! };
        const batch = { ...imageTextBatch(inputs), momentumTexts: momentumTexts!, memory };
        return rememberedContrastLoss(batch, { temperature: temperature!, softShare });
      },
    };
  },
});
