import { defineComponent, type TokenizerSource } from '@reidkit/core-tensor';
import { z } from 'zod';
import { readTokenizer } from './read-tokenizer.ts';

/** `tokenizer/files`: the tokenizer of a checkpoint from the files beside it. */
export const tokenizerFilesComponent = defineComponent({
  summary: 'The tokenizer of a checkpoint from the files beside it: CLIP, BERT, LLaMA and what follows their rules.',
  options: z.strictObject({
    path: z.string().min(1).describe('a folder with tokenizer.json, merges.txt or vocab.txt, or one of these files'),
  }),
  build: ({ path }): TokenizerSource => ({ name: 'files', read: () => readTokenizer(path) }),
});
