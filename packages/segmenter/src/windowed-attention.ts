import { Module, attention, concat, parameter, reshape, slice, split, transpose, zerosInit, type Context, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { Linear, type TokenLayer, type TokenMap } from '@reidkit/encoders';
import { relativeBias, relativeVectors } from './relative-positions.ts';
import { fromWindows, toWindows } from './windows.ts';

/** Sizes of a {@link WindowedAttention}. */
export interface WindowedAttentionOptions {
  /** Width of the tokens, D. */
  readonly width: number;
  /** Number of heads; divides D. */
  readonly heads: number;
  /** Height and width of the grid that the tokens lie on. */
  readonly grid: readonly [height: number, width: number];
  /** Side of the windows inside which tokens see each other; 0 for the whole grid. */
  readonly window: number;
  /** Whether queries, keys and values have a bias. Default: true. */
  readonly hasBias?: boolean;
  /** Side of the square grid that tables of relative positions are for; 0 for none. */
  readonly tableSide: number;
  /** Most scores that are held at once. Default: 25.2 million, 100 MB; all of a global layer of ViT-B would be 800 MB, three times. */
  readonly scoresAtOnce?: number;
}

/** Queries, keys and values `[B, heads, N, d]`. */
interface Projected {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

/** Self-attention inside windows or over the whole grid, with relative positions, under SAM's names. */
export class WindowedAttention extends Module implements TokenLayer {
  readonly qkv: TokenMap;
  readonly proj: TokenMap;
  /** `[2 · side − 1, D / heads]` */
  readonly rel_pos_h: Parameter | undefined;
  /** `[2 · side − 1, D / heads]` */
  readonly rel_pos_w: Parameter | undefined;
  readonly #heads: number;
  readonly #grid: readonly [height: number, width: number];
  readonly #window: number;
  readonly #scoresAtOnce: number;

  constructor({ width, heads, grid, window, hasBias = true, tableSide, scoresAtOnce = 25_200_000 }: WindowedAttentionOptions) {
    super();
    this.qkv = new Linear({ inputs: width, outputs: 3 * width, hasBias });
    this.proj = new Linear({ inputs: width, outputs: width });
    const table = (): Parameter | undefined => (tableSide > 0 ? parameter([2 * tableSide - 1, width / heads], zerosInit) : undefined);
    this.rel_pos_h = table();
    this.rel_pos_w = table();
    this.#heads = heads;
    this.#grid = grid;
    this.#window = window;
    this.#scoresAtOnce = scoresAtOnce;
  }

  /** `[B, H · W, D] → [B, H · W, D]` */
  forward(x: Tensor, ctx: Context): Tensor {
    if (this.#window === 0) return this.#attend(x, this.#grid, ctx);
    const windows = this.#attend(toWindows(x, this.#grid, this.#window), [this.#window, this.#window], ctx);
    return fromWindows(windows, this.#grid, this.#window);
  }

  #attend(x: Tensor, grid: readonly [number, number], ctx: Context): Tensor {
    const [batch, tokens, width] = x.shape as [number, number, number];
    const heads = this.#heads;
    const apart = transpose(reshape(this.qkv.forward(x, ctx), [batch, tokens, 3, heads, width / heads]), [2, 0, 3, 1, 4]);
    const [q, k, v] = split(apart, 3).map((part) => reshape(part, [batch, heads, tokens, width / heads])) as [Tensor, Tensor, Tensor];
    const attended = this.#banded({ q, k, v }, grid);
    return this.proj.forward(reshape(transpose(attended, [0, 2, 1, 3]), [batch, tokens, width]), ctx);
  }

  /** Queries row by row of the grid, so many at once that scores stay small: `[B, heads, N, d] → [B, heads, N, d]`. */
  #banded({ q, k, v }: Projected, grid: readonly [height: number, width: number]): Tensor {
    const [batch, heads, , d] = q.shape as [number, number, number, number];
    const [height, width] = grid;
    const [vertical, horizontal] = [this.rel_pos_h?.value, this.rel_pos_w?.value];
    const vectors = vertical && horizontal ? relativeVectors({ grid, vertical, horizontal }) : undefined;
    const ofRow = batch * heads * width * height * width;
    const most = Math.max(1, Math.min(height, Math.floor(this.#scoresAtOnce / ofRow)));
    const bands: Tensor[] = [];
    for (let from = 0; from < height; from += most) {
      const rows = Math.min(most, height - from);
      const asking = rows === height ? q : slice(q, [0, 0, from * width, 0], [batch, heads, rows * width, d]);
      bands.push(attention(asking, k, v, vectors ? { bias: relativeBias(asking, vectors, [from, rows]) } : {}));
    }
    return bands.length === 1 ? bands[0]! : concat(bands, 2);
  }
}
