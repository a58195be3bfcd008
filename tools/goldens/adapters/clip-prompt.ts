import { Module } from '@reidkit/core-tensor';
import { clipText, promptBank, type ClipTextTransformer, type PromptBank } from '@reidkit/encoders';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { clipTextOptionsOf } from '../clip-case.ts';
import { compareModel } from '../compare-model.ts';

/** Prompts and text side in their places in CLIP-ReID's checkpoints. */
class Prompts extends Module {
  readonly prompt_learner: PromptBank;
  readonly text_encoder: ClipTextTransformer;

  constructor(golden: GoldenCase) {
    super();
    const { classes: identities, text_width: width, context: length } = golden.json.config;
    const [, vectors] = golden.tensor('w/prompt_learner.cls_ctx').shape as [number, number];
    const [, before] = golden.tensor('w/prompt_learner.token_prefix').shape as [number, number];
    const padded = Array.from(golden.tensor('in/tokenized_prompts').data, Number);
    const ids = padded.slice(0, padded.indexOf(Math.max(...padded)) + 1);
    const learned = Array.from({ length: vectors }, (_, i) => before + i);
    this.prompt_learner = promptBank({ texts: [{ ids, learned }], scope: 'perIdentity', identities, width, length, name: 'cls_ctx' });
    this.text_encoder = clipText(clipTextOptionsOf(golden));
  }
}

export const adapter: GoldenAdapter = {
  family: 'clip-prompt',
  run(golden) {
    const model = new Prompts(golden);
    compareModel(golden, {
      model,
      forward: ({ label }, ctx) => ({
        prompts: model.prompt_learner.forward({ labels: label!, whole: true }).embeddings!,
        text_features: model.text_encoder.forward(model.prompt_learner.forward({ labels: label! }), ctx).summary,
      }),
    });
  },
};
