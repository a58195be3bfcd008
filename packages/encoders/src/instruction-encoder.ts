import {
  concat,
  ones,
  reshape,
  slice,
  type Context,
  type ImageEncoder,
  type Tensor,
  type Tensors,
  type TextEncoder,
  type TextTokens,
} from '@reidkit/core-tensor';

/** What tells a model what to look for, whatever form it has: words, a picture, tokens that were made before. */
export interface InstructionEncoder {
  /** Names of the batch that it reads. */
  readonly reads: readonly string[];
  /** What `reads` names → tokens `[B, T, D]`, their mask `[B, T]`, and a summary `[B, D]`, the first token. */
  encode(batch: Tensors, ctx: Context): TextTokens;
}

/** First token of each row: `[B, T, D] → [B, D]`. */
export function firstToken(tokens: Tensor): Tensor {
  const [B, T, D] = tokens.shape as [number, number, number];
  return slice(reshape(tokens, [B, T * D]), [0, 0], [B, D]);
}

/** Instructions in words: the batch's numbers of words `textIds [B, T]` int32 and their mask `textMask [B, T]`. */
export function textInstructions(encoder: () => TextEncoder): InstructionEncoder {
  return {
    reads: ['textIds', 'textMask'],
    encode: ({ textIds, textMask }, ctx) => encoder().forward({ ids: textIds!, mask: textMask! }, ctx),
  };
}

/** Instructions that are pictures, such as one of a garment: the batch's `pictures [B, h, w, 3]`; no token is padding. */
export function pictureInstructions(encoder: () => ImageEncoder): InstructionEncoder {
  return {
    reads: ['pictures'],
    encode: ({ pictures }, ctx) => {
      const { taps, cls, patches } = encoder().forward(pictures!, ctx);
      const [B, N, D] = patches.shape as [number, number, number];
      const tokens = taps.postNorm ?? concat([reshape(cls!, [B, 1, D]), patches], 1);
      return { tokens, mask: ones([B, tokens.shape[1] ?? N + 1]), summary: firstToken(tokens) };
    },
  };
}

/** Instructions whose tokens were made before: the batch's `instructions [B, T, D]` and `instructionsMask [B, T]`. */
export const givenInstructions: InstructionEncoder = {
  reads: ['instructions', 'instructionsMask'],
  encode: ({ instructions, instructionsMask }) => ({
    tokens: instructions!,
    mask: instructionsMask!,
    summary: firstToken(instructions!),
  }),
};
