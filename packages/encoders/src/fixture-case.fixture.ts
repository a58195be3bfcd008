import { readFileSync } from 'node:fs';
import {
  EVALUATION,
  Random,
  addN,
  disposeModule,
  loadStateDict,
  mul,
  namedParameters,
  readSafetensors,
  scoped,
  seededDraws,
  sum,
  toTensor,
  toTensors,
  trainingContext,
  valueAndGradients,
  withParameters,
  type Context,
  type HostTensors,
  type Module,
  type Tensors,
} from '@reidkit/core-tensor';

/** Numbers of a case in `__fixtures__` under a prefix, without it. */
const under = (tensors: HostTensors, prefix: string): HostTensors =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])),
  );

/** How a case of `__fixtures__` is run. */
export interface FixtureModel<M extends Module> {
  /** Builds the model from the case's `config`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- every family has its own options
  readonly make: (config: any) => M;
  /** Outputs under the case's names. */
  readonly forward: (model: M, inputs: Tensors, ctx: Context) => Tensors;
  /** Weights of the case as the model takes them. Default: as they are. */
  readonly adapt?: (model: M, numbers: HostTensors) => HostTensors;
}

/** Outputs, running statistics after a step and gradients of every weight that are further off than the case allows, a line for each. */
export async function fixtureFaults<M extends Module>(name: string, { make, forward, adapt }: FixtureModel<M>): Promise<string[]> {
  const path = (extension: string): string => new URL(`__fixtures__/${name}.${extension}`, import.meta.url).pathname;
  const { config, tolerance, mode } = JSON.parse(readFileSync(path('json'), 'utf8'));
  const { tensors } = await readSafetensors(path('safetensors'));
  const model = make(config);
  const weights = under(tensors, 'w/');
  loadStateDict(model, adapt ? adapt(model, weights) : weights);
  const ctx = mode === 'train' ? trainingContext({ draws: seededDraws(Random.seed(1)) }) : undefined;
  const trainable = [...namedParameters(model)].filter(([, parameter]) => parameter.trainable);
  const got = scoped(() => {
    const inputs = toTensors(Object.fromEntries(Object.entries(under(tensors, 'in/')).filter(([key]) => !key.startsWith('cotangent.'))));
    const cotangents = under(tensors, 'in/cotangent.');
    const { gradients, rest } = valueAndGradients(
      (values) =>
        withParameters(model, values, () => {
          const outputs = forward(model, inputs, ctx ?? EVALUATION);
          const updates = [...namedParameters(model)].flatMap(([of, buffer]) => {
            const value = ctx?.updates.get(buffer);
            return value ? [[`after.${of}`, value] as const] : [];
          });
          const terms = Object.entries(cotangents).map(([of, factors]) => sum(mul(outputs[of]!, toTensor(factors))));
          return { value: addN(terms), rest: { ...outputs, ...Object.fromEntries(updates) } };
        }),
      Object.fromEntries(trainable.map(([of, { value }]) => [of, value])),
    );
    const numbers = (values: Tensors): Record<string, number[]> =>
      Object.fromEntries(Object.entries(values).map(([of, value]) => [of, [...value.dataSync()]]));
    return { out: numbers(rest), grad: numbers(gradients) };
  });
  disposeModule(model);
  return (['out', 'grad'] as const).flatMap((kind) => {
    const atol = tolerance[`atol_${kind}`] as number;
    return Object.entries(under(tensors, `${kind}/`)).flatMap(([of, { data: want }]) => {
      const values = got[kind][of];
      if (!values) return of === 'loss' || of in under(tensors, 'in/') ? [] : [`${kind}/${of} is not there`];
      const worst = Math.max(...values.map((value, i) => Math.abs(value - want[i]!) - tolerance.rtol * Math.abs(want[i]!)));
      return worst <= atol ? [] : [`${kind}/${of} is off by ${worst}, allowed ${atol}`];
    });
  });
}
