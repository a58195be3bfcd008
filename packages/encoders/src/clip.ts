import { Module, constantInit, exp, matMul, mul, normalizeRows, parameter, reshape, slice, transpose, type Context, type ImageEncoder, type Parameter, type Tensor, type TextInput } from '@reidkit/core-tensor'; // prettier-ignore
import type { ClipTextTransformer } from './clip-text-transformer.ts';
import type { ClipTransformer } from './clip-transformer.ts';
import type { Embedding } from './embedding.ts';
import type { TokenMap } from './token-layer.ts';

/** Sides of a {@link Clip}. */
export interface ClipParts {
  /** Gives a tap `projected` whose first row is that of the whole image. */
  readonly visual: ImageEncoder;
  readonly text: ClipTextTransformer;
}

/**
 * A whole CLIP under OpenAI's names, from images and texts to how well they go together.
 * @see Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), Fig. 3.
 */
export class Clip extends Module {
  readonly visual: ImageEncoder;
  readonly transformer: ClipTransformer;
  readonly token_embedding: Embedding | undefined;
  readonly positional_embedding: Parameter;
  readonly ln_final: TokenMap;
  readonly text_projection: Parameter;
  /** Logarithm of the factor of cosines: `[]`. */
  readonly logit_scale: Parameter;
  readonly #text: ClipTextTransformer;

  constructor({ visual, text }: ClipParts) {
    super();
    this.visual = visual;
    this.transformer = text.transformer;
    this.token_embedding = text.token_embedding;
    this.positional_embedding = text.positional_embedding;
    this.ln_final = text.ln_final;
    this.text_projection = text.text_projection;
    this.logit_scale = parameter([], constantInit(Math.log(1 / 0.07)));
    this.#text = text;
  }

  /** `[B, H, W, 3] → [B, E]`, not normalised. */
  encodeImage(images: Tensor, ctx: Context): Tensor {
    const projected = this.visual.forward(images, ctx).taps.projected!;
    const [batch, , width] = projected.shape as [number, number, number];
    return reshape(slice(projected, [0, 0, 0], [batch, 1, width]), [batch, width]);
  }

  /** `ids [B, N] → [B, E]`, not normalised. */
  encodeText(texts: TextInput, ctx: Context): Tensor {
    return this.#text.forward(texts, ctx).summary;
  }

  /** Descriptors of images `[A, E]` and of texts `[B, E]` → cosines times the factor: `[A, B]` and `[B, A]`. */
  compare(images: Tensor, texts: Tensor): { readonly perImage: Tensor; readonly perText: Tensor } {
    const cosines = matMul(normalizeRows(images), normalizeRows(texts), false, true);
    const perImage = mul(cosines, exp(this.logit_scale.value));
    return { perImage, perText: transpose(perImage) };
  }
}
