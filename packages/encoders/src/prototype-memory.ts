import {
  Module, ReidError, add, buffer, cast, div, greater, matchShape, maximum, mul, reshape, stopGradient, sub, sum, where, zerosInit, type Context, type Parameter,
  type Tensor,
} from '@reidkit/core-tensor'; // prettier-ignore

/** Options of a {@link PrototypeMemory}. */
export interface PrototypeMemoryOptions {
  /** Number of prototypes, P. */
  readonly count: number;
  /** Width of a prototype, D. */
  readonly width: number;
  /** Share of the old value that an update keeps, or of the new one that it takes; see `momentumOn`. In [0, 1]. */
  readonly momentum: number;
  /** Default: `old`. */
  readonly momentumOn?: 'old' | 'new';
}

/**
 * Running means of parts: one prototype for each, a buffer that training updates and nothing learns.
 * @see "Region Generation and Assessment Network for Occluded Person Re-Identification", Eq. 5.
 */
export class PrototypeMemory extends Module {
  /** `[P, D]` */
  readonly centres: Parameter;
  readonly #keep: number;

  /** Throws INVALID_ARGUMENT for a momentum outside of [0, 1]. */
  constructor({ count, width, momentum, momentumOn = 'old' }: PrototypeMemoryOptions) {
    super();
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new ReidError('INVALID_ARGUMENT', `PrototypeMemory expected a momentum from 0 to 1, got ${momentum}.`);
    }
    this.centres = buffer([count, width], zerosInit);
    this.#keep = momentumOn === 'old' ? momentum : 1 - momentum;
  }

  /** The prototypes as they are now, without gradient: `[P, D]`. */
  read(): Tensor {
    return stopGradient(this.centres.value);
  }

  /**
   * Moves each prototype towards the mean of the parts whose gate is open, in training; one without any stays. `parts [B, P, D]`,
   * `open [B, P]` of 0 and 1 → the new prototypes `[P, D]`, which count from the next step on. Throws SHAPE_MISMATCH.
   */
  update(parts: Tensor, open: Tensor, ctx: Context): Tensor {
    const [count, width] = this.centres.shape as [number, number];
    const { B } = matchShape('PrototypeMemory (parts)', parts.shape, ['B', count, width]);
    matchShape('PrototypeMemory (open)', open.shape, [B, count]);
    const gate = stopGradient(reshape(open, [B, count, 1]));
    const passed = sum(gate, 0); // [P, 1]
    const mean = div(sum(mul(stopGradient(parts), gate), 0), maximum(passed, 1));
    const moved = add(mul(this.read(), this.#keep), mul(mean, 1 - this.#keep));
    const next = where(greater(passed, 0), moved, this.read());
    if (ctx.training) ctx.update(this.centres, next);
    return next;
  }
}

/** 1 where a score is above a threshold, else 0: `[B, P] → [B, P]`. */
export const openAbove = (scores: Tensor, threshold: number): Tensor => cast(greater(sub(scores, threshold), 0), 'float32');
