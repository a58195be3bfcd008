import { Module, concat, type Context, type Head, type Tensor, type Tensors } from '@reidkit/core-tensor';
import { bnneck, classifier, inTurn } from '@reidkit/encoders';

/** Necks and classifiers of one task, under the names of the released code: one neck for the class token, one for both fused descriptors. */
export class TaskHeads extends Module {
  readonly feat_bn: Head;
  readonly fusion_feat_bn: Head;
  readonly classifier: Head;
  readonly classifier_f: Head;
  readonly classifier_c: Head;

  constructor(width: number, classes: number) {
    super();
    this.feat_bn = bnneck({ width });
    this.fusion_feat_bn = bnneck({ width });
    this.classifier = classifier({ width, classes });
    this.classifier_f = classifier({ width, classes });
    this.classifier_c = classifier({ width, classes });
  }
}

/** Descriptors of a picture, before any neck. */
export interface SeenImage {
  /** Class token `[B, D]`. */
  readonly global: Tensor;
  /** The image's class token among the tokens of the instruction `[B, D]`. */
  readonly bio: Tensor;
  /** The instruction's class token among the tokens of the image `[B, D]`. */
  readonly clot: Tensor;
}

/** Descriptors `[B, D]` before and behind their necks; in training the class scores too. */
export function runHeads(heads: TaskHeads, { global, bio, clot }: SeenImage, ctx: Context): Tensors {
  const neck = heads.feat_bn.forward(global, ctx);
  const [first, second] = inTurn(heads.fusion_feat_bn, [bio, clot], ctx) as [Tensor, Tensor];
  const outputs = { global, bio, clot, 'global.bn': neck, 'bio.bn': first, 'clot.bn': second };
  if (!ctx.training) return outputs;
  return {
    ...outputs,
    'logits.global': heads.classifier.forward(neck, ctx),
    'logits.bio': heads.classifier_f.forward(first, ctx),
    'logits.clot': heads.classifier_c.forward(second, ctx),
  };
}

/** Descriptors that heads give, with class scores in training. */
export const HEAD_OUTPUTS = ['global', 'bio', 'clot', 'global.bn', 'bio.bn', 'clot.bn'];

/** Class scores that heads give in training. */
export const SCORE_OUTPUTS = ['logits.global', 'logits.bio', 'logits.clot'];

/** Which descriptor is compared: `[B, D]` or `[B, 2 D]`. */
export function descriptorOf(outputs: Tensors, which: 'class' | 'fused' | 'fused-raw'): Tensor {
  if (which === 'class') return outputs.global!;
  return which === 'fused' ? concat([outputs['bio.bn']!, outputs['clot.bn']!], 1) : concat([outputs.bio!, outputs.clot!], 1);
}
