import { Module, uniformInit, type Context, type Tensor } from '@reidkit/core-tensor';
import { Conv2d } from './conv2d.ts';
import { PatchLayout, type PatchSizes } from './patch-layout.ts';

/** Sizes of a {@link PatchEmbed}. */
export interface PatchEmbedOptions extends PatchSizes {
  /** Width of the tokens. */
  readonly width: number;
}

/** Cuts images into patches and maps each to a token, named as in timm. Rest at the right and lower edge is left out. */
export class PatchEmbed extends Module {
  readonly proj: Conv2d;
  readonly imageSize: readonly [height: number, width: number];
  readonly grid: readonly [height: number, width: number];
  readonly #layout: PatchLayout;

  constructor({ width, ...sizes }: PatchEmbedOptions) {
    super();
    const { patch, stride = patch } = sizes;
    const initialize = uniformInit(1 / (patch * Math.sqrt(3)));
    this.proj = new Conv2d({ inputs: 3, outputs: width, size: patch, stride, hasBias: true, initialize });
    this.#layout = new PatchLayout(sizes);
    this.imageSize = this.#layout.imageSize;
    this.grid = this.#layout.grid;
  }

  /** `[B, H, W, 3] → [B, N, D]`, rows of the grid first. */
  forward(images: Tensor, ctx: Context): Tensor {
    return this.#layout.embed(images, this.proj, ctx);
  }
}
