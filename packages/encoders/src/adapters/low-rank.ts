import { Module, concat, dropout, matMul, mul, uniformInit, zeros, zerosInit, type Context, type Tensor } from '@reidkit/core-tensor';
import { Linear } from '../linear.ts';

/** Parts of a packed projection, in the order that their rows have in its weight. */
export const PACKED_PARTS = ['q', 'k', 'v'] as const;

/** A part of a packed projection. */
export type PackedPart = (typeof PACKED_PARTS)[number];

/** Sizes of a {@link LowRank}. */
export interface LowRankOptions {
  readonly inputs: number;
  readonly outputs: number;
  readonly rank: number;
  /** Factor of the product of both factors. */
  readonly scale: number;
  /** Probability of dropping a number of the input, in training. */
  readonly dropout: number;
  /** Parts of a packed projection that get factors of their own. Absent: one pair of factors for all outputs. */
  readonly parts?: readonly PackedPart[] | undefined;
}

/** Factors by part. */
class PartFactors extends Module {
  constructor(factors: Readonly<Record<string, Linear>>) {
    super();
    Object.assign(this, factors);
  }
}

interface FactorPair {
  readonly down: Linear;
  readonly up: Linear;
}

function factorPair({ inputs, rank }: LowRankOptions, outputs: number): FactorPair {
  return {
    down: new Linear({ inputs, outputs: rank, hasBias: false, initialize: uniformInit(inputs ** -0.5) }),
    up: new Linear({ inputs: rank, outputs, hasBias: false, initialize: zerosInit }),
  };
}

/** A linear map as the product of two thin ones, all zeros at first; of a packed projection, some of its three parts. */
export class LowRank {
  /** What it adds to a tree: `lora_A.weight [rank, in]` and `lora_B.weight [out, rank]`, or one of each for every part (`lora_A.q.weight`). */
  readonly tree: Readonly<Record<'lora_A' | 'lora_B', Module>>;
  readonly #pairs: ReadonlyMap<PackedPart | 'all', FactorPair>;
  readonly #options: LowRankOptions;

  constructor(options: LowRankOptions) {
    const { outputs, parts } = options;
    this.#options = options;
    const names: readonly (PackedPart | 'all')[] = parts ?? ['all'];
    this.#pairs = new Map(names.map((name) => [name, factorPair(options, parts ? outputs / PACKED_PARTS.length : outputs)]));
    const all = this.#pairs.get('all');
    const each = (side: keyof FactorPair): PartFactors =>
      new PartFactors(Object.fromEntries([...this.#pairs].map(([name, pair]) => [name, pair[side]])));
    this.tree = all ? { lora_A: all.down, lora_B: all.up } : { lora_A: each('down'), lora_B: each('up') };
  }

  /** `[..., in] → [..., out]`, with dropout in training. */
  forward(x: Tensor, ctx: Context): Tensor {
    const dropped = dropout(x, this.#options.dropout, ctx);
    const leading = x.shape.slice(0, -1);
    return this.#join(
      ({ down, up }) => up.forward(down.forward(dropped, ctx), ctx),
      (width) => zeros([...leading, width]),
      -1,
    );
  }

  /** The map itself, `[out, in]`. */
  matrix(): Tensor {
    return this.#join(
      ({ down, up }) => matMul(up.weight.value, down.weight.value),
      (width) => zeros([width, this.#options.inputs]),
      0,
    );
  }

  #join(ofPair: (pair: FactorPair) => Tensor, nothing: (width: number) => Tensor, axis: number): Tensor {
    const { scale, outputs } = this.#options;
    const all = this.#pairs.get('all');
    if (all) return mul(ofPair(all), scale);
    const pieces = PACKED_PARTS.map((part) => {
      const pair = this.#pairs.get(part);
      return pair ? mul(ofPair(pair), scale) : nothing(outputs / PACKED_PARTS.length);
    });
    return concat(pieces, axis);
  }
}
