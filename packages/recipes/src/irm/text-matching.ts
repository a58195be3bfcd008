import type { Module } from '@reidkit/core-tensor';
import { buffer, cast, clipByValue, concat, constantInit, div, matMul, normalizeRows, ones, parameter, reshape, slice, softmax, stopGradient, sub, zerosInit, type Context, type Head, type Parameter, type Tensor, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { type BertForMaskedWords, FeatureQueue, firstToken, Linear, MomentumTwin, type ClassedTokens } from '@reidkit/encoders';
import { drawColumns, drawNegatives, maskWords, matchLabels, replacedWords, rowsAt, type WordDraws } from '@reidkit/losses';
import type { MatchingSettings } from './model-options.ts';

/** A batch of image-text pairs on its way through the matching. */
export interface MatchedPairs {
  /** Class token and patches of the images `[B, N, D]`. */
  readonly images: Tensor;
  /** Words as the text layers see them `[B, T, D]`, and which are no padding `[B, T]`. */
  readonly texts: Required<Pick<ClassedTokens, 'tokens'>> & { readonly mask: Tensor };
  /** What the batch says: `textIds`, `labels`, and draws where they come with it. */
  readonly batch: Tensors;
}

/** Names of draws that come with a batch. */
const DRAW_NAMES = ['negativeImages', 'negativeTexts', 'wordDraws', 'replaceDraws', 'drawnWords'];

const [MASKED_SHARE, REPLACED_SHARE] = [0.15, 0.3];

/** Numbers in [0, 1) that say how the words of a text change, `[4, B, T]` when they come with the batch. */
function wordDraws(given: Tensor | undefined, shape: readonly number[], ctx: Context): WordDraws {
  const at = (which: number): Tensor =>
    given ? reshape(slice(given, [which, 0, 0], [1, ...shape]), [...shape]) : ctx.draws.uniform(shape);
  return { masked: at(0), replaced: at(1), random: at(2), word: at(3) };
}

/**
 * Text-to-image search under the released code's names: projections, a match head, and by option queues, a momentum twin of the text side, and
 * heads for masked and replaced words. It is spread over the model's own tree.
 * @see Li et al., "Align before Fuse" (2021); Bai et al., "RaSa" (2023), for replaced words.
 */
export class TextMatching {
  readonly vision_proj: Head;
  readonly text_proj: Head;
  readonly itm_head: Head;
  readonly temp: Parameter;
  readonly mrtd_head: Head | undefined;
  readonly text_encoder_m: MomentumTwin | undefined;
  readonly text_proj_m: MomentumTwin | undefined;
  /** 1 when the twin has followed before. */
  readonly twin_started: Parameter | undefined;
  readonly queue: FeatureQueue | undefined;
  readonly #settings: MatchingSettings;
  readonly #text: () => BertForMaskedWords;

  constructor(text: BertForMaskedWords, settings: MatchingSettings, find: () => BertForMaskedWords) {
    const { width } = text.bert;
    this.#settings = settings;
    this.#text = find;
    this.vision_proj = new Linear({ inputs: width, outputs: settings.width });
    this.text_proj = new Linear({ inputs: width, outputs: settings.width });
    this.itm_head = new Linear({ inputs: width, outputs: 2 });
    this.temp = parameter([], constantInit(settings.temperature));
    const { memory } = settings;
    if (!memory) return;
    this.mrtd_head = new Linear({ inputs: width, outputs: 2 });
    this.text_encoder_m = new MomentumTwin(text, memory, find);
    this.text_proj_m = new MomentumTwin(this.text_proj, memory);
    this.twin_started = buffer([1], zerosInit);
    this.queue = new FeatureQueue({ width: settings.width, length: memory.length });
  }

  /** What stands in the model's tree, by the released names. */
  get tree(): Readonly<Record<string, Module | Parameter>> {
    const { queue, vision_proj, text_proj, itm_head, temp, mrtd_head, text_encoder_m, text_proj_m, twin_started } = this;
    const queues = queue && { image_queue: queue.image_queue, text_queue: queue.text_queue, idx_queue: queue.idx_queue, queue_ptr: queue.queue_ptr }; // prettier-ignore
    const all = { vision_proj, text_proj, itm_head, temp, mrtd_head, text_encoder_m, text_proj_m, twin_started, ...queues };
    return Object.fromEntries(Object.entries(all).flatMap(([name, node]) => (node ? [[name, node]] : [])));
  }

  /** Names of the batch beside images and words that training reads. */
  get reads(): readonly string[] {
    const { draws, memory } = this.#settings;
    if (draws === 'own') return [];
    return memory ? DRAW_NAMES : DRAW_NAMES.slice(0, 2);
  }

  /** Names of what training gives. */
  get gives(): readonly string[] {
    const pairs = ['images', 'texts', 'temperature', 'logits.match', 'matchLabels'];
    if (!this.#settings.memory) return pairs;
    const memory = ['momentumTexts', 'imageQueue', 'textQueue', 'identityQueue'];
    return [...pairs, ...memory, 'logits.words', 'softWords', 'wordLabels', 'logits.replaced', 'replacedLabels'];
  }

  /** Projection of length 1: `[B, D] → [B, E]`. */
  imageFeature(summary: Tensor, ctx: Context): Tensor {
    return normalizeRows(this.vision_proj.forward(summary, ctx));
  }

  /** Projection of length 1: `[B, D] → [B, E]`. */
  textFeature(summary: Tensor, ctx: Context): Tensor {
    return normalizeRows(this.text_proj.forward(summary, ctx));
  }

  /** Divisor of the cosines `[]`. */
  get temperature(): Tensor {
    return this.#settings.clampTemperature ? clipByValue(this.temp.value, 0.01, 0.5) : this.temp.value;
  }

  /** Everything that the losses of text-to-image search read. */
  forward(pairs: MatchedPairs, ctx: Context): Tensors {
    const images = this.imageFeature(firstToken(pairs.images), ctx);
    const texts = this.textFeature(firstToken(pairs.texts.tokens), ctx);
    const twin = this.#twin(ctx);
    const momentumTexts = twin && this.#momentumTexts(pairs, twin, ctx);
    const remembered = momentumTexts && this.#remember(pairs, { images, momentumTexts }, ctx);
    const matched = this.#match(pairs, { images, texts, against: momentumTexts ?? texts }, ctx);
    const words = twin && { ...this.#maskedWords(pairs, twin.text, ctx), ...this.#replacedWords(pairs, twin.text, ctx) };
    return { images, texts, temperature: this.temperature, ...remembered, ...matched, ...words };
  }

  /** The twin's numbers in this step. */
  #twin(ctx: Context): { readonly text: Tensors; readonly projection: Tensors } | undefined {
    if (!this.text_encoder_m || !this.text_proj_m || !this.twin_started) return undefined;
    const isNew = sub(1, this.twin_started.value);
    ctx.update(this.twin_started, ones([1]));
    return { text: this.text_encoder_m.follow(isNew, ctx), projection: this.text_proj_m.follow(isNew, ctx) };
  }

  #momentumTexts({ batch, texts }: MatchedPairs, twin: { readonly text: Tensors; readonly projection: Tensors }, ctx: Context): Tensor {
    const read = (): Tensor => this.#text().bert.forward({ ids: batch.textIds!, mask: texts.mask }, ctx).summary;
    const summary = this.text_encoder_m!.run(twin.text, read);
    return normalizeRows(this.text_proj_m!.run(twin.projection, () => this.text_proj.forward(summary, ctx)));
  }

  /** The memory as it was, and this batch in it from the next step on. */
  #remember(
    { batch }: MatchedPairs,
    { images, momentumTexts }: { readonly images: Tensor; readonly momentumTexts: Tensor },
    ctx: Context,
  ): Tensors {
    // prettier-ignore
    const { image_queue, text_queue, idx_queue } = this.queue!;
    this.queue!.push({ images: stopGradient(images), texts: momentumTexts, identities: batch.labels! }, ctx);
    return { momentumTexts, imageQueue: image_queue.value, textQueue: text_queue.value, identityQueue: idx_queue.value };
  }

  #match(
    { images: tokens, texts: words, batch }: MatchedPairs,
    features: { readonly images: Tensor; readonly texts: Tensor; readonly against: Tensor },
    ctx: Context,
  ): Tensors {
    // prettier-ignore
    const scores = (left: Tensor, right: Tensor): Tensor => div(matMul(left, right, false, true), this.temperature);
    const labels = batch.labels!;
    const size = labels.shape[0]!;
    const uniform = this.#settings.draws === 'own' ? { images: ctx.draws.uniform([size]), texts: ctx.draws.uniform([size]) } : undefined;
    const zeros = { images: cast(labels, 'float32'), texts: cast(labels, 'float32') };
    const drawn = drawNegatives({ imageToText: scores(features.images, features.against), textToImage: scores(features.texts, features.images), labels }, uniform ?? zeros); // prettier-ignore
    const [negativeImages, negativeTexts] = uniform ? [drawn.images, drawn.texts] : [batch.negativeImages!, batch.negativeTexts!];
    const otherWords = { tokens: rowsAt(words.tokens, negativeTexts), mask: rowsAt(words.mask, negativeTexts) };
    const text = {
      tokens: concat([words.tokens, words.tokens, otherWords.tokens], 0),
      mask: concat([cast(words.mask, 'float32'), cast(words.mask, 'float32'), otherWords.mask], 0),
    };
    const side = { tokens: concat([tokens, rowsAt(tokens, negativeImages), tokens], 0) };
    const { summary } = this.#text().bert.fuse(text, ctx, side);
    return { 'logits.match': this.itm_head.forward(summary, ctx), matchLabels: matchLabels(drawn) };
  }

  #words(batch: Tensors, share: number, given: Tensor | undefined, ctx: Context): ReturnType<typeof maskWords> {
    const { start, mask } = this.#settings;
    const vocabulary = this.#text().bert.embeddings.word_embeddings.weight.shape[0]!;
    const ids = batch.textIds!;
    return maskWords(ids, wordDraws(given, ids.shape, ctx), { share, vocabulary, special: { padding: 0, start, mask } });
  }

  /** Scores of words `[B, T, V]` for a text beside its image. */
  #scores(ids: Tensor, { images, texts }: MatchedPairs, ctx: Context): Tensor {
    const { tokens } = this.#text().bert.forward({ ids, mask: texts.mask }, ctx, { side: { tokens: images } });
    return this.#text().scores(tokens, ctx);
  }

  #maskedWords(pairs: MatchedPairs, twin: Tensors, ctx: Context): Tensors {
    const { ids, labels } = this.#words(pairs.batch, MASKED_SHARE, pairs.batch.wordDraws, ctx);
    const soft = this.text_encoder_m!.run(twin, () => softmax(this.#scores(ids, pairs, ctx)));
    return { 'logits.words': this.#scores(ids, pairs, ctx), softWords: soft, wordLabels: labels };
  }

  /** The twin refills every word of a text in which some are masked; the model says which are others now. */
  #replacedWords(pairs: MatchedPairs, twin: Tensors, ctx: Context): Tensors {
    const { batch } = pairs;
    const { ids } = this.#words(batch, REPLACED_SHARE, batch.replaceDraws, ctx);
    const [B, T] = ids.shape as [number, number];
    const fill = (): Tensor => {
      const chances = this.text_encoder_m!.run(twin, () => softmax(this.#scores(ids, pairs, ctx)));
      return reshape(drawColumns(reshape(chances, [B * T, -1]), ctx.draws.uniform([B * T])), [B, T]);
    };
    const drawn = this.#settings.draws === 'own' ? fill() : batch.drawnWords!;
    const { ids: text, labels } = replacedWords(drawn, batch.textIds!, {
      padding: 0,
      start: this.#settings.start,
      mask: this.#settings.mask,
    });
    const { tokens } = this.#text().bert.forward({ ids: text, mask: pairs.texts.mask }, ctx, { side: { tokens: pairs.images } });
    return { 'logits.replaced': this.mrtd_head!.forward(tokens, ctx), replacedLabels: labels };
  }
}
