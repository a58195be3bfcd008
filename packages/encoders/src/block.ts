import { Module, add, dropPath, type Context, type Tensor } from '@reidkit/core-tensor';
import type { LayerCall, TokenLayer, TokenMap } from './token-layer.ts';

/** Parts and numbers of a {@link Block}. */
export interface BlockParts {
  readonly norm1: TokenMap;
  readonly attn: TokenLayer;
  readonly norm2: TokenMap;
  readonly mlp: TokenMap;
  /** Probability of dropping either branch for a sample, in training. Default: 0. */
  readonly dropPath?: number;
}

/** One layer of a vision transformer, norm first: `x + attn(norm1(x))`, then `x + mlp(norm2(x))`, named as in timm. */
export class Block extends Module implements TokenLayer {
  readonly norm1: TokenMap;
  readonly attn: TokenLayer;
  readonly norm2: TokenMap;
  readonly mlp: TokenMap;
  readonly #dropPath: number;

  constructor({ norm1, attn, norm2, mlp, dropPath: probability = 0 }: BlockParts) {
    super();
    this.norm1 = norm1;
    this.attn = attn;
    this.norm2 = norm2;
    this.mlp = mlp;
    this.#dropPath = probability;
  }

  /** Whether its attention attends to `side` tokens. */
  get usesSide(): boolean {
    return this.attn.usesSide ?? false;
  }

  /** `[B, N, D] → [B, N, D]` */
  forward(x: Tensor, ctx: Context, call: LayerCall = {}): Tensor {
    const attended = add(x, dropPath(this.attn.forward(this.norm1.forward(x, ctx), ctx, call), this.#dropPath, ctx));
    return add(attended, dropPath(this.mlp.forward(this.norm2.forward(attended, ctx), ctx), this.#dropPath, ctx));
  }
}

/** Drop-path probability of each of `depth` layers: 0 in the first, growing evenly to `rate` in the last. */
export function dropPathRates(depth: number, rate: number): number[] {
  return Array.from({ length: depth }, (_, layer) => (depth === 1 ? 0 : (rate * layer) / (depth - 1)));
}
