import { Module, ReidError, add, cast, concat, div, equal, expandDims, matchShape, mul, notEqual, reshape, tensor, zeros, type Context, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { Conv2d, Embedding } from '@reidkit/encoders';
import { ChannelNorm } from './channel-norm.ts';
import { GeluLayer } from './gelu-layer.ts';
import { runRow, type OneToOne } from './layer-row.ts';
import { PointPositions } from './point-positions.ts';

/** Sizes of a {@link PromptEncoder}. */
export interface PromptEncoderOptions {
  /** Width of what it gives, C: even. */
  readonly width: number;
  /** Height and width of the grid of image vectors. */
  readonly grid: readonly [height: number, width: number];
  /** Height and width in pixels of the padded input that coordinates are of. */
  readonly imageSize: readonly [height: number, width: number];
  /** Channels between the layers that shrink a mask; a multiple of 4. Default: 16. */
  readonly maskChannels?: number;
}

/** What a mask is asked for by; every part has the same B. */
export interface MaskPromptCall {
  /** Places `[B, N, 2]` (x, y in pixels of the padded input) and labels `[B, N]`: 1 inside, 0 outside, −1 no point. */
  readonly points?: { readonly places: Tensor; readonly labels: Tensor };
  /** Corners `[B, 4]` (x0, y0, x1, y1 in pixels of the padded input). */
  readonly boxes?: Tensor;
  /** Logits of a former mask, `[B, 1, 4 h, 4 w]` for the grid h, w. */
  readonly masks?: Tensor;
  /** Vectors of another source, such as a language model: `[B, K, C]`. */
  readonly vectors?: Tensor;
  /** Number of rows, for a call without anything else. */
  readonly batch?: number;
}

/** Prompts as a decoder takes them. */
export interface EncodedPrompts {
  /** `[B, T, C]`: points, corners, vectors. */
  readonly sparse: Tensor;
  /** `[B, C, h, w]`, added to the image. */
  readonly dense: Tensor;
}

const OUTSIDE = 0;
const INSIDE = 1;
const UPPER_LEFT = 2;
const LOWER_RIGHT = 3;

/** Number of rows that a call has. Throws INVALID_ARGUMENT when nothing says. */
function rowsOf({ points, boxes, masks, vectors, batch }: MaskPromptCall): number {
  const rows = (points?.places ?? boxes ?? masks ?? vectors)?.shape[0] ?? batch;
  if (rows !== undefined) return rows;
  throw new ReidError('INVALID_ARGUMENT', 'PromptEncoder got no prompt.', {
    hint: 'give points, boxes, masks or vectors, or the number of rows as "batch".',
  });
}

/**
 * Turns points, boxes, masks and vectors into tokens, under SAM's names.
 * @see Kirillov et al., "Segment Anything" (2023), appendix A.
 */
export class PromptEncoder extends Module {
  readonly pe_layer: PointPositions;
  /** Vectors of points outside and inside, and of a box's upper left and lower right corner. */
  readonly point_embeddings: readonly Embedding[];
  readonly not_a_point_embed: Embedding;
  readonly mask_downscaling: readonly OneToOne[];
  readonly no_mask_embed: Embedding;
  /** Width of what it gives, C. */
  readonly width: number;
  /** Height and width of the grid of image vectors. */
  readonly grid: readonly [height: number, width: number];
  readonly #imageSize: readonly [height: number, width: number];

  constructor({ width, grid, imageSize, maskChannels = 16 }: PromptEncoderOptions) {
    super();
    const one = (): Embedding => new Embedding({ count: 1, width });
    const conv = (inputs: number, outputs: number, size: number): Conv2d =>
      new Conv2d({ inputs, outputs, size, stride: size, hasBias: true });
    const quarter = maskChannels / 4;
    this.pe_layer = new PointPositions(width);
    this.point_embeddings = [one(), one(), one(), one()];
    this.not_a_point_embed = one();
    this.mask_downscaling = [
      conv(1, quarter, 2),
      new ChannelNorm(quarter),
      new GeluLayer(),
      conv(quarter, maskChannels, 2),
      new ChannelNorm(maskChannels),
      new GeluLayer(),
      conv(maskChannels, width, 1),
    ];
    this.no_mask_embed = one();
    this.width = width;
    this.grid = grid;
    this.#imageSize = imageSize;
  }

  /** Prompts → tokens. Throws SHAPE_MISMATCH, and INVALID_ARGUMENT when nothing says how many rows there are. */
  forward(call: MaskPromptCall, ctx: Context): EncodedPrompts {
    const { points, boxes, masks, vectors } = call;
    const batch = rowsOf(call);
    if (vectors) matchShape('vectors of the prompt', vectors.shape, [batch, 'K', this.width]);
    const tokens = [
      ...(points ? [this.#points(points, batch, boxes !== undefined)] : []),
      ...(boxes ? [this.#corners(boxes, batch)] : []),
      ...(vectors ? [vectors] : []),
    ];
    return {
      sparse: tokens.length === 0 ? zeros([batch, 0, this.width]) : concat(tokens, 1),
      dense: this.#dense(masks, batch, ctx),
    };
  }

  /** Vectors of the places of the image's grid: `[1, C, h, w]`. */
  positions(): Tensor {
    return this.pe_layer.grid(this.grid);
  }

  /** Vectors of pixels: `[B, N, 2] → [B, N, C]`; a pixel's middle is half a pixel from its corner. */
  #placed(places: Tensor): Tensor {
    const [height, width] = this.#imageSize;
    return this.pe_layer.forward(div(add(places, 0.5), tensor([width, height], [1, 1, 2])));
  }

  #points({ places, labels }: { readonly places: Tensor; readonly labels: Tensor }, batch: number, hasBox: boolean): Tensor {
    const { N } = matchShape('points of the prompt', places.shape, [batch, 'N', 2]);
    matchShape('labels of the points', labels.shape, [batch, N!]);
    const marked = (which: Tensor): Tensor => expandDims(cast(which, 'float32'), 2);
    const vector = ({ weight }: Embedding): Tensor => reshape(weight.value, [1, 1, this.width]);
    const placed = mul(this.#placed(places), marked(notEqual(labels, -1)));
    const kinds: readonly (readonly [number, Embedding])[] = [
      [-1, this.not_a_point_embed],
      [OUTSIDE, this.point_embeddings[OUTSIDE]!],
      [INSIDE, this.point_embeddings[INSIDE]!],
    ];
    const named = kinds.reduce((sum, [label, kind]) => add(sum, mul(marked(equal(labels, label)), vector(kind))), placed);
    // Points alone are followed by one that is none, in the place of a box.
    return hasBox ? named : concat([named, add(vector(this.not_a_point_embed), zeros([batch, 1, 1]))], 1);
  }

  #corners(boxes: Tensor, batch: number): Tensor {
    matchShape('boxes of the prompt', boxes.shape, [batch, 4]);
    const kinds = [UPPER_LEFT, LOWER_RIGHT].map((corner) => this.point_embeddings[corner]!.weight.value);
    return add(this.#placed(reshape(boxes, [batch, 2, 2])), reshape(concat(kinds, 0), [1, 2, this.width]));
  }

  #dense(masks: Tensor | undefined, batch: number, ctx: Context): Tensor {
    const [height, width] = this.grid;
    if (!masks) return add(reshape(this.no_mask_embed.weight.value, [1, this.width, 1, 1]), zeros([batch, 1, height, width]));
    matchShape('masks of the prompt', masks.shape, [batch, 1, 4 * height, 4 * width]);
    return runRow(this.mask_downscaling, masks, ctx);
  }
}
