import {
  compile, eagerProgram, hostTensor, type HostTensors, initialState, type MakeProgram, mean, Random, recompute, referenceBackend, square, type Step, sum,
  tensorMemory, trainingContext, useBackend, valueAndGradients, withParameters, type Program,
} from '@reidkit/core-tensor'; // prettier-ignore
import { beforeAll, describe, expect, it } from 'vitest';
import { BatchNorm } from './batch-norm.ts';
import { vit } from './vit.ts';

beforeAll(() => useBackend(referenceBackend));

const options = { imageSize: [16, 8] as [number, number], patch: 4, width: 8, depth: 3, heads: 2, dropPath: 0.5 };
const batch: HostTensors = { images: hostTensor(Random.seed(1).normal(4 * 16 * 8 * 3), [4, 16, 8, 3]) };

/** Gradients of a vision transformer as outputs of a step. */
function gradients(makeProgram: MakeProgram, again: boolean): Program {
  const model = vit({ ...options, recompute: again });
  const step: Step = ({ parameters, batch: { images }, draws }) => {
    const ctx = trainingContext({ draws });
    const { value, gradients: found } = valueAndGradients((variables) => {
      const { patches } = withParameters(model, variables, () => model.forward(images!, ctx));
      return { value: mean(square(patches)), rest: {} };
    }, parameters);
    return { losses: { value }, outputs: found };
  };
  return makeProgram(step, { parameters: initialState(model, Random.seed(2)) });
}

const ways: Readonly<Record<string, MakeProgram>> = {
  'operation by operation': eagerProgram,
  recorded: (step, values) => compile(step, { backend: referenceBackend }).program(values),
};

describe.each(Object.entries(ways))('layers that are computed again, %s,', (_way, makeProgram) => {
  it('give the same loss and gradients, with the same random numbers, and leave nothing behind', async () => {
    const before = tensorMemory().numTensors;
    const [plain, again] = await Promise.all([false, true].map(async (flag) => {
      const program = gradients(makeProgram, flag);
      const report = await program.run({ batch, random: Random.seed(3) });
      program.dispose();
      return report;
    })); // prettier-ignore
    expect(again!.losses).toEqual(plain!.losses);
    expect(Object.keys(again!.outputs).sort()).toEqual(Object.keys(plain!.outputs).sort());
    for (const [name, { data }] of Object.entries(plain!.outputs)) {
      data.forEach((value, i) => expect(again!.outputs[name]!.data[i]).toBeCloseTo(value, 6));
    }
    expect(tensorMemory().numTensors).toBe(before);
  });
});

it('a recorded step really computes the layers twice', async () => {
  const explained = await Promise.all(
    [false, true].map(async (flag) => {
      const program = gradients(ways.recorded!, flag);
      await program.run({ batch, random: Random.seed(3) });
      return program.explain!();
    }),
  );
  const products = (text: string): number => Number(/(\d+) BatchMatMul/.exec(text)![1]);
  expect(products(explained[1]!)).toBeGreaterThan(products(explained[0]!) * 1.15);
});

it('recompute refuses a module with running statistics', () => {
  const norm = new BatchNorm({ width: 2 });
  const ctx = trainingContext({ draws: { uniform: () => sum([]) as never, normal: () => sum([]) as never } });
  expect(() => recompute(norm, {}, ctx, () => sum([]))).toThrow(/running statistics "running_mean"/);
});
