import { Module, type Context, type Tensor } from '@reidkit/core-tensor';
import type { TokenMap } from './token-layer.ts';

/** Gives what it gets, and has no parameters. */
export class Identity extends Module implements TokenMap {
  /** `[..., D] → [..., D]` */
  forward(x: Tensor, _ctx: Context): Tensor {
    return x;
  }
}
