import { add, mul, sum, type HostTensors, type Module, type Tensor, type Tensors } from '@reidkit/core-tensor';
import type { GoldenCase } from './adapter.ts';
import { goldenWeights } from './compare-model.ts';
import { goldenTensor } from './golden-tensors.ts';
import { compareScalarCase, inputsOf } from './llama-case.ts';

/** How a case of a segmenter is run. */
export interface SamCase {
  readonly model: Module;
  /** Numbers of the model. Default: the case's, by their names. */
  readonly weights?: HostTensors;
  /** Outputs under the case's names from inputs under theirs. */
  readonly forward: (inputs: Tensors) => Tensors;
  /** Cotangent of each output that counts, by output; inputs under the case's names. */
  readonly cotangents: Readonly<Record<string, string>>;
}

/** Loads the weights, compares every output and every gradient of Σ output · cotangent. */
export function compareSam(golden: GoldenCase, { model, weights = goldenWeights(golden), forward, cotangents }: SamCase): void {
  const learned = golden.keys.filter((key) => key.startsWith('in/') && golden.has(`grad/${key.slice('in/'.length)}`));
  compareScalarCase(golden, {
    model,
    weights,
    variables: () => Object.fromEntries(learned.map((key) => [key.slice('in/'.length), goldenTensor(golden, key)])),
    run: (variables) => {
      const inputs = inputsOf(golden);
      const outputs = forward({ ...inputs, ...variables });
      for (const key of golden.keys.filter((key) => key.startsWith('out/'))) {
        const name = key.slice('out/'.length);
        if (!(name in outputs)) golden.report.check(key, false, 'was not computed');
      }
      const terms = Object.entries(cotangents).flatMap(([output, cotangent]) =>
        outputs[output]!.size === 0 ? [] : [sum(mul(outputs[output]!, inputs[cotangent]!))],
      );
      return { value: terms.reduce((total, term) => add(total, term)), outputs };
    },
  });
}

/** A map as the cases have it, channels last: `[B, N, D] → [B, h, w, D]`. */
export const onGrid = (tokens: Tensor, [height, width]: readonly [number, number]): Tensor =>
  tokens.reshape([tokens.shape[0]!, height, width, tokens.shape[2]!]);
