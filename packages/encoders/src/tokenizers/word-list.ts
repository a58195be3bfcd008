import { defineComponent, type TokenizerSource } from '@reidkit/core-tensor';
import { z } from 'zod';
import { wordPieceTokenizer } from './word-piece-tokenizer.ts';

/** `tokenizer/word-list`: WordPiece with a vocabulary that stands in the recipe, for small models that start from nothing. */
export const wordListComponent = defineComponent({
  summary: 'WordPiece with the vocabulary that is given, for small models that start from nothing.',
  options: z.strictObject({
    words: z.array(z.string().min(1)).min(6).max(100_000).describe('the vocabulary, the marks [PAD] [UNK] [CLS] [SEP] [MASK] among it'),
    length: z.number().int().min(2).max(4096).default(512).describe('words per text, marks included, unless asked otherwise'),
  }),
  build: ({ words, length }): TokenizerSource => ({
    name: 'word-list',
    read: () => Promise.resolve(wordPieceTokenizer(words, { length })),
  }),
});
