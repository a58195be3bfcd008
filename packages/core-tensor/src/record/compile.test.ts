import { variable } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { dropout, trainingContext } from '../context.ts';
import { hostTensor, type HostTensors } from '../host-tensor.ts';
import { attention } from '../ops/attention.ts';
import { gelu } from '../ops/gelu.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import { adam } from '../optim/adam.ts';
import { Random } from '../random.ts';
import { eagerProgram, type ProgramValues, type Step, type StepCall, valueAndGradients } from '../step.ts';
import {
  add, concat, expandDims, gather, log, matMul, mean, mul, ones, reshape, slice, split, square, stack, sub, sum, tensor, tensorMemory, transpose, unstack, where, type Tensor,
} from '../tensor.ts'; // prettier-ignore
import { compile, type CompileOptions } from './compile.ts';

beforeAll(() => useBackend(referenceBackend));

const normal = (name: string, ...shape: number[]): ReturnType<typeof hostTensor> =>
  hostTensor(Random.seed(7).fork(name).normal(shape.reduce((a, b) => a * b, 1)), shape); // prettier-ignore

const compiled = (step: Step, options: Partial<CompileOptions> = {}) => compile(step, { backend: referenceBackend, ...options });

const optimizer = adam.build({ ...adam.options.parse({ rate: 0.05 }) }, () => undefined as never);

/** Attention, norm, dropout, a gather and a split: what networks are made of. */
const training: Step = ({ parameters, state, batch, draws, hyper }) => {
  const ctx = trainingContext({ draws });
  const { value, gradients, rest } = valueAndGradients((v) => {
    const x = layerNorm(add(batch.x!, gather(v.table!, batch.place!)), v.scale!, v.shift!, 1e-5);
    const [q, k] = split(matMul(reshape(x, [6, 4]), v.w!), 2, 1) as [Tensor, Tensor];
    const heads = (t: Tensor): Tensor => transpose(reshape(t, [2, 3, 2, 2]), [0, 2, 1, 3]);
    const mixed = attention(heads(q), heads(k), heads(k));
    const y = dropout(gelu(reshape(transpose(mixed, [0, 2, 1, 3]), [2, 3, 4])), 0.3, ctx);
    return { value: mean(square(sub(y, expandDims(mean(y, 1), 1)))), rest: { y } };
  }, parameters);
  const updated = optimizer.update({ parameters, gradients, state, hyper });
  return { ...updated, losses: { loss: value }, outputs: { y: rest.y! } };
};
const start: ProgramValues = {
  parameters: { table: normal('table', 5, 4), scale: normal('scale', 4), shift: normal('shift', 4), w: normal('w', 4, 8) },
  state: optimizer.init({ table: [5, 4], scale: [4], shift: [4], w: [4, 8] }),
};
const call = (i: number): StepCall => ({
  batch: { x: normal(`x${i}`, 2, 3, 4), place: hostTensor([i % 5, 1, 0, 2, 4, 3], [2, 3], 'int32') },
  random: Random.seed(3).fork(i),
  hyper: optimizer.hyper((rate) => rate / (i + 1)),
});

describe('a compiled step', () => {
  it('gives what it gives operation by operation, step after step, and leaves no tensors behind', async () => {
    const before = tensorMemory().numTensors;
    const programs = [compiled(training).program(start), eagerProgram(training, start)];
    for (let i = 0; i < 4; i++) {
      const [mine, eager] = await Promise.all(programs.map((program) => program.run(call(i))));
      expect(mine!.losses.loss).toBeCloseTo(eager!.losses.loss!, 6);
      mine!.outputs.y!.data.forEach((value, at) => expect(value).toBeCloseTo(eager!.outputs.y!.data[at]!, 5));
    }
    const [mine, eager] = await Promise.all(programs.map((program) => program.read()));
    const flat = ({ parameters, state }: { parameters: HostTensors; state: HostTensors }): number[] =>
      Object.values({ ...parameters, ...state }).flatMap(({ data }) => [...data]);
    flat(mine!).forEach((value, at) => expect(value).toBeCloseTo(flat(eager!)[at]!, 5));
    for (const program of programs) program.dispose();
    expect(tensorMemory().numTensors).toBe(before);
  });

  it('tells of compiling in the first run of each shape, and keeps as many graphs as it is told', async () => {
    const step = compiled(({ batch }) => ({ losses: { sum: sum(square(batch.x!)) } }), { most: 2 });
    const program = step.program({ parameters: {} });
    const run = async (length: number): Promise<boolean> => {
      const { compiled: made, losses } = await program.run({ batch: { x: hostTensor(new Float32Array(length).fill(2)) } });
      expect(losses.sum).toBe(4 * length);
      return made !== undefined;
    };
    const made: boolean[] = [];
    for (const length of [3, 3, 4, 3, 5, 3, 4]) made.push(await run(length));
    expect(made).toEqual([true, false, true, false, true, false, true]);
  });

  it('keeps its graphs until the last program of it ends', async () => {
    const step = compiled(({ batch }) => ({ losses: { sum: sum(batch.x!) } }));
    const [a, b] = [step.program({ parameters: {} }), step.program({ parameters: {} })];
    const isMade = async (program: typeof a): Promise<boolean> =>
      (await program.run({ batch: { x: hostTensor([1, 2]) } })).compiled !== undefined;
    expect(await isMade(a)).toBe(true);
    a.dispose();
    a.dispose();
    expect(await isMade(b)).toBe(false);
    b.dispose();
    expect(await isMade(step.program({ parameters: {} }))).toBe(true);
  });

  it('leaves parameters and state that a step does not give as they are', async () => {
    const program = compiled(({ parameters, state }) => ({ parameters: { a: parameters.a! }, state: { n: add(state.n!, 1) } })).program({
      parameters: { a: hostTensor([1, 2]), b: hostTensor([3]) },
      state: { n: hostTensor([0]), m: hostTensor([9]) },
    });
    await program.run({ batch: {} });
    await program.run({ batch: {} });
    const { parameters, state } = await program.read();
    expect([parameters.a!.data, parameters.b!.data, state.n!.data, state.m!.data].map((data) => [...data])).toEqual([
      [1, 2],
      [3],
      [2],
      [9],
    ]);
  });

  it('is shown as text: each kernel once, nothing that changes nothing, nothing that nobody needs', async () => {
    const step = compiled(({ batch: { x } }) => {
      const same = [square(x!), square(x!)];
      log(x!); // nobody needs it
      const trivial = reshape(mul(add(same[0]!, 0), ones([2, 3])), [6]);
      const whole = concat([slice(reshape(trivial, [2, 3]), [0, 0], [2, 3])], 0);
      return { outputs: { y: add(whole, transpose(transpose(same[1]!))) } };
    });
    expect(() => step.explain()).toThrow('no graph before its first run');
    await step.program({ parameters: {} }).run({ batch: { x: normal('x', 2, 3) } });
    expect(step.explain()).toMatchInlineSnapshot(`
      "batch.x: float32 [2, 3]
      %0 float32 [2, 3] = Square(x batch.x)
      %1 float32 [2, 3] = Add(a %0, b %0)
      outputs.y = %1

      2 nodes from 12 kernel calls (left out: 1 equal, 7 trivial, 0 on constants, 3 dead), 1 inputs
        1 Add
        1 Square"
    `);
  });

  it('keeps lists of one tensor lists', async () => {
    const step = compiled(({ batch: { x } }) => ({ outputs: { y: add(unstack(x!)[0]!, stack([slice(x!, [0, 0], [1, 2])])) } }));
    const { outputs } = await step.program({ parameters: {} }).run({ batch: { x: hostTensor([1, 2], [1, 2]) } });
    expect([outputs.y!.shape, [...outputs.y!.data]]).toEqual([
      [1, 1, 2],
      [2, 4],
    ]);
  });
});

describe('compiling refuses, and says where and what to do:', () => {
  const run = (step: Step, given: Partial<ProgramValues & StepCall> = {}) =>
    compiled(step, { onCapture: () => undefined }).program({ parameters: {}, ...given }).run({ batch: { x: normal('x', 2, 3) }, ...given }); // prettier-ignore
  const here = /compile\.test\.ts:\d+:\d+/;

  it('a step that reads a value', async () => {
    const error = await run(({ batch }) => ({ losses: { a: mul(batch.x!, batch.x!.dataSync()[0]!) } })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'VALUE_READ',
      message: expect.stringMatching(/reads the numbers of a tensor at .*hint: compute with tensors/s),
    });
    expect((error as Error).message).toMatch(here);
  });

  it('a step that draws a random number by itself', async () => {
    const error = await run(({ batch }) => ({ losses: { a: sum(mul(batch.x!, Math.random())) } })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'NOT_PURE',
      message: expect.stringMatching(/Two recordings of the step differ at .*Multiply.*Ask `draws`/s),
    });
    expect((error as Error).message).toMatch(here);
  });

  it('a step that counts', async () => {
    let count = 0;
    await expect(run(({ batch }) => ({ losses: { a: sum(add(batch.x!, count++)) } }))).rejects.toMatchObject({ code: 'NOT_PURE' });
  });

  it('state and parameters of another shape or name than before', async () => {
    const state = { queue: hostTensor([1, 2], [1, 2]) };
    const grow: Step = ({ state: { queue } }) => ({ state: { queue: concat([queue!, queue!], 0) } });
    await expect(run(grow, { state })).rejects.toThrow(/state "queue" as float32 \[2, 2\], it got float32 \[1, 2\].*room for the most/s);
    await expect(run(({ batch }) => ({ state: { seen: batch.x! } }))).rejects.toThrow(
      /state "seen", which it did not get.*first value before the first step/s,
    );
    await expect(run(({ batch }) => ({ parameters: { w: batch.x! } }))).rejects.toThrow('parameter "w", which it did not get');
  });

  it('a kernel without a meaning in a graph', async () => {
    const error = await run(({ batch }) => ({ outputs: { y: batch.x!.cast('complex64') } })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'KERNEL_UNSUPPORTED',
      message: expect.stringMatching(/uses the kernel \w+ \(.*float32 \[2,3\].*\) at .*run the step eagerly/s),
    });
  });

  it('draws without `random`, and a backend that compiles nothing', async () => {
    await expect(run(({ draws }) => ({ outputs: { y: draws.normal([2]) } }))).rejects.toThrow('its call gave none');
    const { graphs: _graphs, ...plain } = referenceBackend;
    expect(() => compile(() => ({}), { backend: plain })).toThrow(/backend "reference" runs steps operation by operation/);
  });

  it('nothing of a captured tensor, but names it once', async () => {
    const factor = tensor([1, 2, 3]);
    const held = variable(tensor([5]));
    const seen: string[][] = [];
    const step = compiled(({ batch }) => ({ outputs: { y: add(mul(batch.x!, factor), held) } }), {
      onCapture: (captured) => seen.push(captured.map(({ dtype, shape, place }) => `${dtype} [${shape}] ${here.test(place ?? '')}`)),
    });
    const program = step.program({ parameters: {} });
    for (const rows of [2, 3]) await program.run({ batch: { x: normal('x', rows, 3) } });
    expect(seen).toEqual([['float32 [3] true', 'float32 [1] true']]);
    expect([...factor.dataSync()]).toEqual([1, 2, 3]);
    held.dispose();
    factor.dispose();
  });

  it('a choice by a condition that is known only when the step runs is fine', async () => {
    const { outputs } = await run(({ batch: { x } }) => ({ outputs: { y: where(x!.greater(0), x!, mul(x!, 0)) } }));
    outputs.y!.data.forEach((value, i) => expect(value + 0).toBe(Math.max(0, normal('x', 2, 3).data[i]!)));
  });
});
