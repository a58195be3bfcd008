import { addN, mul } from '@reidkit/core-tensor';
import { crossEntropyLoss, tripletLoss } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareLoss } from '../compare-loss.ts';

const SMOOTHING = 0.1;
const MARGIN = 0.3;

export const adapter: GoldenAdapter = {
  family: 'loss-clipreid-stage2',
  run(golden) {
    const { w_id: identityWeight, w_tri: tripletWeight, w_i2t: textWeight, smooth } = golden.json.config;
    const options = { smoothing: smooth === 'on' ? SMOOTHING : 0 };
    compareLoss(golden, ({ labels, i2t, ...tensors }) => {
      const under = (prefix: string) => Object.keys(tensors).filter((name) => name.startsWith(prefix)).map((name) => tensors[name]!); // prettier-ignore
      const identity = under('score').map((logits) => mul(crossEntropyLoss(logits, labels!, options), identityWeight));
      const triplets = under('feat').map((embeddings) => mul(tripletLoss(embeddings, labels!, { margin: MARGIN }), tripletWeight));
      return { loss: addN([...identity, ...triplets, mul(crossEntropyLoss(i2t!, labels!, options), textWeight)]) };
    });
  },
};
