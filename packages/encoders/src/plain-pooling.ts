import {
  Module,
  ReidError,
  argMax,
  defineComponent,
  mean,
  mul,
  oneHot,
  stopGradient,
  sum,
  transpose,
  type Context,
  type ImageTokens,
  type MakePooling,
  type Pooling,
  type Tensor,
} from '@reidkit/core-tensor';
import { z } from 'zod';

/** A pooling without parameters. */
class PlainPooling extends Module implements Pooling {
  readonly width: number;
  readonly #pool: (tokens: ImageTokens) => Tensor;

  constructor(width: number, pool: (tokens: ImageTokens) => Tensor) {
    super();
    this.width = width;
    this.#pool = pool;
  }

  forward(tokens: ImageTokens, _ctx: Context): Tensor {
    return this.#pool(tokens);
  }
}

/** The largest value of each channel over the patches; on equal ones the first alone gets the gradient. `[B, N, D] → [B, D]` */
function largest(patches: Tensor): Tensor {
  const places = argMax(stopGradient(patches), 1);
  const chosen = transpose(oneHot(places, patches.shape[1]!), [0, 2, 1]);
  return sum(mul(patches, chosen), 1);
}

function classToken({ cls }: ImageTokens): Tensor {
  if (cls) return cls;
  throw new ReidError('INVALID_ARGUMENT', 'pooling/class-token needs an encoder with a class token, and this one has none.', {
    hint: 'use pooling/average, pooling/max or pooling/gem.',
  });
}

/** Mean of the patches. */
export const averagePooling: MakePooling = ({ width }) => new PlainPooling(width, ({ patches }) => mean(patches, 1));

/** Largest value of each channel over the patches. */
export const maxPooling: MakePooling = ({ width }) => new PlainPooling(width, ({ patches }) => largest(patches));

/** The class token. Throws INVALID_ARGUMENT where the encoder has none. */
export const classTokenPooling: MakePooling = ({ width }) => new PlainPooling(width, classToken);

const none = z.strictObject({});

/** `pooling/average`. */
export const averagePoolingComponent = defineComponent({
  summary: 'Mean of the patches.',
  options: none,
  build: () => averagePooling,
});

/** `pooling/max`. */
export const maxPoolingComponent = defineComponent({
  summary: 'Largest value of each channel over the patches.',
  options: none,
  build: () => maxPooling,
});

/** `pooling/class-token`. */
export const classTokenPoolingComponent = defineComponent({
  summary: 'The class token of a transformer.',
  options: none,
  build: () => classTokenPooling,
});
