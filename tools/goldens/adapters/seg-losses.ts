import { add, div, mul, scoped, sum, valueAndGradients, type Tensor, type Tensors } from '@reidkit/core-tensor';
import { meanOfMasks, segmentationCrossEntropy, segmentationDice } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { goldenTensor } from '../golden-tensors.ts';

const COSTS = { bce: segmentationCrossEntropy, dice: segmentationDice } as const;
const NAMES = ['bce', 'dice'] as const;

export const adapter: GoldenAdapter = {
  family: 'seg-losses',
  run(golden) {
    const { groups, bce_weight: bceWeight, dice_weight: diceWeight } = golden.json.config as { groups: number[]; bce_weight: number; dice_weight: number };
    const weights = { bce: bceWeight, dice: diceWeight };
    const { report } = golden;
    const total = groups.reduce((all, count) => all + count, 0);
    const compareGradient = (key: string, gradient: Tensor | undefined): void =>
      report.compare(key, gradient?.dataSync() ?? [], golden.tensor(key));
    scoped(() => {
      const tensors: Tensors = Object.fromEntries(golden.keys.filter((key) => key.startsWith('in/')).map((key) => [key.slice(3), goldenTensor(golden, key)]));
      groups.forEach((count, k) => {
        for (const name of NAMES) {
          const { value, gradients, rest } = valueAndGradients(
            ({ logits }) => {
              const rows = COSTS[name](logits!, tensors[`target${k}`]!);
              return { value: meanOfMasks(rows), rest: { rows } };
            },
            { logits: tensors[`logits${k}`]! },
          );
          report.compare(`out/${name}${k}`, value.dataSync(), golden.tensor(`out/${name}${k}`));
          if (count > 0) report.compare(`out/${name}${k}.per_mask`, rest.rows!.dataSync(), golden.tensor(`out/${name}${k}.per_mask`));
          compareGradient(`grad/${name}${k}/logits${k}`, gradients.logits);
        }
      });
      const logits = Object.fromEntries(groups.map((_, k) => [`logits${k}`, tensors[`logits${k}`]!]));
      const { value, gradients, rest } = valueAndGradients((own) => {
        const parts = NAMES.map((name) => {
          const terms = groups.map((count, k) => mul(meanOfMasks(COSTS[name](own[`logits${k}`]!, tensors[`target${k}`]!)), count));
          return mul(div(terms.reduce((all, term) => add(all, term)), total + 1e-8), weights[name]); // prettier-ignore
        }) as [Tensor, Tensor];
        return { value: sum(add(...parts)), rest: { batch_bce: parts[0], batch_dice: parts[1] } };
      }, logits);
      for (const [name, got] of Object.entries({ ...rest, batch: value })) report.compare(`out/${name}`, got.dataSync(), golden.tensor(`out/${name}`));
      for (const name of Object.keys(logits)) compareGradient(`grad/${name}`, gradients[name]);
    });
  },
};
