import { Module, add, concat, defineComponent, matMul, matchShape, reshape, slice, stack, transpose, zeros, type Context, type DecodeCall, type DecodedMasks, type MaskDecoder, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { Embedding } from '@reidkit/encoders';
import { z } from 'zod';
import { ChannelNorm } from './channel-norm.ts';
import { DeepMlp } from './deep-mlp.ts';
import { DoublingConv } from './doubling-conv.ts';
import { GeluLayer } from './gelu-layer.ts';
import { runRow, type OneToOne } from './layer-row.ts';
import { TwoWayTransformer } from './two-way-transformer.ts';

const length = z.number().int().positive();

/** Options of `decoder/sam`. */
export const samDecoderOptions = z
  .strictObject({
    width: length.multipleOf(8).default(256).describe('Width of vectors and tokens; a multiple of 8.'),
    depth: length.default(2).describe('Number of two-way layers.'),
    heads: length.default(8).describe('Number of attention heads.'),
    hidden: length.default(2048).describe('Hidden width of the perceptrons.'),
    shrink: length.default(2).describe('How much narrower attention between tokens and image is inside.'),
    choices: z.number().int().min(0).max(100).default(3).describe('Masks beside the first one, for prompts that can mean several things.'),
    qualityDepth: length.default(3).describe('Layers of the head that guesses how good masks are.'),
    qualityHidden: length.default(256).describe('Width between those layers.'),
  })
  .refine(({ width, heads, shrink }) => (width / shrink) % heads === 0, {
    error: 'expected a divisor of "width" / "shrink"',
    path: ['heads'],
  });

/** Options of {@link SamDecoder} as people write them. */
export type SamDecoderOptions = z.input<typeof samDecoderOptions>;

/** Masks with what they were made of. */
export interface SamMasks extends DecodedMasks {
  /** Tokens after the transformer `[B, 1 + M + T, C]`: of the quality, of each mask, of the prompts. */
  readonly tokens: Tensor;
  /** Places of the image after it `[B, h · w, C]`. */
  readonly places: Tensor;
  /** The image four times finer `[B, C / 8, 4 h, 4 w]`. */
  readonly fine: Tensor;
}

/**
 * SAM's mask decoder: tokens look at the image, and each mask token becomes the weights of a product with the image, four times finer.
 * @see Kirillov et al., "Segment Anything" (2023), Fig. 14 and appendix A.
 */
export class SamDecoder extends Module implements MaskDecoder {
  readonly transformer: TwoWayTransformer;
  readonly iou_token: Embedding;
  readonly mask_tokens: Embedding;
  readonly output_upscaling: readonly OneToOne[];
  readonly output_hypernetworks_mlps: readonly DeepMlp[];
  readonly iou_prediction_head: DeepMlp;
  readonly width: number;
  readonly masks: number;
  /** Masks are four times finer than the grid. */
  readonly scale = 4;

  /** Throws ZodError for options that do not fit. */
  constructor(options: SamDecoderOptions = {}) {
    super();
    const { width, choices, qualityDepth, qualityHidden, ...transformer } = samDecoderOptions.parse(options);
    this.width = width;
    this.masks = 1 + choices;
    this.transformer = new TwoWayTransformer({ width, ...transformer });
    this.iou_token = new Embedding({ count: 1, width });
    this.mask_tokens = new Embedding({ count: this.masks, width });
    this.output_upscaling = [
      new DoublingConv({ inputs: width, outputs: width / 4 }),
      new ChannelNorm(width / 4),
      new GeluLayer(),
      new DoublingConv({ inputs: width / 4, outputs: width / 8 }),
      new GeluLayer(),
    ];
    this.output_hypernetworks_mlps = Array.from(
      { length: this.masks },
      () => new DeepMlp({ inputs: width, hidden: width, outputs: width / 8, depth: 3 }),
    );
    this.iou_prediction_head = new DeepMlp({ inputs: width, hidden: qualityHidden, outputs: this.masks, depth: qualityDepth });
  }

  /** Image and prompts → masks `[B, M, 4 h, 4 w]`. Throws SHAPE_MISMATCH. */
  forward({ image, positions, sparse, dense }: DecodeCall, ctx: Context): SamMasks {
    const width = this.width;
    const { B, h, w } = matchShape('dense prompts', dense.shape, ['B', width, 'h', 'w']) as { B: number; h: number; w: number };
    matchShape('image vectors', image.shape, [image.shape[0] === 1 ? 1 : B, width, h, w]);
    const inRow = (map: Tensor): Tensor => transpose(reshape(map, [map.shape[0]!, width, h * w]), [0, 2, 1]);
    const both = { tokens: this.#tokens(sparse, B), image: inRow(add(image, dense)) };
    const { tokens, image: places } = this.transformer.forward(both, inRow(positions), ctx);
    const fine = runRow(this.output_upscaling, reshape(transpose(places, [0, 2, 1]), [B, width, h, w]), ctx);
    const token = (index: number): Tensor => reshape(slice(tokens, [0, index, 0], [B, 1, width]), [B, width]);
    const weights = stack(this.output_hypernetworks_mlps.map((mlp, mask) => mlp.forward(token(1 + mask), ctx)), 1); // prettier-ignore
    const size = [4 * h, 4 * w] as const;
    const logits = reshape(matMul(weights, reshape(fine, [B, width / 8, size[0] * size[1]])), [B, this.masks, ...size]);
    return { logits, quality: this.iou_prediction_head.forward(token(0), ctx), tokens, places, fine };
  }

  #tokens(sparse: Tensor, batch: number): Tensor {
    matchShape('sparse prompts', sparse.shape, [batch, 'T', this.width]);
    const own = reshape(concat([this.iou_token.weight.value, this.mask_tokens.weight.value], 0), [1, 1 + this.masks, this.width]);
    const repeated = add(own, zeros([batch, 1, 1]));
    return sparse.shape[1] === 0 ? repeated : concat([repeated, sparse], 1);
  }
}

/** `decoder/sam`. */
export const samDecoderComponent = defineComponent({
  summary: "Segment Anything's mask decoder: a two-way transformer, and a mask for every mask token.",
  paper: 'https://arxiv.org/abs/2304.02643',
  options: samDecoderOptions,
  build: (options): MaskDecoder => new SamDecoder(options),
});
