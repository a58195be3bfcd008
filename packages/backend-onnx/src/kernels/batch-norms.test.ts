import { Random, batchNormTraining, hostTensor, mul, referenceBackend, relu, slice, sum, useBackend, valueAndGradients, type Step, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { afterAll, describe, expect, it } from 'vitest';
import { onnxBackend } from '../onnx-backend.ts';

afterAll(() => useBackend(referenceBackend));

const normal = (name: string, ...shape: number[]) =>
  hostTensor(
    Random.seed(1)
      .fork(name)
      .normal(shape.reduce((a, b) => a * b, 1)),
    shape,
  );
const [B, C] = [6, 4];

/** Batch norms of one width, one behind the other and beside each other, with scales of their own and with the same ones. */
const norms = (x: Tensor, a: Tensor, b: Tensor): Tensor => {
  const norm = (y: Tensor, scale: Tensor, shift: Tensor): Tensor => batchNormTraining(y, scale, shift, 1e-5).y;
  const first = relu(norm(x, a, b));
  return norm(mul(norm(first, b, a), norm(first, a, b)), a, b);
};

async function gradientsOf(isEager: boolean): Promise<Record<string, number[]>> {
  const backend = onnxBackend({ threads: 1, eager: isEager });
  await useBackend(backend);
  const step: Step = ({ parameters, batch }) => {
    const cut = (values: Tensor): Tensor => slice(values, [0, 0], [B, C]);
    const { gradients } = valueAndGradients(({ a, b }) => ({ value: sum(mul(norms(cut(batch.x!), a!, b!), batch.factors!)), rest: {} }), {
      a: parameters.a!,
      b: parameters.b!,
    });
    return { outputs: gradients };
  };
  const program = backend.makeProgram(step, { parameters: { a: normal('a', C), b: normal('b', C) }, state: {} });
  const { outputs } = await program.run({ batch: { x: normal('x', B, C), factors: normal('factors', B, C) } });
  program.dispose();
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, [...data]]));
}

describe('batch norms of one width in one graph', () => {
  it('do not write over one another', async () => {
    const [compiled, eager] = [await gradientsOf(false), await gradientsOf(true)];
    for (const [name, values] of Object.entries(eager)) {
      values.forEach((value, i) => expect(compiled[name]![i], `${name}[${i}]`).toBeCloseTo(value, 3));
    }
  });
});
