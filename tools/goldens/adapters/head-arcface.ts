import { EVALUATION, withParameters, type Tensor } from '@reidkit/core-tensor';
import { CosineClassifier } from '@reidkit/encoders';
import { arcfaceLogits, marginCrossEntropy, type CosineMargin } from '@reidkit/losses';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

type LogitsOf = (cosines: Tensor, labels: Tensor, options: CosineMargin) => Tensor;

/** A cosine classifier, a margin, and cross-entropy. */
export function compareMarginHead(golden: GoldenCase, logitsOf: LogitsOf): void {
  const { C: classes, D: width, margin, scale } = golden.json.config;
  const head = new CosineClassifier({ width, classes });
  compareLoss(golden, ({ features, labels, weight }) => {
    const cosines = withParameters(head, { weight: weight! }, () => head.forward(features!, EVALUATION));
    return {
      loss: marginCrossEntropy(cosines, labels!, (values, of) => logitsOf(values, of, { margin, scale })),
      outputs: { logits: logitsOf(cosines, labels!, { margin, scale }) },
    };
  });
}

export const adapter: GoldenAdapter = { family: 'head-arcface', run: (golden) => compareMarginHead(golden, arcfaceLogits) };
