import { linear, reshape, transpose, type Context, type Tensor } from '@reidkit/core-tensor';
import type { Conv2d } from './conv2d.ts';

/** How images are cut into patches, in pixels. */
export interface PatchSizes {
  readonly imageSize: readonly [height: number, width: number];
  /** Height and width of a patch. */
  readonly patch: number;
  /** Distance between neighbouring patches; below `patch` they overlap. Default: `patch`. */
  readonly stride?: number | undefined;
}

/** Where the patches of an image lie. Rest at the right and lower edge is left out. */
export class PatchLayout {
  readonly imageSize: readonly [height: number, width: number];
  readonly grid: readonly [height: number, width: number];
  readonly #patch: number;
  readonly #isPlain: boolean;

  constructor({ imageSize, patch, stride = patch }: PatchSizes) {
    this.imageSize = imageSize;
    this.grid = [Math.floor((imageSize[0] - patch) / stride) + 1, Math.floor((imageSize[1] - patch) / stride) + 1];
    this.#patch = patch;
    this.#isPlain = stride === patch && imageSize.every((length) => length % patch === 0);
  }

  /** Number of patches. */
  get count(): number {
    return this.grid[0] * this.grid[1];
  }

  /** `[B, H, W, 3] → [B, N, D]` by a convolution whose kernel is a patch, rows of the grid first. */
  embed(images: Tensor, convolution: Conv2d, ctx: Context): Tensor {
    const batch = images.shape[0]!;
    const width = convolution.weight.shape[0]!;
    if (this.#isPlain) return reshape(this.#project(images, convolution), [batch, this.count, width]);
    const convolved = convolution.forward(transpose(images, [0, 3, 1, 2]), ctx);
    return transpose(reshape(convolved, [batch, width, this.count]), [0, 2, 1]);
  }

  /** Patches side by side are rows of a matrix: one product instead of a convolution. */
  #project(images: Tensor, { weight, bias }: Conv2d): Tensor {
    const [high, wide] = this.grid;
    const size = this.#patch;
    const strips = reshape(images, [images.shape[0]!, high, size, wide, size * 3]);
    const rows = reshape(transpose(strips, [0, 1, 3, 2, 4]), [-1, size * size * 3]);
    return linear(rows, reshape(transpose(weight.value, [0, 2, 3, 1]), [weight.shape[0]!, -1]), bias?.value);
  }
}
