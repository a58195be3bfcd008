import { Module, normalInit, reshape, slice, transpose, type Context, type ImageTokens, type Tensor } from '@reidkit/core-tensor';
import { Conv2d, Linear } from '@reidkit/encoders';

/** A layer on a map that keeps its shape. */
export interface MapLayer extends Module {
  /** `[B, N, E]`, places of a grid, rows first → the same. */
  forward(map: Tensor, ctx: Context): Tensor;
}

/** A 3 × 3 convolution on a map whose places are rows. */
class MapConvolution extends Module implements MapLayer {
  readonly conv: Conv2d;
  readonly #grid: readonly [number, number];

  constructor(width: number, grid: readonly [number, number]) {
    super();
    this.conv = new Conv2d({ inputs: width, outputs: width, size: 3, padding: 1, initialize: normalInit((9 * width) ** -0.5) });
    this.#grid = grid;
  }

  forward(map: Tensor, ctx: Context): Tensor {
    const [B, N, E] = map.shape as [number, number, number];
    const picture = reshape(transpose(map, [0, 2, 1]), [B, E, ...this.#grid]);
    return transpose(reshape(this.conv.forward(picture, ctx), [B, E, N]), [0, 2, 1]);
  }
}

/** The layer by name; none for `none`. */
export function mapLayer(
  name: 'none' | 'linear' | 'conv3x3',
  { width, grid }: { readonly width: number; readonly grid: readonly [number, number] },
): MapLayer | undefined {
  if (name === 'none') return undefined;
  return name === 'linear'
    ? new Linear({ inputs: width, outputs: width, initialize: normalInit(width ** -0.5) })
    : new MapConvolution(width, grid);
}

/** The tap's patches, without the tokens in front of them: `[B, N, E]`. */
export function patchesOf({ taps, grid }: ImageTokens, tap: 'projected' | 'valueOnly'): Tensor {
  const [B, T, E] = taps[tap]!.shape as [number, number, number];
  const count = grid[0] * grid[1];
  return slice(taps[tap]!, [0, T - count, 0], [B, count, E]);
}

/** The tap's first token: `[B, E]`. */
export function firstOf({ taps }: ImageTokens, tap: 'projected' | 'valueOnly'): Tensor {
  const [B, , E] = taps[tap]!.shape as [number, number, number];
  return reshape(slice(taps[tap]!, [0, 0, 0], [B, 1, E]), [B, E]);
}
