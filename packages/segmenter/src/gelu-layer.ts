import { Module, gelu, type Context, type Tensor } from '@reidkit/core-tensor';

/** Exact GELU in a row of numbered layers; it has no parameters. */
export class GeluLayer extends Module {
  /** Any shape → the same. */
  forward(x: Tensor, _ctx: Context): Tensor {
    return gelu(x);
  }
}
