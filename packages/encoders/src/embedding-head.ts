import { Module, defineComponent, kaimingFanOut, relu, type Context, type Head, type HeadSite, type MakeHead, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';
import { BatchNorm } from './batch-norm.ts';
import { Linear } from './linear.ts';

/** Options of `head/embedding`. */
const embeddingHeadOptions = z.strictObject({
  width: z.number().int().positive().default(512).describe('Width of what it gives.'),
});

/** A projection, batch norm and ReLU under the names `0` and `1`: as `fc` of a model, OSNet's embedding in torchreid (`fc.0.weight`). */
export class EmbeddingHead extends Module implements Head {
  readonly 0: Linear;
  readonly 1: BatchNorm;

  constructor({ width: inputs }: Pick<HeadSite, 'width'>, { width = 512 }: z.input<typeof embeddingHeadOptions> = {}) {
    super();
    this[0] = new Linear({ inputs, outputs: width, initialize: kaimingFanOut });
    this[1] = new BatchNorm({ width });
  }

  /** Width of what it gives. */
  get width(): number {
    return this[0].width;
  }

  /** `[B, D] → [B, width]` */
  forward(x: Tensor, ctx: Context): Tensor {
    return relu(this[1].forward(this[0].forward(x, ctx), ctx));
  }
}

/** `head/embedding`. */
export const embeddingHeadComponent = defineComponent({
  summary: "A projection with batch norm and ReLU, such as OSNet's 512 numbers.",
  paper: 'https://arxiv.org/abs/1905.00953',
  options: embeddingHeadOptions,
  build:
    (options): MakeHead =>
    (site) =>
      new EmbeddingHead(site, options),
});
