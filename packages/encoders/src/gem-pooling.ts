import { Module, constantInit, defineComponent, div, maximum, mean, parameter, pow, type Context, type ImageTokens, type MakePooling, type Parameter, type Pooling, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';

/** Options of `pooling/gem`. */
const gemPoolingOptions = z.strictObject({
  exponent: z.number().positive().default(3).describe('First value of the exponent p: 1 is the mean, large values come near the maximum.'),
  trainsExponent: z.boolean().default(true).describe('Whether training may change p.'),
  epsilon: z.number().positive().default(1e-6).describe('Smaller values count as this.'),
});

/**
 * Generalised mean of each channel over the patches, `mean(x^p)^(1/p)`.
 * @see Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation" (2018), Eq. 3.
 */
export class GemPooling extends Module implements Pooling {
  /** `[1]` */
  readonly p: Parameter;
  readonly width: number;
  readonly #epsilon: number;

  constructor(width: number, { exponent, trainsExponent, epsilon }: z.output<typeof gemPoolingOptions>) {
    super();
    this.p = parameter([1], constantInit(exponent), { trainable: trainsExponent });
    this.width = width;
    this.#epsilon = epsilon;
  }

  /** `patches [B, N, D] → [B, D]` */
  forward({ patches }: ImageTokens, _ctx: Context): Tensor {
    const exponent = this.p.value;
    return pow(mean(pow(maximum(patches, this.#epsilon), exponent), 1), div(1, exponent));
  }
}

/** `pooling/gem`. */
export const gemPoolingComponent = defineComponent({
  summary: 'Generalised mean of the patches with a learned exponent.',
  paper: 'https://arxiv.org/abs/1711.02512',
  options: gemPoolingOptions,
  build:
    (options): MakePooling =>
    ({ width }) =>
      new GemPooling(width, options),
});
