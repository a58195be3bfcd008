import {
  corePlugin,
  createRegistry,
  currentBackend,
  hostTensor,
  type HostTensor,
  type HostTensors,
  type Node,
  type Optimizer,
} from '@reidkit/core-tensor';
import type { GoldenCase, GoldenTensor } from './adapter.ts';

const registry = createRegistry(corePlugin);

/** Row `t` of a tensor whose first axis counts steps. */
export function rowOf({ data, shape }: GoldenTensor, t: number): HostTensor<'float32'> {
  const row = shape.slice(1);
  const size = row.reduce((product, length) => product * length, 1);
  return hostTensor((data as Float32Array).slice(t * size, (t + 1) * size), row);
}

/** torch's names of an optimizer's options, as a case has them, under ours. */
export function optionsOf({ json }: GoldenCase): Record<string, unknown> {
  const { lr: rate, weight_decay: weightDecay, eps: epsilon, ...same } = json.config.optimizer;
  return { rate, weightDecay, ...(epsilon === undefined ? {} : { epsilon }), ...same };
}

/** Whether some steps lack the gradient of some parameters: torch then counts the steps of each parameter by itself. */
export const lacksGradients = ({ json }: GoldenCase): boolean => (json.config.missing_grad ?? []).length > 0;

function gradientsAt({ json, tensor }: GoldenCase, t: number): HostTensors {
  const missing: readonly (readonly [number, number])[] = json.config.missing_grad ?? [];
  const present = Object.keys(json.config.shapes)
    .map(Number)
    .filter((k) => !missing.some(([step, parameter]) => step === t && parameter === k));
  return Object.fromEntries(present.map((k) => [`p${k}`, rowOf(tensor(`in/g${k}`), t)]));
}

const numbersOf = ({ tensor, json }: GoldenCase): HostTensors =>
  Object.fromEntries(
    (json.config.shapes as readonly number[][]).map((shape, k) => {
      const { data } = tensor(`in/p${k}`);
      return [`p${k}`, hostTensor(data as Float32Array, shape)];
    }),
  );

/** Runs the optimizer of a recipe on the case's gradients and compares parameters after each step, gradient norms and the last state. */
export async function runOptimizer(golden: GoldenCase, node: Node): Promise<void> {
  const { report, json, tensor, has, keys } = golden;
  const optimizer = registry.use<Optimizer>(node);
  const parameters = numbersOf(golden);
  const shapes = Object.fromEntries(Object.entries(parameters).map(([path, { shape }]) => [path, shape]));
  const program = currentBackend().makeProgram(
    ({ parameters: held, state, batch, hyper }) => {
      const { gradientNorm, ...next } = optimizer.update({ gradients: batch, parameters: held, state, hyper });
      return gradientNorm ? { ...next, losses: { gradientNorm } } : next;
    },
    { parameters, state: optimizer.init(shapes) },
  );
  const norms: number[] = [];
  const courses: Record<string, number[]> = Object.fromEntries(Object.keys(parameters).map((path) => [path, []]));
  for (let t = 0; t < json.config.steps; t++) {
    const { losses } = await program.run({ batch: gradientsAt(golden, t), hyper: optimizer.hyper((base) => base) });
    norms.push(losses.gradientNorm ?? 0);
    const { parameters: after } = await program.read();
    for (const [path, course] of Object.entries(courses)) course.push(...after[path]!.data);
  }
  for (const [path, course] of Object.entries(courses)) report.compare(`${path} after each step`, course, tensor(`out/${path}`));
  if (has('out/total_norm')) report.compare('norm of the gradients', norms, tensor('out/total_norm'));
  const { state } = await program.read();
  for (const key of keys.filter((name) => name.startsWith('w/'))) {
    const [, path, slot] = /^w\/(p\d+)_(.*)$/.exec(key)!;
    const got = state[`${slot}.${path}`];
    report.check(`state ${slot} of ${path}`, got !== undefined, 'the optimizer keeps no such state');
    if (got) report.compare(`${slot} of ${path} after the last step`, got.data, tensor(key));
  }
  program.dispose();
}
