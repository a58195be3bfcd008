import { type Context, defineComponent, type ImageEncoder, type Model, type ModelPass, nodeOf, ReidError, type Tensors, type TextEncoder } from '@reidkit/core-tensor'; // prettier-ignore
import { Clip, ClipTextTransformer } from '@reidkit/encoders';
import { z } from 'zod';

const options = z.strictObject({
  encoder: nodeOf('encoder').describe('CLIP\'s image side: "encoder/clip-vision" or "encoder/clip-resnet".'),
  text: nodeOf('encoder').default({ use: 'encoder/clip-text' }).describe('CLIP\'s text side: "encoder/clip-text".'),
});

const OUTPUTS = { training: ['global', 'scale'], evaluation: ['global'] } as const;

/**
 * CLIP as a model of both images and texts: each becomes a descriptor in the space that they share. Pass `text`: `textIds [B, N]` → `global
 * [B, E]`.
 * @see Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021).
 */
export class ClipModel extends Clip implements Model {
  get imageSize(): readonly [number, number] {
    return this.visual.imageSize;
  }

  get reads(): readonly string[] {
    return this.visual.reads ?? [];
  }

  get gives(): Model['gives'] {
    return OUTPUTS;
  }

  /** `text`: descriptors of texts. */
  get passes(): Readonly<Record<string, ModelPass>> {
    return {
      text: {
        reads: ['textIds'],
        gives: OUTPUTS,
        forward: (batch, ctx) => this.#outputs(this.encodeText({ ids: batch.textIds! }, ctx), ctx),
      },
    };
  }

  /** `images [B, H, W, 3]` → `global [B, E]`, not normalised; in training also `scale []`, the logarithm of the factor of cosines. */
  forward(batch: Tensors, ctx: Context): Tensors {
    return this.#outputs(this.encodeImage(batch.images!, ctx), ctx);
  }

  #outputs(global: Tensors[string], ctx: Context): Tensors {
    return ctx.training ? { global, scale: this.logit_scale.value } : { global };
  }
}

/** `model/clip`. */
export const clipModel = defineComponent({
  summary: 'CLIP, both sides: images and texts in one space, so that texts search images.',
  paper: 'https://arxiv.org/abs/2103.00020',
  options,
  build: ({ encoder, text }, use) => {
    const [visual, textSide] = [use<ImageEncoder>(encoder), use<TextEncoder>(text)];
    if (textSide instanceof ClipTextTransformer) return new ClipModel({ visual, text: textSide });
    throw new ReidError('INVALID_OPTIONS', `model/clip takes the text side "encoder/clip-text", got "${text.use}".`);
  },
});
