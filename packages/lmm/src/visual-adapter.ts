import { Module, ReidError, gelu, normalInit, slice, type Context, type ImageTokens, type Tensor } from '@reidkit/core-tensor';
import { Linear, type TokenMap } from '@reidkit/encoders';

/** Sizes of a {@link visualAdapter}. */
export interface VisualAdapterOptions {
  /** Width of the vision tower's tokens. */
  readonly inputs: number;
  /** Width of the language model's tokens. */
  readonly outputs: number;
  /** One linear map as in LLaVA 1, or two with a GELU between them as in LLaVA 1.5. Default: linear. */
  readonly form?: 'linear' | 'mlp2';
}

/** Two linear maps under the numbers that they have in LLaVA's files. */
class TwoLayerAdapter extends Module implements TokenMap {
  readonly 0: Linear;
  readonly 2: Linear;

  constructor(make: (inputs: number) => Linear, { inputs, outputs }: VisualAdapterOptions) {
    super();
    this[0] = make(inputs);
    this[2] = make(outputs);
  }

  forward(x: Tensor, ctx: Context): Tensor {
    return this[2].forward(gelu(this[0].forward(x, ctx)), ctx);
  }
}

/** From a vision tower's tokens to a language model's: `[..., inputs] → [..., outputs]`, under the names of LLaVA's `mm_projector`. */
export function visualAdapter(options: VisualAdapterOptions): TokenMap {
  const { inputs, outputs, form = 'linear' } = options;
  const make = (width: number): Linear => new Linear({ inputs: width, outputs, initialize: normalInit(0.02) });
  return form === 'linear' ? make(inputs) : new TwoLayerAdapter(make, options);
}

/** What LLaVA takes of CLIP: patches of what enters the last layer, without the class token, `[B, Np, D]`. Throws INVALID_ARGUMENT without that tap. */
export function towerFeatures({ taps, patches }: ImageTokens): Tensor {
  const tap = taps.beforeLast;
  if (!tap) {
    throw new ReidError('INVALID_ARGUMENT', 'This encoder does not give the tap "beforeLast".', { hint: `it has ${Object.keys(taps).join(', ') || 'none'}.` }); // prettier-ignore
  }
  const [B, T, D] = tap.shape as [number, number, number];
  const count = patches.shape[1]!;
  return slice(tap, [0, T - count, 0], [B, count, D]);
}
