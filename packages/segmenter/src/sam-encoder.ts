import { Module, ReidError, add, defineComponent, matchShape, parameter, reshape, transpose, truncatedNormalInit, type Context, type EncodeCall, type ImageEncoder, type ImageTokens, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { Block, LayerNorm, PatchEmbed, type TokenLayer } from '@reidkit/encoders';
import { z } from 'zod';
import { runRow, type OneToOne } from './layer-row.ts';
import { pixelNeck } from './pixel-neck.ts';
import { resizeMaps } from './resize-maps.ts';
import { TwoLayerMlp } from './two-layer-mlp.ts';
import { WindowedAttention } from './windowed-attention.ts';

const length = z.number().int().positive();

/** Options of `encoder/sam`. */
export const samEncoderOptions = z
  .strictObject({
    imageSize: z.tuple([length, length]).default([1024, 1024]).describe('Height and width of the images, in pixels.'),
    trainedSize: length.optional().describe('Side of the square images that its positions are for. Default: the height of `imageSize`.'),
    patch: length.default(16).describe('Height and width of a patch, in pixels.'),
    width: length.default(768).describe('Width of the tokens in the layers; a multiple of `heads`.'),
    depth: length.default(12).describe('Number of layers.'),
    heads: length.default(12).describe('Number of attention heads.'),
    mlpRatio: z.number().positive().default(4).describe('Hidden width of the perceptrons, in widths of the tokens.'),
    outputWidth: length.default(256).describe('Width of what the neck gives.'),
    hasQkvBias: z.boolean().default(true).describe('Whether queries, keys and values have a bias.'),
    epsilon: z.number().positive().default(1e-6).describe('Added to the variance in the norms of the layers; the neck takes 1e-6.'),
    window: z.number().int().min(0).default(14).describe('Side of the windows that tokens see each other in; 0 for none.'),
    globalLayers: z.array(z.number().int().min(0)).max(1000).default([2, 5, 8, 11]).describe('Layers in which all tokens see each other, from 0.'),
    hasPositions: z.boolean().default(true).describe('Whether patches get a position vector.'),
    hasRelativePositions: z.boolean().default(true).describe('Whether attention scores depend on where query and key lie.'),
  })
  .refine(({ width, heads }) => width % heads === 0, { error: 'expected a divisor of "width"', path: ['heads'] })
  .refine(({ imageSize, patch }) => imageSize.every((pixels) => pixels >= patch), { error: 'expected at least one patch', path: ['imageSize'] })
  .refine(({ trainedSize, patch }) => trainedSize === undefined || trainedSize >= patch, { error: 'expected at least one patch', path: ['trainedSize'] }); // prettier-ignore

/** Options of {@link SamEncoder} as people write them. */
export type SamEncoderOptions = z.input<typeof samEncoderOptions>;

const ADDITIONS = ['extraTokens', 'attentionBias', 'side', 'cameras', 'views'] as const;

/**
 * SAM's image encoder: a vision transformer with windows and relative positions, and a neck of convolutions. Sizes other than the trained one
 * resize its positions.
 * @see Kirillov et al., "Segment Anything" (2023), appendix A; Li et al., "Exploring Plain Vision Transformer Backbones" (2022).
 */
export class SamEncoder extends Module implements ImageEncoder {
  readonly patch_embed: PatchEmbed;
  /** `[1, side, side, D]` */
  readonly pos_embed: Parameter | undefined;
  readonly blocks: readonly TokenLayer[];
  readonly neck: readonly OneToOne[];
  /** Width of what it gives, C. */
  readonly width: number;
  readonly imageSize: readonly [height: number, width: number];

  /** Throws ZodError for options that do not fit. */
  constructor(options: SamEncoderOptions = {}) {
    super();
    const { imageSize, patch, width, depth, heads, mlpRatio, epsilon, window, ...rest } = samEncoderOptions.parse(options);
    const side = Math.floor((rest.trainedSize ?? imageSize[0]) / patch);
    this.patch_embed = new PatchEmbed({ imageSize, patch, width });
    this.pos_embed = rest.hasPositions ? parameter([1, side, side, width], truncatedNormalInit(0.02)) : undefined;
    this.blocks = Array.from({ length: depth }, (_, layer) => {
      const own = rest.globalLayers.includes(layer) ? 0 : window;
      const tableSide = rest.hasRelativePositions ? own || side : 0;
      return new Block({
        norm1: new LayerNorm({ width, epsilon }),
        attn: new WindowedAttention({ width, heads, grid: this.patch_embed.grid, window: own, hasBias: rest.hasQkvBias, tableSide }),
        norm2: new LayerNorm({ width, epsilon }),
        mlp: new TwoLayerMlp({ width, hidden: Math.trunc(width * mlpRatio) }),
      });
    });
    this.neck = pixelNeck({ inputs: width, outputs: rest.outputWidth });
    this.width = rest.outputWidth;
    this.imageSize = imageSize;
  }

  /** Height and width of the grid of patches. */
  get grid(): readonly [height: number, width: number] {
    return this.patch_embed.grid;
  }

  /**
   * `images [B, H, W, 3]` normalised → tokens of the neck; the taps `embedded` and `layer.K` are before the neck. Throws SHAPE_MISMATCH for
   * another size, INVALID_ARGUMENT for what it cannot do.
   */
  forward(images: Tensor, ctx: Context, call: EncodeCall = {}): ImageTokens {
    const asked = ADDITIONS.filter((name) => call[name] !== undefined);
    if (asked.length > 0) {
      throw new ReidError('INVALID_ARGUMENT', `SamEncoder got "${asked.join('", "')}", but it takes images alone.`, {
        hint: 'its windows have no place for tokens or scores of others.',
      });
    }
    const [height, width] = this.imageSize;
    const { B } = matchShape('SamEncoder', images.shape, ['B', height, width, 3]);
    const embedded = this.patch_embed.forward(images, ctx);
    const taps: Record<string, Tensor> = { embedded };
    let x = this.#place(embedded);
    this.blocks.forEach((block, layer) => (x = taps[`layer.${layer}`] = block.forward(x, ctx)));
    const map = transpose(reshape(x, [B!, ...this.grid, x.shape[2]!]), [0, 3, 1, 2]);
    const neck = runRow(this.neck, map, ctx);
    const patches = reshape(transpose(neck, [0, 2, 3, 1]), [B!, this.grid[0] * this.grid[1], this.width]);
    return { patches, grid: this.grid, extra: {}, taps: { ...taps, last: x } };
  }

  /** `[B, N, D] → [B, N, D]` with positions, resized to the grid. */
  #place(tokens: Tensor): Tensor {
    const positions = this.pos_embed?.value;
    if (!positions) return tokens;
    const [high, wide] = this.grid;
    const map = resizeMaps(transpose(positions, [0, 3, 1, 2]), [high, wide]);
    return add(tokens, reshape(transpose(map, [0, 2, 3, 1]), [1, high * wide, positions.shape[3]!]));
  }
}

/** `encoder/sam`. */
export const samEncoderComponent = defineComponent({
  summary: "Segment Anything's image encoder (ViT-B, L or H): windows, relative positions, a neck to 256 channels.",
  paper: 'https://arxiv.org/abs/2304.02643',
  options: samEncoderOptions,
  build: (options): ImageEncoder => new SamEncoder(options),
});
