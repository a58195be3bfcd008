import { recompute, type Context, type Tensor, type Tensors } from '@reidkit/core-tensor';
import type { LayerCall, TokenLayer } from './token-layer.ts';

/** Runs one layer: `[B, N, D] → [B, N, D]`; with `again`, the way back computes it again instead of keeping what it needs. */
export function runLayer(
  layer: TokenLayer,
  x: Tensor,
  ctx: Context,
  { again, bias, side }: LayerCall & { readonly again: boolean },
): Tensor {
  if (!again) return layer.forward(x, ctx, { bias, ...(side ? { side } : {}) });
  const inputs: Tensors = { x, ...(bias ? { bias } : {}), ...(side ? { side: side.tokens } : {}) };
  return recompute(layer, inputs, ctx, (given, inner) =>
    layer.forward(given.x!, inner, { bias: given.bias, ...(side ? { side: { ...side, tokens: given.side! } } : {}) }),
  );
}
