import { matMul, Module, normalInit, ReidError, relu, reshape, slice, transpose, type Context, type ImageTokens, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { ClipBlock, clipLayer, type ClipTransformer, Conv2d, Linear, type TokenMap } from '@reidkit/encoders';
import type { RganetSettings } from './model-options.ts';

/** Taps of an encoder that are as wide as texts. */
export type DenseTap = 'projected' | 'valueOnly';

/** A way of its own from what an encoder gives to the map of the regions. */
export interface DenseMap extends Module {
  /** Tokens → `[B, N, E]`, places of a grid, rows first. */
  forward(tokens: ImageTokens, tap: DenseTap, ctx: Context): Tensor;
}

/** What the ways need of an encoder; CLIP's has all of it. */
export interface DenseSource {
  readonly width: number;
  readonly projectedWidth: number;
  readonly grid: readonly [height: number, width: number];
  /** Layers, the norm behind them and the projection `[D, E]`; needed by `ownLastBlock` alone. */
  readonly transformer?: ClipTransformer;
  readonly ln_post?: TokenMap;
  readonly proj?: Parameter;
}

/** The last places of a grid, without tokens in front: `[B, T, D] → [B, N, D]`. */
function lastPlaces(tokens: Tensor, grid: readonly [number, number]): Tensor {
  const [B, T, D] = tokens.shape as [number, number, number];
  const count = grid[0] * grid[1];
  return slice(tokens, [0, T - count, 0], [B, count, D]);
}

/** The tap's patches, without the tokens in front of them: `[B, N, E]`. */
export const patchesOf = ({ taps, grid }: ImageTokens, tap: DenseTap): Tensor => lastPlaces(taps[tap]!, grid);

/** The tap's first token: `[B, E]`. */
export function firstOf({ taps }: ImageTokens, tap: DenseTap): Tensor {
  const [B, , E] = taps[tap]!.shape as [number, number, number];
  return reshape(slice(taps[tap]!, [0, 0, 0], [B, 1, E]), [B, E]);
}

/** A linear layer on the projected map. */
class LinearMap extends Module implements DenseMap {
  readonly linear: Linear;

  constructor({ projectedWidth: width }: DenseSource) {
    super();
    this.linear = new Linear({ inputs: width, outputs: width, initialize: normalInit(width ** -0.5) });
  }

  forward(tokens: ImageTokens, tap: DenseTap, ctx: Context): Tensor {
    return this.linear.forward(patchesOf(tokens, tap), ctx);
  }
}

/** Two 3 × 3 convolutions in the place of the projection. */
class ConvolutionMap extends Module implements DenseMap {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;

  constructor({ width, projectedWidth }: DenseSource) {
    super();
    const conv = (inputs: number): Conv2d =>
      new Conv2d({ inputs, outputs: projectedWidth, size: 3, padding: 1, initialize: normalInit((9 * inputs) ** -0.5) });
    this.conv1 = conv(width);
    this.conv2 = conv(projectedWidth);
  }

  forward({ patches, grid }: ImageTokens, _tap: DenseTap, ctx: Context): Tensor {
    const [B, N, D] = patches.shape as [number, number, number];
    const picture = reshape(transpose(patches, [0, 2, 1]), [B, D, ...grid]);
    const map = this.conv2.forward(relu(this.conv1.forward(picture, ctx)), ctx);
    return transpose(reshape(map, [B, map.shape[1]!, N]), [0, 2, 1]);
  }
}

/** A last layer of its own, from the tokens in front of the encoder's, with the encoder's norm and projection behind it. */
class LastBlockMap extends Module implements DenseMap {
  readonly block: ClipBlock;
  readonly #project: (tokens: Tensor, ctx: Context) => Tensor;

  constructor({ width, projectedWidth, transformer, ln_post: norm, proj }: DenseSource) {
    super();
    const last = transformer?.resblocks.at(-1);
    const heads = last instanceof ClipBlock ? last.attn.heads : undefined;
    if (!transformer || heads === undefined || !norm || !proj) {
      throw new ReidError('INVALID_OPTIONS', 'model/rganet cannot copy the last layer of this encoder.', {
        hint: 'take "encoder/clip-vision", or another "denseAdapter".',
      });
    }
    this.block = clipLayer({ width, heads, depth: transformer.resblocks.length });
    this.#project = (tokens, ctx) => {
      const [B, N] = tokens.shape as [number, number];
      return reshape(matMul(reshape(norm.forward(tokens, ctx), [B * N, width]), proj.value), [B, N, projectedWidth]);
    };
  }

  forward({ taps, grid }: ImageTokens, _tap: DenseTap, ctx: Context): Tensor {
    return this.#project(lastPlaces(this.block.forward(taps.beforeLast!, ctx), grid), ctx);
  }
}

/** The way by name; none for `none`. Throws INVALID_OPTIONS for an encoder whose last layer cannot be copied. */
export function denseMap(name: RganetSettings['denseAdapter'], source: DenseSource): DenseMap | undefined {
  if (name === 'none') return undefined;
  return new { linear: LinearMap, conv3x3: ConvolutionMap, ownLastBlock: LastBlockMap }[name](source);
}
