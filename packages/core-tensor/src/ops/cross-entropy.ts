import { add, exp, expandDims, logSoftmax, mul, neg, sub, sum, type Tensor } from '../tensor.ts';
import { fused } from './fused.ts';
import { oneHot } from './one-hot.ts';

const grad = fused({
  name: 'ReidCrossEntropyGrad',
  composite: ({ logProbabilities, targets, dy }) => {
    const total = sum(targets!, -1, true);
    return [mul(expandDims(dy!, -1), sub(mul(exp(logProbabilities!), total), targets!))];
  },
});

const run = fused({
  name: 'ReidCrossEntropy',
  composite: ({ logits, targets }) => {
    const logProbabilities = logSoftmax(logits!);
    return [neg(sum(mul(targets!, logProbabilities), -1)), logProbabilities];
  },
  saves: { inputs: ['targets'], outputs: [false, true] },
  gradient: ({ gradients, inputs, outputs }) => ({
    logits: grad({ logProbabilities: outputs[0]!, targets: inputs.targets!, dy: gradients[0]! })[0]!,
    targets: () => neg(mul(expandDims(gradients[0]!, -1), outputs[0]!)),
  }),
});

/** `−Σ target · log softmax(logits)` per row: `logits, targets [..., C]` → `[...]`. Targets need not sum to 1. */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return run({ logits, targets })[0]!;
}

/** Rows of class probabilities from labels: `[B]` int32 → `[B, C]`, `1 − smoothing` on the label plus `smoothing / C` on every class. */
export function smoothedTargets(labels: Tensor, classes: number, smoothing = 0): Tensor {
  const hard = oneHot(labels, classes);
  return smoothing === 0 ? hard : add(mul(hard, 1 - smoothing), smoothing / classes);
}
