import { add, mean, mul, scoped, slice, sum, tensor, valueAndGradients, type Tensor, type Tensors } from '@reidkit/core-tensor';
import { nextWordLoss } from '@reidkit/lmm';
import { boxCorners, boxLoss, boxOverlapLoss, distanceWeights, meanOfMasks, segmentationDice, segmentationWeighted, smoothL1, stateDistances, stateRankingLoss } from '@reidkit/losses'; // prettier-ignore
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { goldenTensor } from '../golden-tensors.ts';

const READINGS = {
  literal: {},
  hard_neg: { negatives: 'hard' },
  detached: { detachWeights: true },
  uniform: { negatives: 'uniform', positives: 'uniform' },
} as const;

const NORMS = { 'mean-all': 'pixels', 'mean-class': 'class' } as const;

type Scalar = (inputs: Tensors) => Tensor;

/** States of a query beside each of its sequences: those of the positives, then those of the negatives. */
function halves(states: Tensor, positives: number): readonly [Tensor, Tensor] {
  const [queries, all, width] = states.shape as [number, number, number];
  return [slice(states, [0, 0, 0], [queries, positives, width]), slice(states, [0, positives, 0], [queries, all - positives, width])];
}

/** Every scalar that has gradients in a case, by its name. */
function scalarsOf(golden: GoldenCase): Record<string, Scalar> {
  const { taus, k, wbce_weights: weights, dice_weight: diceWeight, smooth_weight: distance, ciou_weight: overlap } = golden.json.config;
  const [foreground, background] = weights as [number, number];
  const ranked = (temperature: number, options: object): Scalar => ({ rgn, pos, neg }) =>
    stateRankingLoss({ query: rgn!, positives: pos!, negatives: neg! }, { temperature, ...options }); // prettier-ignore
  const scalars: Record<string, Scalar> = {
    'reid.pair': ({ rgn_pair: pair, pos, neg }) => {
      const [query, negativeQuery] = halves(pair!, k);
      return stateRankingLoss({ query, positives: pos!, negatives: neg!, negativeQuery }, { temperature: taus[0] });
    },
    'reid.mean_rgn': ({ rgn_pair: pair, pos, neg }) =>
      stateRankingLoss({ query: mean(pair!, 1), positives: pos!, negatives: neg! }, { temperature: taus[0] }),
    dice: ({ mask_logits: logits, mask_target: target }) => meanOfMasks(segmentationDice(logits!, target!)),
    smooth_l1: ({ box_pred: boxes, box_target: target }) => mean(smoothL1(boxes!, target!)),
    ciou: ({ box_pred: boxes, box_target: target }) => mean(boxOverlapLoss(boxCorners(boxes!), boxCorners(target!))),
    text: ({ text_logits: logits, text_labels: labels }) => nextWordLoss(logits!, labels!),
  };
  for (const [reading, norm] of Object.entries(NORMS)) {
    const part = (inside: number, outside: number): Scalar => ({ mask_logits: logits, mask_target: target }) =>
      mean(segmentationWeighted(logits!, target!, { foreground: inside, background: outside, norm })); // prettier-ignore
    scalars[`wbce.${reading}`] = part(foreground, background);
    scalars[`wbce.${reading}.fg`] = part(1, 0);
    scalars[`wbce.${reading}.bg`] = part(0, 1);
  }
  for (const tau of taus as number[]) {
    const text = Number.isInteger(tau) ? `${tau}.0` : String(tau);
    for (const [reading, options] of Object.entries(READINGS)) scalars[`reid.${reading}.tau${text}`] = ranked(tau, options);
  }
  scalars.total = (inputs) => {
    const terms = [
      scalars.text!(inputs),
      scalars['wbce.mean-all']!(inputs),
      mul(scalars.dice!(inputs), diceWeight),
      mean(boxLoss(inputs.box_pred!, inputs.box_target!, { distance, overlap })),
      ranked(taus[0], {})(inputs),
    ];
    return terms.reduce((all, term) => add(all, term));
  };
  return scalars;
}

function compareDistances(golden: GoldenCase, { rgn, pos, neg }: Tensors): void {
  const near = stateDistances(rgn!, pos!);
  const far = stateDistances(rgn!, neg!);
  const [weightNear, weightFar] = [distanceWeights(near, 'literal'), distanceWeights(far, 'literal')];
  const values = {
    dist_pos: near,
    dist_neg: far,
    weight_pos: weightNear,
    weight_neg: weightFar,
    weight_neg_hard: distanceWeights(far, 'hard'),
    d_pos: sum(mul(weightNear, near), 1),
    d_neg: sum(mul(weightFar, far), 1),
  };
  for (const [name, value] of Object.entries(values)) golden.report.compare(`out/${name}`, value.dataSync(), golden.tensor(`out/${name}`));
}

export const adapter: GoldenAdapter = {
  family: 'fusion-losses',
  run(golden) {
    scoped(() => {
      const inputs: Tensors = Object.fromEntries(golden.keys.filter((key) => key.startsWith('in/')).map((key) => [key.slice(3), goldenTensor(golden, key)]));
      compareDistances(golden, inputs);
      for (const [name, scalar] of Object.entries(scalarsOf(golden))) {
        const prefix = `grad/${name}/`;
        const names = golden.keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
        const given = Object.fromEntries((names.length > 0 ? names : ['mask_logits']).map((input) => [input, inputs[input]!]));
        const { value, gradients } = valueAndGradients((own) => ({ value: scalar({ ...inputs, ...own }), rest: {} }), given);
        golden.report.compare(`out/${name}`, value.dataSync(), golden.tensor(`out/${name}`));
        for (const input of names) golden.report.compare(prefix + input, gradients[input]?.dataSync() ?? [], golden.tensor(prefix + input));
      }
      const { rgn, pos, neg } = inputs;
      const { gradients } = valueAndGradients(
        ({ tau }) => ({ value: stateRankingLoss({ query: rgn!, positives: pos!, negatives: neg! }, { temperature: tau! }), rest: {} }),
        { tau: tensor(golden.json.config.taus[0]) },
      );
      golden.report.compare('grad/reid.literal/tau', gradients.tau!.dataSync(), golden.tensor('grad/reid.literal/tau'));
    });
  },
};
