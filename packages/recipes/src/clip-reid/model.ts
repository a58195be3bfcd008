import { type Context, defineComponent, type Head, type HostTensors, type ImageEncoder, mean, type Model, type ModelPass, Module, nodeOf, Parameter, ReidError, concat, reshape, slice, type Tensor, type Tensors, type TextEncoder, zeros } from '@reidkit/core-tensor'; // prettier-ignore
import { CLIP_REID_PROMPT, bnneck, classifier, promptBank, promptText, type PromptBank } from '@reidkit/encoders';
import { z } from 'zod';
import { clipReidNumbers } from './clip-reid-numbers.ts';

const options = z.strictObject({
  encoder: nodeOf('encoder').describe('CLIP\'s image side: "encoder/clip-vision" or "encoder/clip-resnet".'),
  text: nodeOf('encoder')
    .optional()
    .describe('CLIP\'s text side, "encoder/clip-text"; needed where prompts are learned, and nowhere else. It needs no vectors of words.'),
  prompt: promptText
    .default(CLIP_REID_PROMPT)
    .describe('The sentence whose learned vectors every identity has of its own. Default: "A photo of a X X X X person."'),
  promptDeviation: z.number().min(0).default(0.02).describe('Standard deviation of the first learned vectors.'),
  classes: z.number().int().positive().describe('Number of training identities.'),
  descriptor: z.enum(['before', 'after']).default('before').describe('Whether images are compared before or after the batch-norm necks.'),
});

/** Options of `model/clip-reid` as people write them. */
export type ClipReidModelOptions = z.input<typeof options>;

/** An image encoder with a projection to the space of texts, and maybe a table of camera vectors. */
export interface ProjectingEncoder extends ImageEncoder {
  readonly projectedWidth: number;
  /** Hands its table of camera and view vectors over to the model's own tree. */
  giveSideTable?(): Parameter | undefined;
}

/** Parts of a {@link ClipReidModel}. */
export interface ClipReidParts {
  readonly encoder: ProjectingEncoder;
  readonly text?: TextEncoder | undefined;
  readonly prompts?: PromptBank | undefined;
  readonly classes: number;
  readonly descriptor: 'before' | 'after';
}

const HEADS = ['global.last', 'global', 'global.projected'];
const NECKS = ['global.bn', 'global.projected.bn'];

/** First row of each image: `[B, T, D] → [B, D]`. */
function firstOf(tokens: Tensor): Tensor {
  const [batch, , width] = tokens.shape as [number, number, number];
  return reshape(slice(tokens, [0, 0, 0], [batch, 1, width]), [batch, width]);
}

/**
 * CLIP-ReID's model under the names of its released code. Three descriptors: before the last layer, at the end (with a neck and a classifier),
 * and projected to the space of texts (likewise). Passes: `text` gives the text descriptors of `batch.labels`, `plain` the projected
 * descriptor without camera vectors, from which prompts are learned.
 * @see Li et al., "CLIP-ReID: Exploiting Vision-Language Model for Image Re-Identification without Concrete Text Labels" (AAAI 2023).
 */
export class ClipReidModel extends Module implements Model {
  readonly classifier: Head;
  readonly classifier_proj: Head;
  readonly bottleneck: Head;
  readonly bottleneck_proj: Head;
  readonly image_encoder: ProjectingEncoder;
  /** `[rows, D]`, row camera · views + view. */
  readonly cv_embed: Parameter | undefined;
  readonly prompt_learner: PromptBank | undefined;
  readonly text_encoder: TextEncoder | undefined;
  readonly #descriptor: 'before' | 'after';

  constructor({ encoder, text, prompts, classes, descriptor }: ClipReidParts) {
    super();
    const [width, projectedWidth] = [encoder.width, encoder.projectedWidth];
    this.classifier = classifier({ width, classes });
    this.classifier_proj = classifier({ width: projectedWidth, classes });
    this.bottleneck = bnneck({ width });
    this.bottleneck_proj = bnneck({ width: projectedWidth });
    this.image_encoder = encoder;
    this.cv_embed = encoder.giveSideTable?.();
    this.prompt_learner = prompts;
    this.text_encoder = text;
    this.#descriptor = descriptor;
  }

  get imageSize(): readonly [number, number] {
    return this.image_encoder.imageSize;
  }

  get reads(): readonly ('cameras' | 'views')[] {
    return this.image_encoder.reads ?? [];
  }

  get gives(): Model['gives'] {
    return {
      training: [...HEADS, ...NECKS, 'logits.global', 'logits.projected'],
      evaluation: [...HEADS, ...NECKS, 'descriptor'],
    };
  }

  /** `text` (where there is a text side) gives `text [B, E]` of `labels`, `plain` gives `global.projected` without camera vectors. */
  get passes(): Readonly<Record<string, ModelPass>> {
    const plain: ModelPass = {
      reads: ['images'],
      gives: { training: ['global.projected'], evaluation: ['global.projected'] },
      forward: (batch, ctx) => ({ 'global.projected': this.#plain(batch.images!, ctx) }),
    };
    if (!this.text_encoder) return { plain };
    const text: ModelPass = {
      reads: ['labels'],
      gives: { training: ['text'], evaluation: ['text'] },
      forward: (batch, ctx) => ({ text: this.textOf(batch.labels!, ctx) }),
    };
    return { plain, text };
  }

  /** `images [B, H, W, 3]` and cameras or views, where there are vectors for them → the outputs that `gives` names. */
  forward(batch: Tensors, ctx: Context): Tensors {
    const facts = Object.fromEntries(this.reads.flatMap((name) => (batch[name] ? [[name, batch[name]]] : [])));
    const { cls, patches, taps } = this.image_encoder.forward(batch.images!, ctx, facts);
    const last = cls ? firstOf(taps.beforeLast!) : mean(taps.beforeLast!, 1);
    const global = cls ?? mean(patches, 1);
    const projected = firstOf(taps.projected!);
    const necks = [this.bottleneck.forward(global, ctx), this.bottleneck_proj.forward(projected, ctx)];
    const outputs = {
      'global.last': last,
      global,
      'global.projected': projected,
      'global.bn': necks[0]!,
      'global.projected.bn': necks[1]!,
    };
    if (!ctx.training) return { ...outputs, descriptor: concat(this.#descriptor === 'before' ? [global, projected] : necks, 1) };
    return {
      ...outputs,
      'logits.global': this.classifier.forward(necks[0]!, ctx),
      'logits.projected': this.classifier_proj.forward(necks[1]!, ctx),
    };
  }

  /** Text descriptors of identities: `labels [B] → [B, E]`. Throws INVALID_ARGUMENT without a text side. */
  textOf(labels: Tensor, ctx: Context): Tensor {
    if (this.text_encoder && this.prompt_learner) return this.text_encoder.forward(this.prompt_learner.forward({ labels }), ctx).summary;
    throw new ReidError('INVALID_ARGUMENT', 'This model has no text side.', {
      hint: 'set its option "text": { "use": "encoder/clip-text" }.',
    });
  }

  /** The projected descriptor without camera vectors: `[B, E]`. */
  #plain(images: Tensor, ctx: Context): Tensor {
    const facts = Object.fromEntries(this.reads.map((name) => [name, zeros([images.shape[0]!], 'int32')]));
    const run = (): Tensor => firstOf(this.image_encoder.forward(images, ctx, facts).taps.projected!);
    return this.cv_embed ? Parameter.borrow([[this.cv_embed, zeros([...this.cv_embed.shape])]], run) : run();
  }

  /**
   * Numbers of a whole CLIP, or of CLIP-ReID's released code for another image size, as this model takes them: positions resized, fixed words
   * of the prompt taken from CLIP's table, what it has no place for left out. A CLIP has no heads, prompts and camera vectors.
   */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    return clipReidNumbers(numbers, { encoder: this.image_encoder, text: this.text_encoder, prompts: this.prompt_learner });
  }
}

function projecting(encoder: ImageEncoder, { use }: { readonly use: string }): ProjectingEncoder {
  if ('projectedWidth' in encoder) return encoder as ProjectingEncoder;
  throw new ReidError(
    'INVALID_OPTIONS',
    `model/clip-reid needs an encoder with a projection to the space of texts, which "${use}" has not.`,
    {
      hint: 'take "encoder/clip-vision" or "encoder/clip-resnet".',
    },
  );
}

function checkWidths({ projectedWidth }: ProjectingEncoder, { summaryWidth }: TextEncoder): void {
  if (projectedWidth === summaryWidth) return;
  const message = `model/clip-reid expected texts as wide as projected images, got ${summaryWidth} beside ${projectedWidth}.`;
  throw new ReidError('INVALID_OPTIONS', message, { hint: 'set "summaryWidth" of "text" to "projectedWidth" of "encoder".' });
}

/** `model/clip-reid`. */
export const clipReidModel = defineComponent({
  summary: "CLIP-ReID: CLIP's image side with two necks and classifiers, camera vectors, and a learned sentence for every identity.",
  paper: 'https://arxiv.org/abs/2211.13977',
  options,
  build: ({ classes, descriptor, prompt, promptDeviation, ...nodes }, use) => {
    const encoder = projecting(use<ImageEncoder>(nodes.encoder), nodes.encoder);
    const text = nodes.text && use<TextEncoder>(nodes.text);
    if (text) checkWidths(encoder, text);
    const prompts =
      text &&
      promptBank({
        texts: [prompt],
        scope: 'perIdentity',
        identities: classes,
        width: text.width,
        length: text.length,
        deviation: promptDeviation,
        name: 'cls_ctx',
      });
    return new ClipReidModel({ encoder, text, prompts, classes, descriptor });
  },
});
