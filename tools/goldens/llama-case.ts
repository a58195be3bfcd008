import {
  disposeModule,
  loadStateDict,
  namedParameters,
  scoped,
  valueAndGradients,
  withParameters,
  type HostTensors,
  type Module,
  type Tensor,
  type Tensors,
} from '@reidkit/core-tensor';
import { llama, llamaOptionsOf, type CausalLM } from '@reidkit/lmm';
import type { GoldenCase } from './adapter.ts';
import { goldenTensor } from './golden-tensors.ts';

/** The language model of a case, without numbers. */
export function llamaOf(golden: GoldenCase): CausalLM {
  return llama(llamaOptionsOf(golden.json.config));
}

/** How a case with a scalar of its own is run. */
export interface ScalarCase {
  readonly model: Module;
  /** Numbers of the model by its own names. */
  readonly weights: HostTensors;
  /** Further tensors that the case has gradients of, by the name behind `grad/`. */
  readonly variables?: () => Tensors;
  /** The scalar, and what the case has under `out/`. */
  readonly run: (variables: Tensors) => { readonly value: Tensor; readonly outputs: Tensors };
  /** The name behind `grad/` and the key of a parameter. Default: its path. */
  readonly nameOf?: (path: string) => string;
}

/** Compares outputs and every gradient of the case's scalar. */
export function compareScalarCase(golden: GoldenCase, { model, weights, variables = () => ({}), run, nameOf = (path) => path }: ScalarCase): void {
  const { report } = golden;
  loadStateDict(model, weights, { source: golden.name });
  scoped(() => {
    const own = Object.fromEntries([...namedParameters(model)].map(([path, { value }]) => [path, value]));
    const { gradients, rest } = valueAndGradients(
      (all) => {
        const mine = Object.fromEntries(Object.entries(all).filter(([path]) => path in own));
        const { value, outputs } = withParameters(model, mine, () => run(all));
        return { value, rest: outputs };
      },
      { ...own, ...variables() },
    );
    for (const [name, tensor] of Object.entries(rest)) report.compare(`out/${name}`, tensor.dataSync(), golden.tensor(`out/${name}`));
    const byName = new Map(Object.entries(gradients).map(([path, gradient]) => [nameOf(path), gradient]));
    for (const key of golden.keys.filter((key) => key.startsWith('grad/'))) {
      const gradient = byName.get(key.slice('grad/'.length));
      if (gradient) report.compare(key, gradient.dataSync(), golden.tensor(key));
      else report.check(key, false, 'there is no gradient');
    }
  });
  disposeModule(model);
}

/** Every `in/` of a case under a prefix, without it. */
export function inputsOf(golden: GoldenCase, prefix = ''): Tensors {
  const start = `in/${prefix}`;
  const keys = golden.keys.filter((key) => key.startsWith(start));
  return Object.fromEntries(keys.map((key) => [key.slice(start.length), goldenTensor(golden, key)]));
}
