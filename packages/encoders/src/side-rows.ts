import { ReidError, add, fill, mul, oneHot, reshape, sub, sum, type Context, type Tensor } from '@reidkit/core-tensor';

/** One fact of each image, such as its camera, that picks a vector. */
export interface SideFact {
  /** How many there are. */
  readonly count: number;
  /** `[B]` int32; −1, or any other number that is not from 0 to `count` − 1, is unknown. Absent: unknown for all. */
  readonly ids: Tensor | undefined;
  /** What it is, for messages. */
  readonly what: string;
}

/** Weights over the values of one fact `[B, count]`: all on the known one, spread evenly over an unknown one. */
function weightsOf({ count, ids, what }: SideFact, batch: number, ctx: Context): Tensor {
  if (ids) {
    const known = oneHot(ids, count);
    return add(known, mul(sub(1, sum(known, 1, true)), 1 / count));
  }
  if (ctx.training) {
    throw new ReidError('INVALID_ARGUMENT', `An encoder with ${what} vectors got no ${what} in training.`, {
      hint: `pass the batch's ${what} on, as the encoder's "reads" says.`,
    });
  }
  return fill([batch, count], 1 / count);
}

/**
 * Which rows of a table of vectors each image takes, for up to two facts: `[B, count · count']`, row `first · count' + second` where both
 * are known, the mean over what is unknown. Throws INVALID_ARGUMENT when a fact is missing in training.
 */
export function sideRows(facts: readonly SideFact[], batch: number, ctx: Context): Tensor {
  return facts
    .map((fact) => weightsOf(fact, batch, ctx))
    .reduce((rows, weights) => reshape(mul(reshape(rows, [batch, -1, 1]), reshape(weights, [batch, 1, -1])), [batch, -1]));
}
