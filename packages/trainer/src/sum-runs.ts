import { add, addN, mul, type Tensor, type Tensors } from '@reidkit/core-tensor';
import type { StepRun } from './stream-way.ts';

/** What one batch of a step gives. */
export interface RunResult {
  /** Of the weighted total, by path. */
  readonly gradients: Tensors;
  /** Each loss, and the total before its weight. */
  readonly losses: Tensors;
  /** The weighted total `[]`. */
  readonly total: Tensor;
  /** New values of buffers. */
  readonly updates: Tensors;
}

/** What all batches of a step give together. */
export type StepSum = Pick<RunResult, 'gradients' | 'losses' | 'updates'>;

/** Sums of gradients; losses of one stream averaged over its batches, under its name; buffers as the last one left them. */
export function sumRuns(runs: readonly { readonly run: StepRun; readonly result: RunResult }[]): StepSum {
  const [first] = runs;
  if (runs.length === 1 && first!.run.prefix === '') return first!.result;
  const gradients: Record<string, Tensor> = {};
  const losses: Record<string, Tensor> = {};
  for (const { run, result } of runs) {
    const turns = runs.filter(({ run: other }) => other.way === run.way).length;
    for (const [path, gradient] of Object.entries(result.gradients))
      gradients[path] = gradients[path] ? add(gradients[path], gradient) : gradient;
    for (const [name, value] of Object.entries(result.losses)) {
      const part = turns === 1 ? value : mul(value, 1 / turns);
      const own = `${run.prefix}${name}`;
      losses[own] = losses[own] ? add(losses[own], part) : part;
    }
  }
  return {
    gradients,
    losses: { ...losses, total: addN(runs.map(({ result }) => result.total)) },
    updates: Object.assign({}, ...runs.map(({ result }) => result.updates)) as Tensors,
  };
}
