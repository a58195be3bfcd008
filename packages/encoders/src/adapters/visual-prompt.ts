import {
  Module,
  ReidError,
  add,
  concat,
  defineComponent,
  dropout,
  parameter,
  slice,
  uniformInit,
  zeros,
  type Adapter,
  type AttachedAdapter,
  type Context,
  type EncodeCall,
  type HostTensors,
  type ImageEncoder,
  type ImageTokens,
  type Parameter,
  type Tensor,
} from '@reidkit/core-tensor';
import { z } from 'zod';
import { attachLayers, type LayerAttachment } from './attach-layers.ts';
import { findPlaces, outermost } from './find-places.ts';
import { shareBranches } from './wrapped-layer.ts';

/** Options of `adapter/visual-prompt`. */
const visualPromptOptions = z.strictObject({
  count: z.number().int().positive().default(8).describe('Number of learned tokens.'),
  isDeep: z
    .boolean()
    .default(false)
    .describe('Give every layer tokens of its own, in place of what the layer before made of the last ones.'),
  layers: z
    .array(z.string())
    .min(1)
    .default(['*blocks.*'])
    .describe('Patterns of the layers, the first of which sees the tokens as they are.'),
  prefix: z.number().int().min(0).default(1).describe('Tokens in front of the learned ones: the class token, and part tokens of PASS.'),
  dropout: z.number().min(0).lt(1).default(0).describe('Probability of dropping a number of a learned token, in training.'),
});

/** Options of {@link visualPrompt} as people write them. */
export type VisualPromptOptions = z.input<typeof visualPromptOptions>;

/** What images of three colours bring to a token: a patch of 16 × 16 pixels. The first tokens are drawn as for such a projection. */
const PATCH_NUMBERS = 3 * 16 * 16;

const prompt = (count: number, width: number): Parameter =>
  parameter([1, count, width], uniformInit(Math.sqrt(6 / (PATCH_NUMBERS + width))));

/** Adding zeros repeats tokens for every image; its gradient is one sum. */
const repeated = (tokens: Tensor, batch: number): Tensor => (tokens.shape[0] === batch ? tokens : add(tokens, zeros([batch, 1, 1])));

/** An image encoder with learned tokens that every call brings along. */
class PromptedEncoder extends Module implements ImageEncoder {
  /** `[1, K, D]` */
  readonly prompt_embeddings: Parameter;
  readonly #encoder: ImageEncoder;
  readonly #prefix: number;
  readonly #dropout: number;

  constructor(encoder: ImageEncoder, { count, prefix, dropout: rate }: z.output<typeof visualPromptOptions>) {
    super();
    this.#encoder = encoder;
    this.#prefix = prefix;
    this.#dropout = rate;
    shareBranches(encoder, this);
    this.prompt_embeddings = prompt(count, encoder.width);
  }

  get imageSize(): readonly [height: number, width: number] {
    return this.#encoder.imageSize;
  }

  get width(): number {
    return this.#encoder.width;
  }

  get reads(): NonNullable<ImageEncoder['reads']> {
    return this.#encoder.reads ?? [];
  }

  /** As the encoder; the learned tokens come out as `extra.prompts [B, K, D]`. Throws INVALID_OPTIONS when they are not where `prefix` says. */
  forward(images: Tensor, ctx: Context, call: EncodeCall = {}): ImageTokens {
    const own = dropout(this.prompt_embeddings.value, this.#dropout, ctx);
    const count = own.shape[1]!;
    const further = call.extraTokens;
    const extraTokens = further ? concat([repeated(own, further.shape[0]!), further], 1) : own;
    const tokens = this.#encoder.forward(images, ctx, { ...call, extraTokens });
    this.#demandPrefix(tokens, extraTokens.shape[1]!);
    const { added, ...extra } = tokens.extra;
    const [batch, all, width] = added!.shape as [number, number, number];
    const cut = (from: number, length: number): Tensor => slice(added!, [0, from, 0], [batch, length, width]);
    return { ...tokens, extra: { ...extra, prompts: cut(0, count), ...(further ? { added: cut(count, all - count) } : {}) } };
  }

  #demandPrefix({ taps, patches }: ImageTokens, added: number): void {
    const last = taps.last ?? taps.postNorm;
    const prefix = last && last.shape[1]! - patches.shape[1]! - added;
    if (prefix === undefined || prefix === this.#prefix) return;
    throw new ReidError(
      'INVALID_OPTIONS',
      `adapter/visual-prompt expected ${this.#prefix} tokens in front of its own, the encoder has ${prefix}.`,
      {
        hint: `set its option "prefix" to ${prefix}.`,
      },
    );
  }

  /** As the encoder's; the learned tokens are not in such numbers. */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    return this.#encoder.adaptCheckpoint?.(numbers) ?? numbers;
  }
}

/** Tokens of its own for every layer but the first, in place of those that came in. */
function deepPrompts(encoder: ImageEncoder, options: z.output<typeof visualPromptOptions>): LayerAttachment[] {
  const { count, prefix, layers, dropout: rate } = options;
  const isLayer = (module: unknown): boolean => typeof (module as { forward?: unknown }).forward === 'function';
  const places = outermost(findPlaces(encoder, layers, ({ path, module }) => (isLayer(module) ? [path] : [])));
  return places.slice(1).map(({ place }): LayerAttachment => {
    const own = prompt(count, encoder.width);
    return {
      place,
      added: { prompt_embeddings: own },
      run: (next, x, ctx) => {
        const [batch, length, width] = x.shape as [number, number, number];
        const cut = (from: number, to: number): Tensor => slice(x, [0, from, 0], [batch, to - from, width]);
        const fresh = repeated(dropout(own.value, rate, ctx), batch);
        return next(concat([...(prefix > 0 ? [cut(0, prefix)] : []), fresh, cut(prefix + count, length)], 1));
      },
    };
  });
}

const isImageEncoder = (module: Module): module is Module & ImageEncoder =>
  'imageSize' in module && 'width' in module && 'forward' in module;

function attachPrompts<M extends Module>(module: M, options: z.output<typeof visualPromptOptions>): AttachedAdapter<M> {
  if (!isImageEncoder(module)) {
    throw new ReidError('UNKNOWN_NAME', 'adapter/visual-prompt finds no image encoder to go around.', {
      hint: 'attach it to an image encoder itself.',
    });
  }
  const deep = attachLayers(module, options.isDeep ? deepPrompts(module, options) : []);
  const around = new PromptedEncoder(module, options);
  const own = around.prompt_embeddings;
  return {
    module: around as Module as M,
    added: ['prompt_embeddings', ...deep.added],
    detach: () => {
      deep.detach();
      own.dispose();
    },
  };
}

/**
 * Learned tokens beside the patches, in front of the first layer or of every one. It goes around the image encoder: afterwards the
 * `module` that attaching gives is the one to use. Its parameters are `prompt_embeddings` and, deep, `<layer>.prompt_embeddings`, `[1, count, D]`.
 * @see Jia et al., "Visual Prompt Tuning" (2022), Eq. 4 to 7.
 */
export function visualPrompt(options: VisualPromptOptions = {}): Adapter {
  const parsed = visualPromptOptions.parse(options);
  return { attach: (module) => attachPrompts(module, parsed) };
}

/** `adapter/visual-prompt`. */
export const visualPromptComponent = defineComponent({
  summary: 'Learned tokens beside the patches, in front of the first layer or of every one.',
  paper: 'https://arxiv.org/abs/2203.12119',
  options: visualPromptOptions,
  build: (options): Adapter => visualPrompt(options),
});
