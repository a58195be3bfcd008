import { scoped, valueAndGradients, type Tensor, type Tensors } from '@reidkit/core-tensor';
import type { GoldenCase, GoldenTensor } from './adapter.ts';
import { goldenTensor } from './golden-tensors.ts';
import { numberOf } from './parse-json.ts';

/** A loss of a case: the scalar, and whatever else the case states under `out/`. */
export interface LossResult {
  readonly loss: Tensor;
  readonly outputs?: Tensors;
  /** Further scalars that the case states in `expected`. */
  readonly scalars?: Tensors;
}

const SCALAR = 'expected.';
const renamed = (values: Tensors, prefix: string): Tensors =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));

const TENSORS = /^(?:in|w)\/(.*)$/;

function compareScalar({ report, json }: GoldenCase, name: string, got: number): void {
  const want = numberOf(json.expected[name]);
  // A reference that divides 0 by 0 for want of rows has nothing to agree with: the library gives a number there.
  if (Number.isNaN(want)) report.check(name, Number.isFinite(got), `expected a finite number where the reference has none, got ${got}`);
  else report.compare(name, [got], { dtype: 'F64', shape: [], data: Float64Array.of(want) });
}

function compareGradient({ report }: GoldenCase, name: string, got: ArrayLike<number> | undefined, want: GoldenTensor): void {
  const numbers = got ?? new Float32Array(want.data.length);
  if (Array.from(want.data as ArrayLike<number>).some((value) => Number.isNaN(value))) {
    report.check(name, Array.from(numbers).every(Number.isFinite), 'expected finite numbers where the reference has none');
  } else report.compare(name, numbers, want);
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
        const { loss, outputs = {}, scalars = {} } = compute({ ...tensors, ...variables });
        return { value: loss, rest: { ...outputs, ...renamed(scalars, SCALAR) } };
      },
      Object.fromEntries(learned.map((name) => [name, tensors[name]!])),
    );
    compareScalar(golden, 'loss', value.dataSync()[0]!);
    for (const [name, scalar] of Object.entries(rest)) {
      if (name.startsWith(SCALAR)) compareScalar(golden, name.slice(SCALAR.length), scalar.dataSync()[0]!);
    }
    for (const key of golden.keys.filter((key) => key.startsWith('out/'))) {
      const output = rest[key.slice('out/'.length)];
      if (output) report.compare(key, output.dataSync(), golden.tensor(key));
      else report.check(key, false, 'was not computed');
    }
    for (const name of learned) {
      compareGradient(golden, `grad/${name}`, gradients[name]?.dataSync(), golden.tensor(`grad/${name}`));
    }
  });
}
