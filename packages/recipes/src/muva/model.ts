import { type Context, defineComponent, type Head, hostTensor, type HostTensor, type HostTensors, type ImageEncoder, type Model, type ModelPass, Module, nodeOf, type Parameter, ReidError, add, matMul, normalInit, parameter, reshape, slice, stack, type Tensor, type Tensors, type TextEncoder, toTensor, transpose, truncatedNormalInit } from '@reidkit/core-tensor'; // prettier-ignore
import {
  bnneck, classifier, type ClipTransformer, maskGate, maskPredictorOptions, partAttentionBias, promptBank, promptText, ResidualMaskPredictor, stripeMasks, type PredictedMasks, type PromptBank,
} from '@reidkit/encoders'; // prettier-ignore
import { z } from 'zod';
import { clipReidNumbers } from '../clip-reid/clip-reid-numbers.ts';
import { MUVA_PARTS, muvaPrompts } from './muva-prompts.ts';

const options = z.strictObject({
  encoder: nodeOf('encoder').describe(
    'CLIP\'s image side, "encoder/clip-vision". With "addedTokens" as many as parts, part tokens have positions of their own; with none, that of the class token.',
  ),
  text: nodeOf('encoder').optional().describe('CLIP\'s text side, "encoder/clip-text", for training with language. It needs no vectors of words.'),
  parts: z
    .array(z.enum(MUVA_PARTS))
    .max(MUVA_PARTS.length)
    .default([...MUVA_PARTS])
    .describe('Body parts beside the whole person; none gives plain CLIP.'),
  prompts: z.array(promptText).min(1).optional().describe('A sentence for the whole person and one for each part. Default: those of the paper.'),
  promptDeviation: z.number().min(0).default(0.002).describe('Standard deviation of the first learned vectors.'),
  classes: z.number().int().positive().optional().describe('Number of training identities; without, there is no classifier, as at test.'),
  partMasks: z.enum(['predicted', 'stripes']).default('predicted').describe('Where part tokens look: predicted masks, or equal stripes.'),
  predictor: maskPredictorOptions.prefault({}).describe('Predictor of part masks.'),
  threshold: z.number().min(0).max(1).default(0.5).describe('A patch is open to a part above this probability.'),
  soft: z.number().optional().describe('Weigh attention by (2 P − 1) times this instead of closing it.'),
  blockTransposed: z.boolean().default(true).describe('Whether patches outside of a part do not see its token.'),
  localInit: z.enum(['truncated', 'normal', 'class', 'patches']).default('truncated').describe('First part tokens: random with deviation 0.02, the class token of a checkpoint, or for each image the means of its patches over equal stripes, which are not learned.'),
  classifierInput: z.enum(['neck', 'raw']).default('neck').describe('What the classifier reads: the descriptor behind the neck, or in front of it.'),
  neckUpdates: z.number().int().min(1).max(8).default(1).describe('How often a step moves the running statistics of the neck; the released code calls it twice.'),
}); // prettier-ignore

/** Options of `model/muva` as people write them. */
export type MuvaModelOptions = z.input<typeof options>;

type Chosen = Omit<z.output<typeof options>, 'encoder' | 'text'>;

/** What MUVA needs to know of a vision transformer beside what every encoder has. */
export interface MuvaEncoder extends ImageEncoder {
  readonly projectedWidth: number;
  readonly grid: readonly [height: number, width: number];
  /** `images [B, H, W, 3] → [B, N, D]`, without positions. */
  embedPatches(images: Tensor, ctx: Context): Tensor;
  /** `[1 + added + N, D]`, the class token's first. */
  readonly positional_embedding: Parameter;
  readonly transformer: Pick<ClipTransformer, 'resblocks'>;
}

/** Masks that are known beforehand `[B, P, N]`, and none in the middle of predicting them. */
interface Look {
  /** Projected class and part tokens: `[B, 1 + P, E]`. */
  readonly tokens: Tensor;
  /** What the predictor said in every layer. */
  readonly predicted: readonly PredictedMasks[];
}

const DESCRIPTORS = ['global', 'global.bn', 'regions'];

/**
 * MUVA's model under the names of its released code: CLIP's image side with a token for each body part, whose attention is gated by masks that a
 * small predictor guesses in front of every layer. Passes: `teacher` takes the masks of `batch.partMasks` instead of predicting them, `text` gives
 * the sentences of `batch.labels`. Without `text` and `classes` it is what runs at test.
 * @see "Multi-Grained Vision-Language Alignment for Domain Generalized Person Re-Identification".
 */
export class MuvaModel extends Module implements Model {
  readonly image_encoder: MuvaEncoder;
  /** `[P, D]` */
  readonly local_token: Parameter | undefined;
  readonly residual_mask_predictor: ResidualMaskPredictor | undefined;
  readonly bnneck: Head;
  readonly fc: Head | undefined;
  readonly prompt_learner: PromptBank | undefined;
  readonly text_encoder: TextEncoder | undefined;
  readonly #chosen: Chosen;
  readonly #stripes: HostTensor | undefined;

  constructor(encoder: MuvaEncoder, text: TextEncoder | undefined, chosen: Chosen) {
    super();
    const { parts, classes, localInit, neckUpdates, predictor, partMasks } = chosen;
    const [count, patches] = [parts.length, encoder.grid[0] * encoder.grid[1]];
    const width = (1 + count) * encoder.projectedWidth;
    const depth = encoder.transformer.resblocks.length;
    this.image_encoder = encoder;
    this.local_token =
      count > 0 && localInit !== 'patches'
        ? parameter([count, encoder.width], (localInit === 'normal' ? normalInit : truncatedNormalInit)(0.02))
        : undefined;
    this.#stripes = count > 0 && partMasks === 'stripes' ? stripeMasks(count, encoder.grid) : undefined;
    this.residual_mask_predictor =
      count > 0 && !this.#stripes
        ? new ResidualMaskPredictor({ ...predictor, depth, width: encoder.width, parts: count, patches, grid: encoder.grid })
        : undefined;
    this.bnneck = bnneck({ width }, { momentum: 1 - 0.9 ** neckUpdates });
    this.fc = classes === undefined ? undefined : classifier({ width, classes });
    this.prompt_learner = text && classes !== undefined ? promptsFor(text, classes, chosen) : undefined;
    this.text_encoder = text;
    this.#chosen = chosen;
  }

  get imageSize(): readonly [number, number] {
    return this.image_encoder.imageSize;
  }

  get partNames(): readonly string[] {
    return this.#chosen.parts;
  }

  get partGrid(): readonly [number, number] {
    return this.image_encoder.grid;
  }

  get reads(): readonly ('cameras' | 'views')[] {
    return this.image_encoder.reads ?? [];
  }

  get gives(): Model['gives'] {
    const masks = this.residual_mask_predictor ? ['regions.logits', 'regions.masks'] : [];
    return {
      training: [...DESCRIPTORS, ...masks, ...(this.fc ? ['logits.global'] : [])],
      evaluation: [...DESCRIPTORS, ...masks, 'descriptor'],
    };
  }

  /** `teacher` reads `partMasks [B, P, h, w]` and predicts none; `text` (where there is a text side) gives `text [B, (1 + P) · E]` of `labels`. */
  get passes(): Readonly<Record<string, ModelPass>> {
    const teacher: ModelPass = {
      reads: ['images', ...this.reads, ...(this.#chosen.parts.length > 0 ? ['partMasks'] : [])],
      gives: { training: DESCRIPTORS, evaluation: DESCRIPTORS },
      forward: (batch, ctx) => this.#describe(this.#look(batch, ctx, batch.partMasks), ctx),
    };
    if (!this.prompt_learner) return { teacher };
    const text: ModelPass = {
      reads: ['labels'],
      gives: { training: ['text'], evaluation: ['text'] },
      forward: (batch, ctx) => ({ text: this.textOf(batch.labels!, ctx) }),
    };
    return { teacher, text };
  }

  /** `images [B, H, W, 3]` → the outputs that `gives` names: `global [B, (1 + P) · E]`, `regions [B, P, E]`, `regions.logits [B, L, P, N]`. */
  forward(batch: Tensors, ctx: Context): Tensors {
    const seen = this.#look(batch, ctx);
    const described = this.#describe(seen, ctx);
    const outputs = { ...described, ...masksOf(seen) };
    if (!ctx.training) return { ...outputs, descriptor: described['global.bn']! };
    if (!this.fc) return outputs;
    const read = this.#chosen.classifierInput === 'neck' ? described['global.bn']! : described.global!;
    return { ...outputs, 'logits.global': this.fc.forward(read, ctx) };
  }

  /** Sentences of identities, all parts side by side: `labels [B] → [B, (1 + P) · E]`. Throws INVALID_ARGUMENT without a text side. */
  textOf(labels: Tensor, ctx: Context): Tensor {
    if (!this.text_encoder || !this.prompt_learner) {
      throw new ReidError('INVALID_ARGUMENT', 'This model has no text side.', {
        hint: 'set its options "text": { "use": "encoder/clip-text" } and "classes".',
      });
    }
    const { summary } = this.text_encoder.forward(this.prompt_learner.forward({ labels }), ctx);
    return reshape(summary, [labels.shape[0]!, -1]);
  }

  /** Class and part tokens, with masks that are given `[B, P, h, w]` or predicted. */
  #look({ images, ...facts }: Tensors, ctx: Context, given?: Tensor): Look {
    const { parts, threshold, soft, blockTransposed } = this.#chosen;
    const { image_encoder: encoder, residual_mask_predictor: predictor } = this;
    const [B, P] = [images!.shape[0]!, parts.length];
    const side = Object.fromEntries(this.reads.map((name) => [name, facts[name]!]));
    const predicted: PredictedMasks[] = [];
    const biasOf = (masks: Tensor): Tensor => partAttentionBias(maskGate(masks, { threshold, soft }), { blockTransposed });
    const known = given ? reshape(given, [B, P, -1]) : this.#stripes && toTensor(this.#stripes);
    const fixed = P > 0 && known ? biasOf(known) : undefined;
    const attentionBias = (layer: number, tokens: Tensor): Tensor => {
      if (fixed) return fixed;
      predicted.push(predictor!.forward(tokens, layer, predicted.at(-1)?.logits, ctx));
      return biasOf(predicted.at(-1)!.probabilities);
    };
    const call = P > 0 ? { ...side, extraTokens: this.#partTokens(images!, ctx), attentionBias } : side;
    const projected = encoder.forward(images!, ctx, call).taps.projected!;
    return { tokens: slice(projected, [0, 0, 0], [B, 1 + P, encoder.projectedWidth]), predicted };
  }

  /** Part tokens as they enter the encoder, `[1, P, D]`, or `[B, P, D]` of each image's own: with the class token's position, unless they have positions there. */
  #partTokens(images: Tensor, ctx: Context): Tensor {
    const { width, grid, positional_embedding: positions } = this.image_encoder;
    const tokens = this.local_token ? reshape(this.local_token.value, [1, -1, width]) : this.#stripeMeans(images, ctx);
    return positions.shape[0]! > 1 + grid[0] * grid[1]
      ? tokens
      : add(tokens, reshape(slice(positions.value, [0, 0], [1, width]), [1, 1, width]));
  }

  /** Means of the patches of each image over equal stripes: `[B, P, D]`. */
  #stripeMeans(images: Tensor, ctx: Context): Tensor {
    const { grid, width } = this.image_encoder;
    const [B, P, N] = [images.shape[0]!, this.#chosen.parts.length, grid[0] * grid[1]];
    const { data } = stripeMasks(P, grid);
    const shares = Float32Array.from(data, (inside, at) => inside / stripeSize(data, at, N));
    const patches = reshape(transpose(this.image_encoder.embedPatches(images, ctx), [0, 2, 1]), [B * width, N]);
    const means = matMul(patches, toTensor(hostTensor(shares, [P, N])), false, true);
    return transpose(reshape(means, [B, width, P]), [0, 2, 1]);
  }

  #describe({ tokens }: Look, ctx: Context): Record<string, Tensor> {
    const [B, count, width] = tokens.shape as [number, number, number];
    const global = reshape(tokens, [B, count * width]);
    const regions = slice(tokens, [0, 1, 0], [B, count - 1, width]);
    return { global, 'global.bn': this.bnneck.forward(global, ctx), regions };
  }

  /**
   * Numbers of a whole CLIP, or of MUVA's released code for another image size, as this model takes them: positions resized and repeated for part
   * tokens, fixed words of the prompts taken from CLIP's table, what it has no place for left out.
   */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    const { image_encoder: encoder, text_encoder: text, prompt_learner: prompts } = this;
    const adapted = clipReidNumbers(numbers, { encoder, text, prompts });
    const kept = Object.entries(adapted).filter(([path]) => this.fc !== undefined || !path.startsWith('fc.'));
    const token = adapted['image_encoder.class_embedding'];
    const copied = this.#chosen.localInit === 'class' && token && this.local_token && !('local_token' in adapted);
    return { ...Object.fromEntries(kept), ...(copied ? { local_token: rowsOf(token, this.local_token!.shape) } : {}) };
  }
}

/** Number of patches in the stripe that a place of stripes `[P, N]` belongs to. */
function stripeSize(data: HostTensor['data'], at: number, patches: number): number {
  const from = Math.floor(at / patches) * patches;
  return (data as Float32Array).subarray(from, from + patches).reduce((sum, inside) => sum + inside, 0);
}

/** A vector as every row of a table. */
function rowsOf({ data }: HostTensor, [rows, width]: readonly number[]): HostTensor {
  return hostTensor(
    Float32Array.from({ length: rows! * width! }, (_, at) => data[at % width!]!),
    [rows!, width!],
  );
}

/** Mask logits of all layers `[B, L, P, N]`, and probabilities of the last `[B, P, N]`. */
function masksOf({ predicted }: Look): Tensors {
  if (predicted.length === 0) return {};
  return {
    'regions.logits': stack(
      predicted.map(({ logits }) => logits),
      1,
    ),
    'regions.masks': predicted.at(-1)!.probabilities,
  };
}

function promptsFor(text: TextEncoder, identities: number, { parts, prompts, promptDeviation: deviation }: Chosen): PromptBank {
  const texts = prompts ?? muvaPrompts(parts);
  if (texts.length !== 1 + parts.length) {
    throw new ReidError('INVALID_OPTIONS', `model/muva expected ${1 + parts.length} prompts, one for the person and one for each part, got ${texts.length}.`); // prettier-ignore
  }
  const { width, length } = text;
  return promptBank({ texts, scope: 'perIdentity', identities, width, length, deviation, name: 'learnable_ctx' });
}

function suiting(encoder: ImageEncoder, use: string, parts: number): MuvaEncoder {
  if (!('positional_embedding' in encoder && 'transformer' in encoder && 'projectedWidth' in encoder)) {
    throw new ReidError('INVALID_OPTIONS', `model/muva needs CLIP's vision transformer, which "${use}" is not.`, {
      hint: 'take "encoder/clip-vision".',
    });
  }
  const found = encoder as MuvaEncoder;
  const added = found.positional_embedding.shape[0]! - 1 - found.grid[0] * found.grid[1];
  if (added === 0 || added === parts) return found;
  throw new ReidError('INVALID_OPTIONS', `model/muva with ${parts} parts got an encoder with positions for ${added} added tokens.`, {
    hint: `set "addedTokens" of "encoder" to ${parts}, or to 0 so that part tokens share the class token's position.`,
  });
}

/** `model/muva`. */
export const muvaModel = defineComponent({
  summary:
    "MUVA: CLIP's image side with tokens for body parts behind predicted masks, and a learned sentence of each part for every identity.",
  paper: 'https://arxiv.org/abs/2603.14012',
  options,
  build: ({ encoder: image, text: words, ...chosen }, use) => {
    const encoder = suiting(use<ImageEncoder>(image), image.use, chosen.parts.length);
    const text = words && use<TextEncoder>(words);
    if (text && text.summaryWidth !== encoder.projectedWidth) {
      throw new ReidError('INVALID_OPTIONS', `model/muva expected texts as wide as projected images, got ${text.summaryWidth} beside ${encoder.projectedWidth}.`, {
        hint: 'set "summaryWidth" of "text" to "projectedWidth" of "encoder".',
      }); // prettier-ignore
    }
    return new MuvaModel(encoder, text, chosen);
  },
});
