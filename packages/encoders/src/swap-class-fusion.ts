import { Module, cast, concat, matchShape, mul, ones, reshape, slice, sub, type Context, type Tensor } from '@reidkit/core-tensor';
import type { TokenLayer } from './token-layer.ts';

/** Tokens of one source, class token first. */
export interface ClassedTokens {
  /** `[B, N, D]` */
  readonly tokens: Tensor;
  /** 1 for a token, 0 for padding: `[B, N]`. Default: all ones. */
  readonly mask?: Tensor | undefined;
}

/** What {@link SwapClassFusion} gives: both lists after all layers; their first tokens are the fused descriptors. */
export interface SwappedTokens {
  /** `[B, M, D]`: the first source's class token among the second's tokens. */
  readonly first: Tensor;
  /** `[B, N, D]`: the second source's class token among the first's tokens. */
  readonly second: Tensor;
}

const MASKED = -1e9;

/** The scores of padding behind a class token that always counts: `mask [B, M]` → `[B, 1, 1, M]`. */
function paddingBias(mask: Tensor): Tensor {
  const [B, M] = mask.shape as [number, number];
  const kept = concat([ones([B, 1]), slice(cast(mask, 'float32'), [0, 1], [B, M - 1])], 1);
  return reshape(mul(sub(1, kept), MASKED), [B, 1, 1, M]);
}

/**
 * Two sources of tokens exchange their class tokens; both lists go through the same layers, without further positions. Layers are named by their
 * numbers, like those of torch's `nn.Sequential`.
 * @see Instruct-ReID (2023), section 4, module E_f, in the form of its released code.
 */
export class SwapClassFusion extends Module {
  readonly #layers: () => readonly TokenLayer[];

  /** Layers of its own, or those of another module (`borrowed`), in which case its own only hold numbers. */
  constructor(layers: readonly TokenLayer[], borrowed?: () => readonly TokenLayer[]) {
    super();
    Object.assign(this, layers);
    const own = this as unknown as Readonly<Record<number, TokenLayer>>;
    this.#layers = borrowed ?? (() => layers.map((_, i) => own[i]!));
  }

  /** `[B, N, D]` and `[B, M, D]` → `[B, M, D]` and `[B, N, D]`. Throws SHAPE_MISMATCH for sources that do not fit together. */
  forward(first: ClassedTokens, second: ClassedTokens, ctx: Context): SwappedTokens {
    const { B, D } = matchShape('SwapClassFusion', first.tokens.shape, ['B', 'N', 'D']);
    matchShape('SwapClassFusion', second.tokens.shape, [B, 'M', D]);
    const swapped = (head: Tensor, { tokens, mask }: ClassedTokens): Tensor => {
      const rest = slice(tokens, [0, 1, 0], [B!, tokens.shape[1]! - 1, D!]);
      const joined = concat([slice(head, [0, 0, 0], [B!, 1, D!]), rest], 1);
      const bias = mask && paddingBias(mask);
      return this.#layers().reduce((x, layer) => layer.forward(x, ctx, { bias }), joined);
    };
    return { first: swapped(first.tokens, second), second: swapped(second.tokens, first) };
  }
}
