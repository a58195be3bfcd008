import { Module, ReidError, add, concat, defineComponent, reshape, slice, zeros, type Context, type EncodeCall, type HostTensors, type ImageEncoder, type ImageTokens, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import type { z } from 'zod';
import { dropPathRates } from './block.ts';
import { Identity } from './identity.ts';
import { jigsawGroups, jigsawLength, jigsawOptions, type JigsawOptions } from './jigsaw-groups.ts';
import { LayerNorm } from './layer-norm.ts';
import type { TokenLayer, TokenMap } from './token-layer.ts';
import type { VisionTransformer } from './vision-transformer.ts';
import { vit, vitLayer, vitOptions } from './vit.ts';

/** Options of `encoder/vit-jigsaw`. */
const vitJigsawOptions = jigsawOptions.extend({
  vit: vitOptions.prefault({}).describe('The vision transformer, without part tokens; at least two layers.'),
});

/** Options of {@link vitJigsaw} as people write them. */
export type VitJigsawOptions = z.input<typeof vitJigsawOptions>;

/** A last layer and a norm of its own, under the names 0 and 1. */
export type Branch = readonly [layer: TokenLayer, norm: TokenMap];

/** Parts of a {@link JigsawTransformer}. */
export interface JigsawParts {
  /** All layers but the last, without a final norm. */
  readonly base: VisionTransformer;
  /** For all tokens. */
  readonly b1: Branch;
  /** For the class token with each group of patches. */
  readonly b2: Branch;
  /** Number of the layer that the branches stand for. */
  readonly last: number;
  readonly groups: JigsawOptions;
}

const through = ([layer, norm]: Branch, x: Tensor, ctx: Context): { readonly last: Tensor; readonly postNorm: Tensor } => {
  const last = layer.forward(x, ctx);
  return { last, postNorm: norm.forward(last, ctx) };
};

/** Keys of numbers under a prefix, without it. */
const under = (numbers: HostTensors, prefix: string): HostTensors =>
  Object.fromEntries(
    Object.entries(numbers).flatMap(([path, value]) => (path.startsWith(prefix) ? [[path.slice(prefix.length), value]] : [])),
  );

const prefixed = (numbers: HostTensors, prefix: string): HostTensors =>
  Object.fromEntries(Object.entries(numbers).map(([path, value]) => [prefix + path, value]));

/**
 * TransReID with its jigsaw branch, named as the authors' checkpoints (`base.*`, `b1.*`, `b2.*`): the last layer is there twice, once for all
 * tokens, and once for the class token with groups of shuffled patches. The groups' class tokens come out as `extra.parts [B, parts, D]`.
 * The last layer and the norm of `base`, which the authors' code keeps and does not use, are left out.
 * @see He et al., "TransReID" (2021), section 3.3.
 */
export class JigsawTransformer extends Module implements ImageEncoder {
  readonly base: VisionTransformer;
  readonly b1: Branch;
  readonly b2: Branch;
  readonly #last: number;
  readonly #groups: JigsawOptions;

  constructor({ base, b1, b2, last, groups }: JigsawParts) {
    super();
    this.base = base;
    this.b1 = b1;
    this.b2 = b2;
    this.#last = last;
    this.#groups = groups;
  }

  get imageSize(): readonly [height: number, width: number] {
    return this.base.imageSize;
  }

  get width(): number {
    return this.base.width;
  }

  get reads(): NonNullable<ImageEncoder['reads']> {
    return this.base.reads;
  }

  /** `images [B, H, W, 3]` normalised → tokens. Throws SHAPE_MISMATCH, or INVALID_ARGUMENT for all that would change the tokens' order. */
  forward(images: Tensor, ctx: Context, call: EncodeCall = {}): ImageTokens {
    for (const name of ['extraTokens', 'attentionBias', 'side'] as const) {
      if (!call[name]) continue;
      throw new ReidError('INVALID_ARGUMENT', `The jigsaw branch shuffles patches, "${name}" cannot go along.`, {
        hint: 'use encoder/vit.',
      });
    }
    const { grid, taps } = this.base.forward(images, ctx, call);
    const beforeLast = taps.last!;
    const [batch, tokens, width] = beforeLast.shape as [number, number, number];
    const { last, postNorm } = through(this.b1, beforeLast, ctx);
    const patches = slice(beforeLast, [0, 1, 0], [batch, tokens - 1, width]);
    const { parts } = this.#groups;
    const cls = slice(beforeLast, [0, 0, 0], [batch, 1, width]);
    // Adding zeros repeats a token; its gradient is one sum, that of tile() is one slice per copy.
    const perGroup = reshape(add(cls, zeros([batch, parts, 1])), [batch * parts, 1, width]);
    const local = through(this.b2, concat([perGroup, jigsawGroups(patches, this.#groups)], 1), ctx).postNorm;
    return {
      cls: reshape(slice(postNorm, [0, 0, 0], [batch, 1, width]), [batch, width]),
      patches: slice(postNorm, [0, 1, 0], [batch, tokens - 1, width]),
      grid,
      extra: { parts: reshape(slice(local, [0, 0, 0], [batch * parts, 1, width]), [batch, parts, width]) },
      taps: { beforeLast, last, postNorm },
    };
  }

  /** Numbers of a whole TransReID, or of a vision transformer, whose last layer and norm then start both branches. */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    const whole = Object.keys(numbers).some((path) => path.startsWith('base.')) ? under(numbers, 'base.') : numbers;
    const layer = `blocks.${this.#last}.`;
    const rest = Object.fromEntries(Object.entries(whole).filter(([path]) => !path.startsWith(layer) && !/^(norm|b1|b2)\./.test(path)));
    const branch = (name: string): HostTensors => {
      const own = under(numbers, `${name}.`);
      const found =
        Object.keys(own).length > 0 ? own : { ...prefixed(under(whole, layer), '0.'), ...prefixed(under(whole, 'norm.'), '1.') };
      return prefixed(found, `${name}.`);
    };
    return { ...prefixed(this.base.adaptCheckpoint(rest), 'base.'), ...branch('b1'), ...branch('b2') };
  }
}

function refuseOptions(sentence: string, hint: string): never {
  throw new ReidError('INVALID_OPTIONS', `encoder/vit-jigsaw ${sentence}`, { hint });
}

/** TransReID with its jigsaw branch. Throws ZodError or INVALID_OPTIONS for options that do not fit. */
export function vitJigsaw(options: VitJigsawOptions = {}): JigsawTransformer {
  const { vit: whole, ...groups } = vitJigsawOptions.parse(options);
  const { depth, dropPath, width, epsilon, parts } = whole;
  if (parts > 0) refuseOptions(`expected a transformer without part tokens, got ${parts}.`, 'leave "parts" of "vit" out.');
  if (depth < 2) refuseOptions(`expected at least 2 layers, got ${depth}.`, 'raise "depth" of "vit".');
  const rates = dropPathRates(depth, dropPath);
  const base = vit(
    { ...whole, depth: depth - 1 },
    { layer: (index, own) => vitLayer({ ...own, dropPath: rates[index]! }), norm: new Identity() },
  );
  const count = base.patch_embed.grid[0] * base.patch_embed.grid[1];
  if (jigsawLength(count, groups) === 0) {
    refuseOptions(
      `cannot make ${groups.parts} groups of ${count} patches.`,
      'change "parts", "shift", "shuffles" or the size of the images.',
    );
  }
  const branch = (): Branch => [vitLayer({ ...whole, dropPath: rates[depth - 1]! }), new LayerNorm({ width, epsilon })];
  return new JigsawTransformer({ base, b1: branch(), b2: branch(), last: depth - 1, groups });
}

/** `encoder/vit-jigsaw`. */
export const vitJigsawComponent = defineComponent({
  summary: 'TransReID: a vision transformer whose last layer sees all patches, and again groups of shuffled ones.',
  paper: 'https://arxiv.org/abs/2102.04378',
  options: vitJigsawOptions,
  build: (options): ImageEncoder => vitJigsaw(options),
});
