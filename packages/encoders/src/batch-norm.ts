import {
  Module,
  add,
  batchNormInference,
  batchNormTraining,
  buffer,
  mul,
  onesInit,
  parameter,
  stopGradient,
  zerosInit,
  type Context,
  type Head,
  type Parameter,
  type Tensor,
} from '@reidkit/core-tensor';

/** Sizes and numbers of a {@link BatchNorm}. */
export interface BatchNormOptions {
  /** Number of channels. */
  readonly width: number;
  /** Added to the variance. Default: 1e-5. */
  readonly epsilon?: number;
  /** Share of the batch's statistics in the running ones. Default: 0.1. */
  readonly momentum?: number;
  /** Whether training may change the bias. Default: true. */
  readonly trainsBias?: boolean;
}

/**
 * Batch normalisation over every axis but the second, as torch's BatchNorm1d and BatchNorm2d: the batch's own statistics in training, the
 * running ones in evaluation. torch's counter `num_batches_tracked` is not kept.
 */
export class BatchNorm extends Module implements Head {
  /** `[C]` */
  readonly weight: Parameter;
  /** `[C]` */
  readonly bias: Parameter;
  /** `[C]` */
  readonly running_mean: Parameter;
  /** `[C]`, of single values: n / (n − 1) times the batch's own. */
  readonly running_var: Parameter;
  readonly #epsilon: number;
  readonly #momentum: number;

  constructor({ width, epsilon = 1e-5, momentum = 0.1, trainsBias = true }: BatchNormOptions) {
    super();
    this.weight = parameter([width], onesInit);
    this.bias = parameter([width], zerosInit, { trainable: trainsBias });
    this.running_mean = buffer([width], zerosInit);
    this.running_var = buffer([width], onesInit);
    this.#epsilon = epsilon;
    this.#momentum = momentum;
  }

  /** Number of channels. */
  get width(): number {
    return this.weight.shape[0]!;
  }

  /** `[B, C, ...] → [B, C, ...]`. Throws SHAPE_MISMATCH in training when a channel has one value only. */
  forward(x: Tensor, ctx: Context): Tensor {
    const [weight, bias] = [this.weight.value, this.bias.value];
    if (!ctx.training) return batchNormInference(x, weight, bias, this.running_mean.value, this.running_var.value, this.#epsilon);
    const { y, mean, variance } = batchNormTraining(x, weight, bias, this.#epsilon);
    const count = x.size / this.width;
    this.#follow(this.running_mean, mean, ctx);
    this.#follow(this.running_var, mul(variance, count / (count - 1)), ctx);
    return y;
  }

  #follow(running: Parameter, batch: Tensor, ctx: Context): void {
    ctx.update(running, add(mul(running.value, 1 - this.#momentum), mul(stopGradient(batch), this.#momentum)));
  }
}

/** torch's counters of batches, which nothing here needs. */
export const isBatchCounter = (path: string): boolean => /(^|\.)num_batches_tracked$/.test(path);
