import { add, cast, concat, div, linear, matMul, mul, normalizeRows, ones, reshape, softmax, stopGradient, sub, tensor, trainingContext, withParameters, zeros, type Tensor, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { FeatureQueue, firstToken } from '@reidkit/encoders';
import { crossEntropyLoss, drawColumns, drawNegatives, maskedWordsLoss, maskWords, rememberedContrastLoss, replacedWords, type WordChange } from '@reidkit/losses';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

/** Truth values of a case as numbers that are below or above every share. */
const asDraw = (mask: Tensor): Tensor => sub(1, cast(mask, 'float32'));

function changed(tensors: Tensors, prefix: 'mlm' | 'mrtd', change: WordChange): ReturnType<typeof maskWords> {
  const of = (name: string): Tensor => tensors[`${prefix}_${name}`]!;
  const word = div(add(cast(of('words'), 'float32'), 0.5), change.vocabulary);
  const draws = { masked: asDraw(of('mask')), replaced: asDraw(of('replace')), random: asDraw(of('random')), word };
  return maskWords(tensors.input_ids!, draws, change);
}

/** The queues after the step. */
function pushed(golden: GoldenCase, tensors: Tensors, images: Tensor, texts: Tensor): Tensors {
  const [width, length] = tensors.image_queue!.shape as [number, number];
  const queue = new FeatureQueue({ width, length });
  const ctx = trainingContext({ draws: { uniform: () => images, normal: () => images } });
  const held = {
    image_queue: tensors.image_queue!,
    text_queue: tensors.text_queue!,
    idx_queue: reshape(tensors.queue_ids!, [1, length]),
    queue_ptr: tensor([golden.json.config.queue_pointer], [1]),
  };
  withParameters(queue, held, () => queue.push({ images, texts, identities: tensors.ids! }, ctx));
  const after = (parameter: (typeof queue)['image_queue']): Tensor => ctx.updates.get(parameter)!;
  return {
    image_queue_after: after(queue.image_queue),
    text_queue_after: after(queue.text_queue),
    queue_ids_after: reshape(after(queue.idx_queue), [length]),
  };
}

export const adapter: GoldenAdapter = {
  family: 'loss-irm-t2i',
  run(golden) {
    const { pad: padding, cls: start, mask_token: mask, vocab: vocabulary, soft_target_weight: softShare, mlm_soft_weight: wordShare } = golden.json.config;
    const special = { padding, start, mask };
    const change: WordChange = { share: 0.5, vocabulary, special };
    compareLoss(golden, (tensors) => {
      const { image_embeds: imageTokens, text_embeds: textTokens, ids, temp, input_ids: words } = tensors;
      const feature = (tokens: Tensor, weight: Tensor): Tensor => normalizeRows(linear(firstToken(tokens), weight));
      const images = feature(imageTokens!, tensors.vision_proj!);
      const texts = feature(textTokens!, tensors.text_proj!);
      const momentumTexts = stopGradient(feature(tensors.text_embeds_momentum!, tensors.text_proj_momentum!));
      const memory = { images: tensors.image_queue!, texts: tensors.text_queue!, identities: tensors.queue_ids! };
      const cl = rememberedContrastLoss({ images, texts, labels: ids!, momentumTexts, memory }, { temperature: temp!, softShare });

      const against = (left: Tensor, right: Tensor): Tensor => stopGradient(div(matMul(left, right, false, true), temp!));
      const weights = { imageToText: against(images, momentumTexts), textToImage: against(texts, images), labels: ids! };
      const negatives = drawNegatives(weights, { images: tensors.u_image!, texts: tensors.u_text! });
      const logits = linear(concat([tensors.fused_positive!, tensors.fused_negative!], 0), tensors.itm_weight!, tensors.itm_bias!);
      const batch = ids!.shape[0]!;
      const labels = concat([ones([batch]), zeros([2 * batch])], 0);
      const itm = crossEntropyLoss(logits, cast(labels, 'int32'));

      const asked = changed(tensors, 'mlm', change);
      const mlm = maskedWordsLoss(tensors.mlm_logits!, asked.labels, { softShare: wordShare, soft: softmax(tensors.mlm_logits_momentum!) });
      const generator = changed(tensors, 'mrtd', change).ids;
      const chances = reshape(softmax(tensors.mrtd_logits_momentum!), [-1, vocabulary]);
      const drawn = reshape(drawColumns(chances, reshape(tensors.mrtd_u!, [-1])), words!.shape);
      const replaced = replacedWords(drawn, words!, special);
      const mrtd = maskedWordsLoss(linear(tensors.mrtd_hidden!, tensors.mrtd_weight!, tensors.mrtd_bias!), replaced.labels);
      return {
        loss: add(add(mul(cl, 0.5), itm), add(mlm, mul(mrtd, 0.5))),
        scalars: { cl, itm, mlm, mrtd },
        outputs: {
          image_feat: images, text_feat: texts, image_negative: negatives.images, text_negative: negatives.texts, mlm_input_ids: asked.ids,
          mlm_labels: asked.labels, mrtd_generator_ids: generator, mrtd_input_ids: replaced.ids, ...pushed(golden, tensors, images, momentumTexts),
        },
      }; // prettier-ignore
    });
  },
};
