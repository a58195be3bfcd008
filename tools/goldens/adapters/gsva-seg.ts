import { EVALUATION, add, concat, disposeAll, div, mul, scoped, slice, tensor, toTensor, type Tensor, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { nextWordLoss, type SpliceRow, type TokenPlace } from '@reidkit/lmm';
import { meanOfMasks, segmentationCrossEntropy, segmentationDice } from '@reidkit/losses';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { goldenWeights, toPixels } from '../compare-model.ts';
import { Gsva, gsvaImages, gsvaMasks, gsvaPictures, gsvaRows, gsvaStates, GsvaTexts, ourName, theirName, type GsvaStates } from '../gsva-case.ts';
import { compareScalarCase, inputsOf } from '../llama-case.ts';
import { LLAVA_TOWER, towerFeaturesOf } from '../llava-tower.ts';

/** Outputs that are compared beside those of the training pass. */
const ELSEWHERE = /^out\/(places|(re)?eval\d+\.)/;

const rowAt = (all: Tensor, row: number): Tensor => slice(all, [row, 0, 0, 0], [1, ...all.shape.slice(1)]);

/** Sums of a cost over all masks of the batch, each image by itself as the reference does. */
function weighted(parts: readonly (readonly [pred: Tensor, truth: Tensor])[], cost: (pred: Tensor, truth: Tensor) => Tensor, weight: number): Tensor {
  const total = parts.reduce((sum, [pred]) => sum + pred.shape[0]!, 0);
  const sums = parts.flatMap(([pred, truth]) => (pred.shape[0] === 0 ? [] : [mul(meanOfMasks(cost(pred, truth)), pred.shape[0]!)]));
  return mul(div(sums.reduce((all, term) => add(all, term), tensor(0)), total + 1e-8), weight); // prettier-ignore
}

/** Outputs of the training pass, and its loss. */
function trained(golden: GoldenCase, model: Gsva, texts: GsvaTexts, { states, embeddings, inputs }: { states: GsvaStates; embeddings: Tensor; inputs: Tensors }): Tensors {
  const { samples, ce_weight: ceWeight, bce_weight: bceWeight, dice_weight: diceWeight, sam } = golden.json.config;
  const outputs: Record<string, Tensor> = { text_hidden: states.hidden, image_embeddings: embeddings };
  const masks = texts.rows.map(({ pictures }, row) => {
    const own = texts.places.filter((place) => place.row === row && place.id === texts.seg);
    const { sparse, low, quality } = gsvaMasks(model, states.hidden, rowAt(embeddings, pictures[0]!), own);
    Object.assign(outputs, { [`row${row}.sparse`]: sparse, [`row${row}.low_res`]: low, [`row${row}.iou`]: quality });
    return low;
  });
  const parts = (samples as { frame: [number, number]; resized: [number, number] }[]).map((sample, image) => {
    const rows = texts.rows.flatMap(({ pictures }, row) => (pictures[0] === image ? [row] : []));
    const truth = inputs[`gt${image}`]!;
    const found = rows.map((row) => {
      const own = texts.places.filter((place) => place.row === row);
      return gsvaPictures(masks[row]!, truth.shape[0] === 0 ? [] : own.map(({ id }) => id === texts.seg), sample, sam.img_size);
    });
    const filled = found.filter(({ shape }) => shape[0]! > 0);
    const pred = filled.length === 0 ? found[0]! : concat(filled, 0);
    outputs[`train.pred${image}`] = pred;
    return [pred, truth] as const;
  });
  const ce = mul(nextWordLoss(states.logits, toTensor(texts.plan.labels)), ceWeight);
  const bce = weighted(parts, segmentationCrossEntropy, bceWeight);
  const dice = weighted(parts, segmentationDice, diceWeight);
  const mask = add(bce, dice);
  return { ...outputs, 'train.ce_loss': ce, 'train.mask_bce_loss': bce, 'train.mask_dice_loss': dice, 'train.mask_loss': mask, 'train.loss': add(ce, mask) };
}

/** Ids of a text with its picture spread out as zeros, each [SEG] and [REJ] as the state before it tells. */
function predictedIds(texts: GsvaTexts, logits: Tensor): number[] {
  const ids = Array.from(texts.plan.ids.data);
  const width = logits.shape[2]!;
  const scores = logits.dataSync();
  for (const { id, place } of texts.places) {
    const own = scores.subarray(place * width, (place + 1) * width);
    const best = own.indexOf(Math.max(...own));
    const other = id === texts.seg ? texts.rej : texts.seg;
    ids[place + 1] = best === id ? id : other;
  }
  return ids;
}

/** The teacher-forced evaluation of one text by itself, and its second pass in which every [REJ] is a [SEG]. */
function compareEvaluation(golden: GoldenCase, model: Gsva, row: SpliceRow, image: number, pictures: readonly Tensor[], embedding: Tensor): void {
  const { vocab_size: vocabulary, samples, sam } = golden.json.config;
  const sample = samples[image];
  const tokens = pictures[0]!.shape[1]!;
  const closest = (key: string, of: (projected: Tensor) => Tensor): Tensor => {
    // The reference's vision tower gives another layer from its second call on; nothing says which call a pass was.
    const want = golden.tensor(key).data;
    const distance = (got: Tensor): number => Array.from(got.dataSync()).reduce((most, value, i) => Math.max(most, Math.abs(value - Number(want[i]))), 0);
    const [one, other] = pictures.map(of) as [Tensor, Tensor];
    return distance(other) < distance(one) ? other : one;
  };
  const run = (texts: GsvaTexts, projected: Tensor): GsvaStates => gsvaStates(model, texts, projected);
  const masksOf = (texts: GsvaTexts, projected: Tensor): Tensor => {
    const seg: TokenPlace[] = texts.places.filter(({ id }) => id === texts.seg);
    const { low } = gsvaMasks(model, run(texts, projected).hidden, embedding, seg);
    return gsvaPictures(low, seg.map(() => true), sample, sam.img_size); // prettier-ignore
  };
  const given = new GsvaTexts([row], tokens, vocabulary);
  const again = new GsvaTexts([{ ...row, ids: row.ids.map((id) => (id === given.rej ? given.seg : id)) }], tokens, vocabulary);
  for (const [tag, texts] of [['eval', given], ['reeval', again]] as const) { // prettier-ignore
    const key = `out/${tag}${image}.masks`;
    golden.report.compare(key, closest(key, (projected) => masksOf(texts, projected)).dataSync(), golden.tensor(key));
    const ids = pictures.map((projected) => predictedIds(given, run(given, projected).logits));
    const want = golden.tensor(`out/${tag}${image}.ids`);
    const found = ids.find((one) => one.every((id, i) => id === Number(want.data[i]))) ?? ids[0]!;
    golden.report.compare(`out/${tag}${image}.ids`, found, want);
  }
}

export const adapter: GoldenAdapter = {
  family: 'gsva-seg',
  run(golden) {
    const model = new Gsva(golden);
    const weights = goldenWeights(golden);
    const own = Object.fromEntries(Object.entries(weights).flatMap(([name, value]) => (name.startsWith(LLAVA_TOWER) ? [] : [[ourName(name), value]])));
    const features = towerFeaturesOf(golden, weights, 'images_clip');
    const rows = gsvaRows(golden);
    const texts = new GsvaTexts(rows, features.before.shape[1]!, golden.json.config.vocab_size);
    golden.report.compare('places', texts.places.flatMap(({ row, id, place }) => [row, id - texts.seg + 1, place]), golden.tensor('out/places')); // prettier-ignore
    compareScalarCase(golden, {
      model,
      weights: own,
      nameOf: theirName,
      run: () => {
        const inputs = inputsOf(golden);
        const embeddings = gsvaImages(model, toPixels(inputs.images!));
        const states = gsvaStates(model, texts, model.mm_projector.forward(features.before, EVALUATION));
        const outputs = trained(golden, model, texts, { states, embeddings, inputs });
        for (const key of golden.keys.filter((name) => name.startsWith('out/') && !ELSEWHERE.test(name))) {
          if (!(key.slice('out/'.length) in outputs)) golden.report.check(key, false, 'was not computed');
        }
        scoped(() => {
          const pictures = [features.before, features.behind].map((tokens) => model.mm_projector.forward(tokens, EVALUATION));
          for (const key of golden.keys.filter((name) => /^out\/eval\d+\.masks$/.test(name))) {
            const image = Number(/\d+/.exec(key)![0]);
            compareEvaluation(golden, model, rows.find((row) => row.pictures[0] === image)!, image, pictures, rowAt(embeddings, image));
          }
        });
        return { value: outputs['train.loss']!, outputs };
      },
    });
    disposeAll(features);
  },
};
