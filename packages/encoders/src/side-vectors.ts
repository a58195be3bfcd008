import { ReidError, matMul, mul, parameter, reshape, truncatedNormalInit, type Context, type EncodeCall, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { sideRows, type SideFact } from './side-rows.ts';

const FACTS = ['cameras', 'views'] as const;

/** A fact of an image that may pick a vector. */
export type SideFactName = (typeof FACTS)[number];

/** Sizes of {@link SideVectors}. */
export interface SideVectorsOptions {
  /** Number of cameras and views that have a vector. Default: 0. */
  readonly cameras?: number;
  readonly views?: number;
  /** Factor of the vectors. Default: 1. */
  readonly factor?: number;
  /** Shape of the table, from the number of its rows. */
  readonly shape: (rows: number) => readonly number[];
}

/** Vectors of every pair of camera and view, or of every one of what there is. It is no module: the table stands where the encoder puts it. */
export class SideVectors {
  /** One row for each pair, row camera · views + view; absent where there are neither. */
  readonly table: Parameter | undefined;
  /** Facts of the batch that pick vectors. */
  readonly reads: readonly SideFactName[];
  readonly #counts: Readonly<Record<SideFactName, number>>;
  readonly #factor: number;

  constructor({ cameras = 0, views = 0, factor = 1, shape }: SideVectorsOptions) {
    this.#counts = { cameras, views };
    this.#factor = factor;
    this.reads = FACTS.filter((fact) => this.#counts[fact] > 0);
    this.table = this.reads.length > 0 ? parameter(shape((cameras || 1) * (views || 1)), truncatedNormalInit(0.02)) : undefined;
  }

  /** Throws INVALID_ARGUMENT, naming `where`, for a fact in a call that has no vectors. */
  refuseUnknown(where: string, call: EncodeCall): void {
    for (const fact of FACTS) {
      if (call[fact] && this.#counts[fact] === 0) {
        throw new ReidError('INVALID_ARGUMENT', `${where} got ${fact}, but has no vectors for them.`, {
          hint: `set its option "${fact}" to their number, or pass only what its "reads" names.`,
        });
      }
    }
  }

  /** The vector of each image times the factor, the mean over what is unknown: `[B, D]`. Throws INVALID_ARGUMENT for a fact that misses in training. */
  of(call: EncodeCall, batch: number, ctx: Context): Tensor | undefined {
    if (!this.table) return undefined;
    const facts = this.reads.map((what): SideFact => ({ count: this.#counts[what], ids: call[what], what }));
    const rows = reshape(this.table.value, [-1, this.table.shape.at(-1)!]);
    return mul(matMul(sideRows(facts, batch, ctx), rows), this.#factor);
  }
}
