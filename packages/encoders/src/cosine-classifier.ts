import { Module, defineComponent, linear, normalInit, normalizeRows, parameter, type Context, type Head, type HeadSite, type MakeHead, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';

/** Options of `head/cosine`. */
const cosineClassifierOptions = z.strictObject({
  deviation: z.number().positive().default(0.01).describe('Standard deviation of the first weights; their lengths do not matter.'),
});

/** Cosine of a descriptor with a learned direction of each identity: what losses with a margin (`loss/arcface` …) read as logits. */
export class CosineClassifier extends Module implements Head {
  /** `[C, D]` */
  readonly weight: Parameter;

  constructor({ width, classes }: HeadSite, { deviation = 0.01 }: z.input<typeof cosineClassifierOptions> = {}) {
    super();
    this.weight = parameter([classes, width], normalInit(deviation));
  }

  /** Number of training identities. */
  get width(): number {
    return this.weight.shape[0]!;
  }

  /** `[B, D] → [B, C]`, each in [−1, 1]. Throws SHAPE_MISMATCH. */
  forward(x: Tensor, _ctx: Context): Tensor {
    return linear(normalizeRows(x), normalizeRows(this.weight.value));
  }
}

/** `head/cosine`. */
export const cosineClassifierComponent = defineComponent({
  summary: 'Cosine with a learned direction of each training identity, for losses with a margin.',
  options: cosineClassifierOptions,
  build:
    (options): MakeHead =>
    (site) =>
      new CosineClassifier(site, options),
});
