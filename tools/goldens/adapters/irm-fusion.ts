import { Module, concat, type Context, type Tensor, type Tensors } from '@reidkit/core-tensor';
import { bnneck, classifier, firstToken, inTurn, isBatchCounter, SwapClassFusion, vitLayer } from '@reidkit/encoders';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareModel } from '../compare-model.ts';

/** The exchange of class tokens with its necks and classifiers. */
class Fusion extends Module {
  readonly fusion: SwapClassFusion;
  readonly feat_bn;
  readonly fusion_feat_bn;
  readonly classifier;
  readonly classifier_f;
  readonly classifier_c;

  constructor({ json }: GoldenCase) {
    super();
    const { width, heads, layers, mlp_ratio: mlpRatio, classes } = json.config;
    this.fusion = new SwapClassFusion(Array.from({ length: layers }, () => vitLayer({ width, heads, mlpRatio })));
    this.feat_bn = bnneck({ width });
    this.fusion_feat_bn = bnneck({ width });
    this.classifier = classifier({ width, classes });
    this.classifier_f = classifier({ width, classes });
    this.classifier_c = classifier({ width, classes });
  }

  run({ image_tokens: image, instruction_tokens: instruction }: Tensors, ctx: Context): Tensors {
    const { first, second } = this.fusion.forward({ tokens: image! }, { tokens: instruction! }, ctx);
    const [bio, clot] = inTurn(this.fusion_feat_bn, [firstToken(first), firstToken(second)], ctx) as [Tensor, Tensor];
    return {
      bio_tokens: first,
      clot_tokens: second,
      bio_bn: bio,
      clot_bn: clot,
      embedding: concat([bio, clot], 1),
      logits: this.classifier.forward(this.feat_bn.forward(firstToken(image!), ctx), ctx),
      bio_logits: this.classifier_f.forward(bio, ctx),
      clot_logits: this.classifier_c.forward(clot, ctx),
    };
  }
}

export const adapter: GoldenAdapter = {
  family: 'irm-fusion',
  run(golden) {
    const model = new Fusion(golden);
    compareModel(golden, {
      model,
      ignoredWeights: isBatchCounter,
      comparedElsewhere: golden.keys.flatMap((key) => (isBatchCounter(key) ? [key.slice('out/'.length)] : [])),
      forward: (inputs, ctx) => model.run(inputs, ctx),
    });
  },
};
