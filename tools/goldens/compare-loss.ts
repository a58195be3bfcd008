import { scoped, valueAndGradients, type Tensor, type Tensors } from '@reidkit/core-tensor';
import type { GoldenCase } from './adapter.ts';
import { goldenTensor } from './golden-tensors.ts';
import { numberOf } from './parse-json.ts';

/** A loss of a case: the scalar, and whatever else the case states under `out/`. */
export interface LossResult {
  readonly loss: Tensor;
  readonly outputs?: Tensors;
}

const TENSORS = /^(?:in|w)\/(.*)$/;

function compareScalar({ report, json }: GoldenCase, got: number): void {
  const want = numberOf(json.expected.loss);
  // A reference that divides 0 by 0 for want of rows has nothing to agree with: the library gives a number there.
  if (Number.isNaN(want)) report.check('loss', Number.isFinite(got), `expected a finite number where the reference has none, got ${got}`);
  else report.compare('loss', [got], { dtype: 'F64', shape: [], data: Float64Array.of(want) });
}

/** Computes a loss from the tensors of a case by their own names, and compares value, outputs and every gradient. */
export function compareLoss(golden: GoldenCase, compute: (tensors: Tensors) => LossResult): void {
  const { report } = golden;
  scoped(() => {
    const tensors = Object.fromEntries(
      golden.keys.flatMap((key) => {
        const name = TENSORS.exec(key)?.[1];
        return name === undefined ? [] : [[name, goldenTensor(golden, key)] as const];
      }),
    );
    const learned = Object.keys(tensors).filter((name) => golden.has(`grad/${name}`));
    const { value, gradients, rest } = valueAndGradients(
      (variables) => {
        const { loss, outputs = {} } = compute({ ...tensors, ...variables });
        return { value: loss, rest: outputs };
      },
      Object.fromEntries(learned.map((name) => [name, tensors[name]!])),
    );
    compareScalar(golden, value.dataSync()[0]!);
    for (const key of golden.keys.filter((key) => key.startsWith('out/'))) {
      const output = rest[key.slice('out/'.length)];
      if (output) report.compare(key, output.dataSync(), golden.tensor(key));
      else report.check(key, false, 'was not computed');
    }
    for (const name of learned) {
      const want = golden.tensor(`grad/${name}`);
      report.compare(`grad/${name}`, gradients[name]?.dataSync() ?? new Float32Array(want.data.length), want);
    }
  });
}
