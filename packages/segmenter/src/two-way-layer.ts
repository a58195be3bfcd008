import { Module, add, relu, type Context, type Tensor } from '@reidkit/core-tensor';
import { LayerNorm, type TokenMap } from '@reidkit/encoders';
import { SplitAttention } from './split-attention.ts';
import { TwoLayerMlp } from './two-layer-mlp.ts';

/** Added to the variance in the norms of the two-way transformer. */
export const TWO_WAY_EPSILON = 1e-5;

/** Sizes of a {@link TwoWayLayer}. */
export interface TwoWayOptions {
  /** Width of tokens and places, D. */
  readonly width: number;
  /** Number of heads. */
  readonly heads: number;
  /** Hidden width of the perceptrons. */
  readonly hidden: number;
  /** How much narrower attention between tokens and image is inside. Default: 2. */
  readonly shrink?: number;
}

/** Tokens and image places on their way, with their positions. */
export interface TwoWay {
  /** Tokens `[B, T, D]`. */
  readonly tokens: Tensor;
  /** Places of the image `[B, N, D]`. */
  readonly image: Tensor;
}

/** One layer in which tokens look at each other and at the image, and the image back at the tokens. */
export class TwoWayLayer extends Module {
  readonly self_attn: SplitAttention;
  readonly norm1: LayerNorm;
  readonly cross_attn_token_to_image: SplitAttention;
  readonly norm2: LayerNorm;
  readonly mlp: TokenMap;
  readonly norm3: LayerNorm;
  readonly norm4: LayerNorm;
  readonly cross_attn_image_to_token: SplitAttention;
  readonly #isFirst: boolean;

  constructor({ width, heads, hidden, shrink = 2 }: TwoWayOptions, isFirst: boolean) {
    super();
    const norm = (): LayerNorm => new LayerNorm({ width, epsilon: TWO_WAY_EPSILON });
    this.self_attn = new SplitAttention({ width, heads });
    this.norm1 = norm();
    this.cross_attn_token_to_image = new SplitAttention({ width, heads, shrink });
    this.norm2 = norm();
    this.mlp = new TwoLayerMlp({ width, hidden, activation: relu });
    this.norm3 = norm();
    this.norm4 = norm();
    this.cross_attn_image_to_token = new SplitAttention({ width, heads, shrink });
    this.#isFirst = isFirst;
  }

  /** Tokens and image, each with positions of its own shape → both anew. */
  forward({ tokens, image }: TwoWay, positions: TwoWay, ctx: Context): TwoWay {
    const seen = this.norm1.forward(this.#among(tokens, positions.tokens, ctx), ctx);
    const places = add(image, positions.image);
    const asking = add(seen, positions.tokens);
    const looked = this.norm2.forward(add(seen, this.cross_attn_token_to_image.forward(asking, places, image, ctx)), ctx);
    const thought = this.norm3.forward(add(looked, this.mlp.forward(looked, ctx)), ctx);
    const asked = add(thought, positions.tokens);
    const back = this.cross_attn_image_to_token.forward(places, asked, thought, ctx);
    return { tokens: thought, image: this.norm4.forward(add(image, back), ctx) };
  }

  /** Tokens among each other; in the first layer they are their own positions, and what they see replaces them. */
  #among(tokens: Tensor, positions: Tensor, ctx: Context): Tensor {
    if (this.#isFirst) return this.self_attn.forward(tokens, tokens, tokens, ctx);
    const placed = add(tokens, positions);
    return add(tokens, this.self_attn.forward(placed, placed, tokens, ctx));
  }
}
