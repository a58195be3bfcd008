import { Module, argMax, reshape } from '@reidkit/core-tensor';
import { clipText, promptBank, type ClipTextTransformer, type PromptBank } from '@reidkit/encoders';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { clipTextOptionsOf } from '../clip-case.ts';
import { compareModel } from '../compare-model.ts';

/** Prompts and text side in their places in MUVA's checkpoints. */
class Prompts extends Module {
  readonly prompt_learner: PromptBank;
  readonly text_encoder: ClipTextTransformer;

  constructor(golden: GoldenCase) {
    super();
    const { shape, data } = golden.tensor('in/tokenized_prompts');
    const [texts, length] = shape as [number, number];
    const [identities, , vectors, width] = golden.tensor('w/prompt_learner.learnable_ctx').shape as [number, number, number, number];
    const sentences = Array.from({ length: texts }, (_, text) => {
      const padded = Array.from(data.slice(text * length, (text + 1) * length), Number);
      // The learned vectors stand behind "A photo of a".
      return { ids: padded.slice(0, padded.indexOf(Math.max(...padded)) + 1), learned: Array.from({ length: vectors }, (_, i) => 5 + i) };
    });
    this.prompt_learner = promptBank({ texts: sentences, scope: 'perIdentity', identities, width, length, words: 'given', name: 'learnable_ctx' });
    this.text_encoder = clipText({ ...clipTextOptionsOf(golden), length });
  }
}

export const adapter: GoldenAdapter = {
  family: 'muva-text',
  run(golden) {
    const model = new Prompts(golden);
    const { texts } = model.prompt_learner;
    compareModel(golden, {
      model,
      forward: ({ label, prompt_embedding: words, tokenized_prompts: ids }, ctx) => {
        const call = { labels: label!, words: words! };
        const whole = model.prompt_learner.forward({ ...call, whole: true }).embeddings!;
        const { summary } = model.text_encoder.forward(model.prompt_learner.forward(call), ctx);
        const [rows, count, width] = whole.shape as [number, number, number];
        return {
          prompts: reshape(whole, [rows / texts, texts, count, width]),
          text_features: reshape(summary, [rows / texts, -1]),
          eot_index: argMax(ids!, 1),
        };
      },
    });
  },
};
