import { ReidError, type Tokenizer } from '@reidkit/core-tensor';

/** A text with places for learned vectors, as `promptBank` takes it. */
export interface PromptText {
  readonly ids: number[];
  readonly learned: number[];
}

/**
 * Texts for `promptBank` from sentences in which a word stands for each learned vector. Throws INVALID_ARGUMENT when that word is several
 * tokens, or is missing in a sentence.
 *
 * @example
 * ```ts
 * import { promptTexts } from '@reidkit/encoders';
 * const tokenizer = { vocabulary: 9, ids: (text: string) => [7, ...text.split(' ').map((word) => (word === 'X' ? 3 : 1)), 8], encode: () => ({}) as never, decode: () => '' };
 * const [text] = promptTexts(tokenizer, ['photo of X X person'], 'X');
 * console.assert(text!.learned.join() === '3,4');
 * ```
 */
export function promptTexts(tokenizer: Tokenizer, sentences: readonly string[], placeholder: string): PromptText[] {
  const [, word, ...rest] = tokenizer.ids(placeholder);
  if (word === undefined || rest.length !== 1) {
    throw new ReidError('INVALID_ARGUMENT', `The placeholder "${placeholder}" is not one word of this tokenizer.`, {
      hint: 'take "X" or "*".',
    });
  }
  return sentences.map((sentence) => {
    const ids = tokenizer.ids(sentence);
    const learned = ids.flatMap((id, at) => (id === word ? [at] : []));
    if (learned.length > 0) return { ids, learned };
    throw new ReidError('INVALID_ARGUMENT', `The sentence "${sentence}" has no "${placeholder}" for learned vectors.`);
  });
}

/** "A photo of a X X X X person." in the numbers of CLIP's vocabulary, with learned vectors for the X, as CLIP-ReID has it. */
export const CLIP_REID_PROMPT = {
  ids: [49406, 320, 1125, 539, 320, 343, 343, 343, 343, 2533, 269, 49407],
  learned: [5, 6, 7, 8],
} satisfies PromptText;
