import { Module, defineComponent, parameter, relu, sigmoid, truncatedNormalInit, type Context, type Head, type Initializer, type MakeHead, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { Linear } from '@reidkit/encoders';
import { z } from 'zod';

const share = z.number().gt(0).lt(1);

/** Options of `head/box`. */
const boxHeadOptions = z.strictObject({
  hidden: z
    .array(z.number().int().positive())
    .min(1)
    .max(8)
    .optional()
    .describe('Widths between its layers; [256, 256] is FusionSegReID’s slim form. Default: one as wide as the state.'),
  start: z
    .tuple([share, share, share, share])
    .default([0.5, 0.5, 0.1, 0.3])
    .describe('Middle, width and height of the box that it gives untrained.'),
});

/** Options of {@link BoxHead} as people write them. */
export type BoxHeadOptions = z.input<typeof boxHeadOptions>;

/** First values of the last bias: of which the sigmoid makes the start. */
const startingAt = (box: readonly number[]): Initializer => () => Float32Array.from(box, (length) => Math.log(length / (1 - length))); // prettier-ignore

/**
 * From a state to a box: linear layers with ReLU between, and a sigmoid; middle, width and height from 0 to 1 of a padded square. Layers are
 * numbered as in PyTorch's `Sequential`: 0, 2, …, with a number for each ReLU between.
 * @see "FusionSegReID", Eq. 6, which leaves the layers open.
 */
export class BoxHead extends Module implements Head {
  /** Numbers of a box. */
  readonly width = 4;
  readonly #layers: readonly Linear[];

  constructor({ width }: { readonly width: number }, options: BoxHeadOptions = {}) {
    super();
    const { hidden = [width], start } = boxHeadOptions.parse(options);
    const inner = hidden.map((outputs, i) => new Linear({ inputs: hidden[i - 1] ?? width, outputs }));
    const last = new Linear({ inputs: hidden.at(-1)!, outputs: 4, initialize: truncatedNormalInit(0.001) });
    this.#layers = [...inner, Object.assign(last, { bias: parameter([4], startingAt(start)) })];
    this.#layers.forEach((layer, i) => Object.assign(this, { [2 * i]: layer }));
  }

  /** `[B, D] → [B, 4]` */
  forward(x: Tensor, ctx: Context): Tensor {
    return sigmoid(this.#layers.reduce((value, layer, i) => layer.forward(i === 0 ? value : relu(value), ctx), x));
  }
}

/** `head/box`. */
export const boxHeadComponent = defineComponent({
  summary: 'A box from a state: middle, width and height from 0 to 1 (FusionSegReID).',
  options: boxHeadOptions,
  build:
    (options): MakeHead =>
    (site) =>
      new BoxHead(site, options),
});
