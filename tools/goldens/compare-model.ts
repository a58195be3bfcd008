import {
  EVALUATION,
  add,
  disposeModule,
  loadStateDict,
  mul,
  namedParameters,
  scoped,
  sum,
  trainingContext,
  transpose,
  valueAndGradients,
  withParameters,
  type Context,
  type HostTensors,
  type Module,
  type Tensor,
  type Tensors,
} from '@reidkit/core-tensor';
import type { GoldenCase } from './adapter.ts';
import { goldenTensor, hostNumbers } from './golden-tensors.ts';

/** How a case of a network is run. */
export interface ModelCase {
  /** Holds every `w/` of the case under the same name. */
  readonly model: Module;
  /** Outputs under the case's names (`out/…`) from the inputs under theirs (`in/…`). Outputs that it leaves out are not compared. */
  readonly forward: (inputs: Tensors, ctx: Context) => Tensors;
  /** Outputs of the case that something else compares. */
  readonly comparedElsewhere?: readonly string[];
  /** Weights of the case that the model has no place for. */
  readonly ignoredWeights?: (path: string) => boolean;
}

/** Pixels as the cases have them, `[B, 3, H, W]`, as encoders take them: `[B, H, W, 3]`. */
export const toPixels = (images: Tensor): Tensor => transpose(images, [0, 2, 3, 1]);

const COTANGENT = 'in/cotangent.';

/** Keys of a case under a prefix, without it. */
function namesUnder(golden: GoldenCase, prefix: string): string[] {
  return golden.keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
}

/** Weights of a case by name. */
export function goldenWeights(golden: GoldenCase): HostTensors {
  return Object.fromEntries(namesUnder(golden, 'w/').map((name) => [name, hostNumbers(golden.tensor(`w/${name}`))]));
}

const refuse = (): never => {
  throw new Error('a case of a network drew random numbers');
};

/** Outputs with what buffers became, as `after.<path>`. */
function withUpdates(golden: GoldenCase, model: Module, run: (ctx: Context) => Tensors): Tensors {
  if (golden.json.mode !== 'train') return run(EVALUATION);
  const ctx = trainingContext({ draws: { uniform: refuse, normal: refuse } });
  const outputs = run(ctx);
  const updates = [...namedParameters(model)].flatMap(([path, buffer]) => {
    const value = ctx.updates.get(buffer);
    return value ? [[`after.${path}`, value] as const] : [];
  });
  return { ...outputs, ...Object.fromEntries(updates) };
}

/** Loads the weights, runs the model, and compares every output and every gradient of Σ output · cotangent. */
export function compareModel(golden: GoldenCase, { model, forward, comparedElsewhere = [], ignoredWeights = () => false }: ModelCase): void {
  const { report } = golden;
  loadStateDict(model, goldenWeights(golden), { allow: { unexpected: ignoredWeights }, source: golden.name });
  scoped(() => {
    const inputs = Object.fromEntries(
      namesUnder(golden, 'in/')
        .filter((name) => !name.startsWith('cotangent.'))
        .map((name) => [name, goldenTensor(golden, `in/${name}`)]),
    );
    const cotangents = Object.fromEntries(namesUnder(golden, COTANGENT).map((name) => [name, goldenTensor(golden, `${COTANGENT}${name}`)]));
    const weights = Object.fromEntries([...namedParameters(model)].filter(([, { trainable }]) => trainable).map(([path, { value }]) => [`w/${path}`, value]));
    const learned = Object.fromEntries(Object.keys(inputs).filter((name) => golden.has(`grad/${name}`)).map((name) => [`in/${name}`, inputs[name]!]));
    const { value, gradients, rest } = valueAndGradients((variables) => {
      const under = (prefix: string): Tensors =>
        Object.fromEntries(Object.entries(variables).flatMap(([key, tensor]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), tensor]] : [])));
      const outputs = withParameters(model, under('w/'), () => withUpdates(golden, model, (ctx) => forward({ ...inputs, ...under('in/') }, ctx)));
      const terms = Object.entries(cotangents).map(([name, cotangent]) => sum(mul(outputs[name]!, cotangent)));
      return { value: terms.reduce((total, term) => add(total, term)), rest: outputs };
    }, { ...weights, ...learned });
    compareOutputs(golden, { ...rest, loss: value }, comparedElsewhere);
    for (const name of namesUnder(golden, 'grad/')) {
      const gradient = gradients[`w/${name}`] ?? gradients[`in/${name}`];
      if (gradient) report.compare(`grad/${name}`, gradient.dataSync(), golden.tensor(`grad/${name}`));
      else report.check(`grad/${name}`, false, 'there is no gradient');
    }
  });
  disposeModule(model);
}

function compareOutputs(golden: GoldenCase, outputs: Tensors, comparedElsewhere: readonly string[]): void {
  for (const name of namesUnder(golden, 'out/').filter((name) => !comparedElsewhere.includes(name))) {
    const output = outputs[name];
    if (output) golden.report.compare(`out/${name}`, output.dataSync(), golden.tensor(`out/${name}`));
    else golden.report.check(`out/${name}`, false, 'was not computed');
  }
}
