import type { Context, Module, Tensor } from '@reidkit/core-tensor';

/** A layer that takes one tensor and gives one. */
export interface OneToOne extends Module {
  /** One tensor → another. */
  forward(x: Tensor, ctx: Context): Tensor;
}

/** Layers one after the other, as PyTorch's `Sequential`: their place is their name. */
export function runRow(layers: readonly OneToOne[], x: Tensor, ctx: Context): Tensor {
  return layers.reduce((value, layer) => layer.forward(value, ctx), x);
}
