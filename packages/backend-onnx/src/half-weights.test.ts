import { decodeElements, encodeElements, gelu, hostTensor, type HostTensors, linear, mul, Random, type Step, useBackend } from '@reidkit/core-tensor'; // prettier-ignore
import { describe, expect, it } from 'vitest';
import { emitGraph } from './emit-graph.ts';
import { graphEngine } from './graph-engine.ts';
import { isWeight } from './half-weights.ts';
import { onnxBackend } from './onnx-backend.ts';

const backend = onnxBackend({ threads: 1, weights: 'float16' });
const full = onnxBackend({ threads: 1 });

const normal = (name: string, ...shape: number[]) => hostTensor(Random.seed(2).fork(name).normal(shape.reduce((a, b) => a * b, 1)), shape); // prettier-ignore

const parameters = {
  first: normal('first', 80, 64),
  second: normal('second', 70, 80),
  bias: normal('bias', 80),
  small: normal('small', 3, 70),
};
const batch = { x: normal('x', 5, 64) };
const step: Step = ({ parameters: p, batch: { x } }) => ({
  outputs: { y: linear(linear(gelu(linear(x!, p.first!, p.bias)), p.second!), p.small!) },
});

const rounded = ({ data, shape }: (typeof parameters)['first']) => hostTensor(decodeElements('F16', encodeElements(data, 'F16'))!, shape);

const run = async (engine: typeof full, values: HostTensors): Promise<number[]> => {
  await useBackend(engine);
  const program = engine.makeProgram(step, { parameters: values });
  const { outputs } = await program.run({ batch });
  program.dispose();
  return [...outputs.y!.data];
};

describe('weights in float16', () => {
  it('compute as those rounded to it, in float32', async () => {
    const expected = await run(full, { ...parameters, first: rounded(parameters.first), second: rounded(parameters.second) });
    const got = await run(backend, parameters);
    got.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-3 * Math.abs(expected[i]!) + 1e-3));
    const exact = await run(full, parameters);
    expect(got.some((value, i) => Math.abs(value - exact[i]!) > Math.abs(value - expected[i]!) * 10)).toBe(true);
  });

  it('take half the room, and are read as float32; vectors and small matrices stay as they are', async () => {
    const engine = graphEngine(1, { weights: 'float16' });
    const held = engine.upload(parameters.first, 'parameters');
    expect([held.type, (held.data as Uint16Array).byteLength]).toEqual(['float16', 80 * 64 * 2]);
    expect(await engine.download(held)).toEqual(rounded(parameters.first));
    for (const [value, group] of [
      [parameters.bias, 'parameters'],
      [parameters.small, 'parameters'],
      [parameters.first, 'state'],
      [parameters.first, 'batch'],
    ] as const) {
      expect(engine.upload(value, group).data).toBe(value.data);
    }
    await useBackend(backend);
    const program = backend.makeProgram(step, { parameters });
    const read = (await program.read()).parameters;
    expect([read.first, read.bias]).toEqual([rounded(parameters.first), parameters.bias]);
  });

  it('are widened each right before its use: what widens stands before all else in the graph', async () => {
    const input = (name: string, shape: readonly number[]) => ({ kind: 'input', id: shape[0]!, group: 'parameters', name, shape, dtype: 'float32' }) as const; // prettier-ignore
    const [a, b] = [input('a', [64, 65]), input('b', [65, 66])];
    const node = { kernel: 'BatchMatMul', inputs: { a, b }, attributes: { transposeA: false, transposeB: false }, results: [] as never[] };
    const y = { kind: 'result', id: 9, node, index: 0, shape: [64, 66], dtype: 'float32' } as const;
    (node.results as unknown[]).push(y);
    const counts = { calls: 1, equal: 0, trivial: 0, folded: 0, dead: 0 };
    const graph = { inputs: [a, b], draws: [], nodes: [node], outputs: { parameters: {}, state: {}, losses: {}, outputs: { y } }, counts };
    expect(emitGraph(graph, isWeight).nodes.map(({ op }) => op)).toEqual(['Cast', 'Cast', 'Gemm']);
  });

  it('are refused where half precision cannot hold them, and where a step changes them', async () => {
    await useBackend(backend);
    const large = { ...parameters, first: hostTensor(parameters.first.data.map((value, i) => (i === 7 ? -7e4 : value)), [80, 64]) }; // prettier-ignore
    expect(() => backend.makeProgram(step, { parameters: large })).toThrow(
      'A weight [80,64] holds -70000 (element 7), which float16 cannot hold.',
    );
    const training = backend.makeProgram(({ parameters: p }) => ({ parameters: { first: mul(p.first!, 2) } }), { parameters });
    await expect(training.run({ batch: {} })).rejects.toThrow('The step changes the parameter "first", which is held in float16.');
  });
});
