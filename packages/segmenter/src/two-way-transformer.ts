import { Module, add, type Context } from '@reidkit/core-tensor';
import { LayerNorm } from '@reidkit/encoders';
import { SplitAttention } from './split-attention.ts';
import { TWO_WAY_EPSILON, TwoWayLayer, type TwoWay, type TwoWayOptions } from './two-way-layer.ts';

/**
 * Layers between tokens and image, and a last look at the image, under SAM's names.
 * @see Kirillov et al., "Segment Anything" (2023), Fig. 14.
 */
export class TwoWayTransformer extends Module {
  readonly layers: readonly TwoWayLayer[];
  readonly final_attn_token_to_image: SplitAttention;
  readonly norm_final_attn: LayerNorm;

  constructor({ depth, ...options }: TwoWayOptions & { readonly depth: number }) {
    super();
    const { width, heads, shrink = 2 } = options;
    this.layers = Array.from({ length: depth }, (_, layer) => new TwoWayLayer(options, layer === 0));
    this.final_attn_token_to_image = new SplitAttention({ width, heads, shrink });
    this.norm_final_attn = new LayerNorm({ width, epsilon: TWO_WAY_EPSILON });
  }

  /** Tokens `[B, T, D]` and image `[B, N, D]`; `places` are the image's positions `[1, N, D]`, the tokens are their own. */
  forward({ tokens, image }: TwoWay, places: TwoWay['image'], ctx: Context): TwoWay {
    const positions = { tokens, image: places };
    const last = this.layers.reduce((both, layer) => layer.forward(both, positions, ctx), { tokens, image });
    const looked = this.final_attn_token_to_image.forward(add(last.tokens, tokens), add(last.image, places), last.image, ctx);
    return { tokens: this.norm_final_attn.forward(add(last.tokens, looked), ctx), image: last.image };
  }
}
