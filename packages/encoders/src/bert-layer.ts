import { Module, ReidError, add, dropout, gelu, mul, normalInit, reshape, sub, type Context, type Tensor } from '@reidkit/core-tensor';
import { attendHeads } from './attend-heads.ts';
import { LayerNorm } from './layer-norm.ts';
import { Linear, type LinearOptions } from './linear.ts';
import type { LayerCall, TokenLayer, TokenMap } from './token-layer.ts';

/** What a layer of BERT is built from. */
export interface BertLayerOptions {
  readonly width: number;
  readonly heads: number;
  /** Width between the two projections of the perceptron. */
  readonly hidden: number;
  /** Added to the variance in every layer norm. */
  readonly epsilon: number;
  /** Probability of dropping a number of what a branch adds, in training. */
  readonly dropout: number;
  /** Probability of dropping an attention weight, in training. */
  readonly attentionDropout: number;
  /** Width of the tokens of another source that it attends to. Absent: it attends to none. */
  readonly sideWidth?: number | undefined;
  /** Makes the projections. Default: {@link Linear}. */
  readonly project?: (place: 'query' | 'key' | 'value' | 'attended' | 'intermediate' | 'output', options: LinearOptions) => TokenMap;
}

const INITIAL = normalInit(0.02);

/** Masked-out places of texts and of side tokens are put down by these, as in ALBEF: a text of padding alone still gets numbers. */
const [PADDED_WORD, PADDED_SIDE] = [-10_000, -1e9];

/** How far the scores of places are put down: `mask [B, M]`, 1 or 0 → `[B, 1, 1, M]`. */
function maskBias(mask: Tensor, depth: number): Tensor {
  const [rows, places] = mask.shape as [number, number];
  return reshape(mul(sub(1, mask), depth), [rows, 1, 1, places]);
}

/** What keeps padded words from being attended to: `mask [B, N]`, 1 or 0 → `[B, 1, 1, N]`. */
export const wordBias = (mask: Tensor): Tensor => maskBias(mask, PADDED_WORD);

const project = (place: Parameters<NonNullable<BertLayerOptions['project']>>[0], sizes: LinearOptions, own: BertLayerOptions): TokenMap =>
  own.project ? own.project(place, { ...sizes, initialize: INITIAL }) : new Linear({ ...sizes, initialize: INITIAL });

/** Queries, keys and values projected apart, named as in Hugging Face's BERT. */
class BertProjections extends Module {
  readonly query: TokenMap;
  readonly key: TokenMap;
  readonly value: TokenMap;

  constructor(options: BertLayerOptions, from: number) {
    super();
    const { width } = options;
    this.query = project('query', { inputs: width, outputs: width }, options);
    this.key = project('key', { inputs: from, outputs: width }, options);
    this.value = project('value', { inputs: from, outputs: width }, options);
  }
}

/** A projection, added to what went past it and normalised: `LayerNorm(dropout(dense(y)) + x)`. */
class BertOutput extends Module {
  readonly dense: TokenMap;
  readonly LayerNorm: TokenMap;
  readonly #dropout: number;

  constructor(dense: TokenMap, { width, epsilon, dropout: rate }: BertLayerOptions) {
    super();
    this.dense = dense;
    this.LayerNorm = new LayerNorm({ width, epsilon });
    this.#dropout = rate;
  }

  forward(y: Tensor, x: Tensor, ctx: Context): Tensor {
    return this.LayerNorm.forward(add(dropout(this.dense.forward(y, ctx), this.#dropout, ctx), x), ctx);
  }
}

/** Attention to the text itself or to tokens of another source, with its residual and norm. */
class BertAttention extends Module {
  readonly self: BertProjections;
  readonly output: BertOutput;
  readonly #heads: number;
  readonly #dropout: number;

  constructor(options: BertLayerOptions, from: number) {
    super();
    const { width, heads, attentionDropout } = options;
    this.self = new BertProjections(options, from);
    this.output = new BertOutput(project('attended', { inputs: width, outputs: width }, options), options);
    this.#heads = heads;
    this.#dropout = attentionDropout;
  }

  /** `x [B, N, D]`, `source [B, M, E]` → `[B, N, D]` */
  forward(x: Tensor, source: Tensor, ctx: Context, bias: Tensor | undefined): Tensor {
    const { query, key, value } = this.self;
    const options = { heads: this.#heads, bias, dropout: this.#dropout };
    const attended = attendHeads(query.forward(x, ctx), key.forward(source, ctx), value.forward(source, ctx), ctx, options);
    return this.output.forward(attended, x, ctx);
  }
}

/** The first projection of the perceptron and its GELU. */
class BertIntermediate extends Module {
  readonly dense: TokenMap;

  constructor(dense: TokenMap) {
    super();
    this.dense = dense;
  }

  forward(x: Tensor, ctx: Context): Tensor {
    return gelu(this.dense.forward(x, ctx));
  }
}

/** One layer of BERT, norm last, named as in Hugging Face's BERT and ALBEF: attention, attention to side tokens in some, perceptron. */
export class BertLayer extends Module implements TokenLayer {
  readonly attention: BertAttention;
  readonly crossattention: BertAttention | undefined;
  readonly intermediate: BertIntermediate;
  readonly output: BertOutput;

  constructor(options: BertLayerOptions) {
    super();
    const { width, hidden, sideWidth } = options;
    this.attention = new BertAttention(options, width);
    this.crossattention = sideWidth === undefined ? undefined : new BertAttention(options, sideWidth);
    this.intermediate = new BertIntermediate(project('intermediate', { inputs: width, outputs: hidden }, options));
    this.output = new BertOutput(project('output', { inputs: hidden, outputs: width }, options), options);
  }

  /** Whether it attends to `side` tokens, which it then must be given. */
  get usesSide(): boolean {
    return this.crossattention !== undefined;
  }

  /** `[B, N, D] → [B, N, D]`. Throws INVALID_ARGUMENT when it attends to side tokens and gets none. */
  forward(x: Tensor, ctx: Context, { bias, side }: LayerCall = {}): Tensor {
    const attended = this.#attendSide(this.attention.forward(x, x, ctx, bias), ctx, side);
    return this.output.forward(this.intermediate.forward(attended, ctx), attended, ctx);
  }

  #attendSide(x: Tensor, ctx: Context, side: LayerCall['side']): Tensor {
    if (!this.crossattention) return x;
    if (side) return this.crossattention.forward(x, side.tokens, ctx, side.mask && maskBias(side.mask, PADDED_SIDE));
    throw new ReidError('INVALID_ARGUMENT', 'A layer of BERT with cross-attention got no side tokens.', {
      hint: 'pass "side": { tokens, mask }, such as the tokens of an image.',
    });
  }
}
