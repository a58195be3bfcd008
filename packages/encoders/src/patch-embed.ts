import { Module, linear, reshape, transpose, uniformInit, type Context, type Tensor } from '@reidkit/core-tensor';
import { Conv2d } from './conv2d.ts';

/** Sizes of a {@link PatchEmbed}, in pixels. */
export interface PatchEmbedOptions {
  readonly imageSize: readonly [height: number, width: number];
  /** Height and width of a patch. */
  readonly patch: number;
  /** Distance between neighbouring patches; below `patch` they overlap. Default: `patch`. */
  readonly stride?: number | undefined;
  /** Width of the tokens. */
  readonly width: number;
}

/** Cuts images into patches and maps each to a token, named as in timm. Rest at the right and lower edge is left out. */
export class PatchEmbed extends Module {
  readonly proj: Conv2d;
  readonly imageSize: readonly [height: number, width: number];
  readonly grid: readonly [height: number, width: number];
  readonly #patch: number;
  readonly #isPlain: boolean;

  constructor({ imageSize, patch, stride = patch, width }: PatchEmbedOptions) {
    super();
    const initialize = uniformInit(1 / (patch * Math.sqrt(3)));
    this.proj = new Conv2d({ inputs: 3, outputs: width, size: patch, stride, hasBias: true, initialize });
    this.imageSize = imageSize;
    this.grid = [Math.floor((imageSize[0] - patch) / stride) + 1, Math.floor((imageSize[1] - patch) / stride) + 1];
    this.#patch = patch;
    this.#isPlain = stride === patch && imageSize.every((length) => length % patch === 0);
  }

  /** `[B, H, W, 3] → [B, N, D]`, rows of the grid first. */
  forward(images: Tensor, ctx: Context): Tensor {
    const batch = images.shape[0]!;
    const width = this.proj.weight.shape[0]!;
    const tokens = this.grid[0] * this.grid[1];
    if (this.#isPlain) return reshape(this.#project(images), [batch, tokens, width]);
    const convolved = this.proj.forward(transpose(images, [0, 3, 1, 2]), ctx);
    return transpose(reshape(convolved, [batch, width, tokens]), [0, 2, 1]);
  }

  /** Patches side by side are rows of a matrix: one product instead of a convolution. */
  #project(images: Tensor): Tensor {
    const [high, wide] = this.grid;
    const size = this.#patch;
    const strips = reshape(images, [images.shape[0]!, high, size, wide, size * 3]);
    const rows = reshape(transpose(strips, [0, 1, 3, 2, 4]), [-1, size * size * 3]);
    const { weight, bias } = this.proj;
    return linear(rows, reshape(transpose(weight.value, [0, 2, 3, 1]), [weight.shape[0]!, -1]), bias!.value);
  }
}
