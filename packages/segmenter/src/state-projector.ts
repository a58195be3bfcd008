import { Module, defineComponent, relu, type Context, type Head, type MakeHead, type Tensor } from '@reidkit/core-tensor';
import { Linear } from '@reidkit/encoders';
import { z } from 'zod';

/** Options of `head/state-projector`. */
const stateProjectorOptions = z.strictObject({
  width: z.number().int().positive().default(256).describe('Width of what it gives, which a mask decoder takes.'),
  form: z
    .enum(['linear', 'mlp'])
    .default('linear')
    .describe('One linear layer, as FusionSegReID prints it, or two with ReLU between, as GSVA has them.'),
});

/** Options of {@link StateProjector} as people write them. */
export type StateProjectorOptions = z.input<typeof stateProjectorOptions>;

/**
 * From the state of a language model to a prompt of a mask decoder. One layer stands under `weight` and `bias`, two under `0` and `2`, as
 * in PyTorch.
 * @see "FusionSegReID", Eq. 5.
 */
export class StateProjector extends Module implements Head {
  readonly width: number;
  readonly #layers: readonly Linear[];

  constructor({ width: inputs }: { readonly width: number }, options: StateProjectorOptions = {}) {
    super();
    const { width, form } = stateProjectorOptions.parse(options);
    this.width = width;
    this.#layers = [...(form === 'mlp' ? [new Linear({ inputs, outputs: inputs })] : []), new Linear({ inputs, outputs: width })];
    const [first, second] = this.#layers;
    Object.assign(this, second ? { 0: first, 2: second } : { weight: first!.weight, bias: first!.bias });
  }

  /** `[B, D] → [B, width]` */
  forward(x: Tensor, ctx: Context): Tensor {
    return this.#layers.reduce((value, layer, i) => layer.forward(i === 0 ? value : relu(value), ctx), x);
  }
}

/** `head/state-projector`. */
export const stateProjectorComponent = defineComponent({
  summary: "A prompt for a mask decoder from a language model's state (FusionSegReID, GSVA).",
  options: stateProjectorOptions,
  build:
    (options): MakeHead =>
    (site) =>
      new StateProjector(site, options),
});
