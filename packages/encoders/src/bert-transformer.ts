import { Module, ReidError, add, cast, dropout, equal, formatShape, matchShape, mul, ones, reshape, slice, stopGradient, sub, type Context, type HostTensors, type Tensor, type TextCall, type TextEncoder, type TextInput, type TextTokens } from '@reidkit/core-tensor'; // prettier-ignore
import { wordBias } from './bert-layer.ts';
import { Embedding } from './embedding.ts';
import { LayerNorm } from './layer-norm.ts';
import { runLayer } from './run-layer.ts';
import type { LayerCall, TokenLayer, TokenMap } from './token-layer.ts';

/** Sizes of {@link BertEmbeddings}. */
export interface BertEmbeddingOptions {
  readonly vocabulary: number;
  readonly width: number;
  /** Most words of a text. */
  readonly length: number;
  /** Kinds of text that have a vector; every word is of the first. */
  readonly types: number;
  readonly epsilon: number;
  readonly dropout: number;
}

/** Words that stand for nothing; their vector gets no gradient from texts. */
const PADDING = 0;

/** Vectors of words, positions and kinds of text, summed and normalised, named as in Hugging Face's BERT. */
export class BertEmbeddings extends Module {
  readonly word_embeddings: Embedding;
  readonly position_embeddings: Embedding;
  readonly token_type_embeddings: Embedding;
  readonly LayerNorm: TokenMap;
  readonly #dropout: number;

  constructor({ vocabulary, width, length, types, epsilon, dropout: rate }: BertEmbeddingOptions) {
    super();
    this.word_embeddings = new Embedding({ count: vocabulary, width });
    this.position_embeddings = new Embedding({ count: length, width });
    this.token_type_embeddings = new Embedding({ count: types, width });
    this.LayerNorm = new LayerNorm({ width, epsilon });
    this.#dropout = rate;
  }

  /** Vectors of words, without positions: `[..., N] → [..., N, D]`. */
  words(ids: Tensor): Tensor {
    const found = this.word_embeddings.forward(ids);
    const isPadding = cast(equal(reshape(ids, [...ids.shape, 1]), PADDING), 'float32');
    return add(mul(found, sub(1, isPadding)), mul(stopGradient(found), isPadding));
  }

  /** Vectors of words → with positions and kind, normalised: `[B, N, D] → [B, N, D]`. */
  forward(words: Tensor, ctx: Context): Tensor {
    const [, count, width] = words.shape as [number, number, number];
    const row = ({ weight }: Embedding, rows: number): Tensor => reshape(slice(weight.value, [0, 0], [rows, width]), [1, rows, width]);
    const placed = add(add(words, row(this.token_type_embeddings, 1)), row(this.position_embeddings, count));
    return dropout(this.LayerNorm.forward(placed, ctx), this.#dropout, ctx);
  }
}

/** Layers of a {@link BertTransformer}, under the name that checkpoints have for them. */
class BertEncoder extends Module {
  readonly layer: readonly TokenLayer[];

  constructor(layers: readonly TokenLayer[]) {
    super();
    this.layer = layers;
  }
}

/** Parts and numbers of a {@link BertTransformer}. */
export interface BertParts {
  readonly embeddings: BertEmbeddings;
  readonly layers: readonly TokenLayer[];
  /** Number of layers that see the text alone; those behind attend to side tokens too. */
  readonly fusionLayer: number;
  readonly width: number;
  readonly length: number;
  /** Compute each layer again on the way back instead of keeping what it needs. Default: false. */
  readonly recompute?: boolean;
}

/** Text with its mask, somewhere between the layers. */
type Hidden = Pick<TextTokens, 'tokens' | 'mask'>;

/** Where the numbers of the transformer stand in checkpoints of models around it, and what of them has no place here. */
const PREFIXES = ['', 'bert.', 'text_encoder.bert.', 'text_encoder.'];
const LEFT_OUT = /^(pooler\.|cls\.|embeddings\.position_ids$)/;

/**
 * BERT under the names of Hugging Face and ALBEF. ALBEF's has two halves: the first layers see the text alone, the rest attend to tokens of
 * another source too. A text without side tokens goes through the first half (mode `text` of ALBEF), one with them through all layers
 * (`multi_modal`); {@link fuse} runs the second half on what the first gave (`fusion`). A text's summary is its first token.
 * @see Devlin et al., "BERT" (2019), section 3; Li et al., "Align before Fuse" (2021), section 3.1.
 */
export class BertTransformer extends Module implements TextEncoder {
  readonly embeddings: BertEmbeddings;
  readonly encoder: BertEncoder;
  readonly width: number;
  readonly length: number;
  /** Number of layers that see the text alone. */
  readonly fusionLayer: number;
  readonly #recompute: boolean;

  constructor({ embeddings, layers, fusionLayer, width, length, recompute = false }: BertParts) {
    super();
    this.embeddings = embeddings;
    this.encoder = new BertEncoder(layers);
    this.width = width;
    this.length = length;
    this.fusionLayer = fusionLayer;
    this.#recompute = recompute;
  }

  /** Width of a text's first token. */
  get summaryWidth(): number {
    return this.width;
  }

  /** Vectors of words, without positions: `[..., N] → [..., N, D]`. */
  embed(ids: Tensor): Tensor {
    return this.embeddings.words(ids);
  }

  /**
   * `ids [B, N]` → tokens `[B, N, D]`, summary `[B, D]`. Throws SHAPE_MISMATCH for texts that are too long or vectors that do not fit them,
   * INVALID_ARGUMENT for side tokens where no layer attends to any.
   */
  forward({ ids, mask, embeddings }: TextInput, ctx: Context, { side }: TextCall = {}): TextTokens {
    const { B, N } = matchShape('BertTransformer', ids.shape, ['B', 'N']);
    if (N > this.length) {
      const message = `BertTransformer expected at most ${this.length} words, got ${formatShape(ids.shape)}.`;
      throw new ReidError('SHAPE_MISMATCH', message, { hint: 'cut the texts: tokenizer.encode(texts, { length, tooLong: "truncate" }).' });
    }
    if (mask) matchShape('BertTransformer (mask)', mask.shape, [B, N]);
    if (embeddings) matchShape('BertTransformer (embeddings)', embeddings.shape, [B, N, this.width]);
    if (side) this.#demandSide();
    const text = {
      tokens: this.embeddings.forward(embeddings ?? this.embed(ids), ctx),
      mask: mask ? cast(mask, 'float32') : ones([B, N]),
    };
    return this.#run(side ? this.encoder.layer : this.encoder.layer.slice(0, this.fusionLayer), text, ctx, side);
  }

  /**
   * Runs the layers that attend to side tokens on what {@link forward} gave for a text alone. Throws SHAPE_MISMATCH, or INVALID_ARGUMENT where
   * no layer attends to side tokens.
   */
  fuse({ tokens, mask }: Hidden, ctx: Context, side: NonNullable<TextCall['side']>): TextTokens {
    const { B, N } = matchShape('BertTransformer', tokens.shape, ['B', 'N', this.width]);
    matchShape('BertTransformer (mask)', mask.shape, [B, N]);
    this.#demandSide();
    return this.#run(this.encoder.layer.slice(this.fusionLayer), { tokens, mask: cast(mask, 'float32') }, ctx, side);
  }

  #demandSide(): void {
    if (this.encoder.layer.some((layer) => layer.usesSide)) return;
    throw new ReidError('INVALID_ARGUMENT', 'BertTransformer got side tokens, but none of its layers attends to any.', {
      hint: 'build it with the option "fusionLayer".',
    });
  }

  #run(layers: readonly TokenLayer[], { tokens, mask }: Hidden, ctx: Context, side: TextCall['side']): TextTokens {
    const bias = wordBias(mask);
    const given: LayerCall['side'] = side && { tokens: side.tokens, ...(side.mask ? { mask: cast(side.mask, 'float32') } : {}) };
    const options = (layer: TokenLayer): LayerCall => ({ bias, ...(layer.usesSide ? { side: given } : {}) });
    const last = layers.reduce((x, layer) => runLayer(layer, x, ctx, { again: this.#recompute, ...options(layer) }), tokens);
    const batch = last.shape[0]!;
    return { tokens: last, mask, summary: reshape(slice(last, [0, 0, 0], [batch, 1, this.width]), [batch, this.width]) };
  }

  /** Numbers of BERT from a checkpoint of a model around it (ALBEF's `text_encoder.bert.`), without its heads. */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    const prefix = PREFIXES.find((candidate) => `${candidate}embeddings.word_embeddings.weight` in numbers) ?? '';
    return Object.fromEntries(
      Object.entries(numbers)
        .filter(([path]) => path.startsWith(prefix))
        .map(([path, value]) => [path.slice(prefix.length), value] as const)
        .filter(([path]) => !LEFT_OUT.test(path)),
    );
  }
}
