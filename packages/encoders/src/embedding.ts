import { Module, gather, normalInit, parameter, type Initializer, type Parameter, type Tensor } from '@reidkit/core-tensor';

/** Sizes and first values of an {@link Embedding}. */
export interface EmbeddingOptions {
  /** Number of rows. */
  readonly count: number;
  readonly width: number;
  /** Default: normal, deviation 0.02. */
  readonly initialize?: Initializer;
}

/** A table with one vector for each id, named as torch's. */
export class Embedding extends Module {
  /** `[count, D]` */
  readonly weight: Parameter;

  constructor({ count, width, initialize = normalInit(0.02) }: EmbeddingOptions) {
    super();
    this.weight = parameter([count, width], initialize);
  }

  /** `ids [...]` int32 → `[..., D]`. */
  forward(ids: Tensor): Tensor {
    return gather(this.weight.value, ids);
  }
}
