import { compile, eagerProgram, type HostTensors, referenceBackend, type StepGraph, useBackend } from '@reidkit/core-tensor'; // prettier-ignore
import { emitStableHlo, xlaBackend } from '@reidkit/backend-xla';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difference, type Draw, type Make, type Numbers } from '../../packages/backend-onnx/src/kernels/both-engines.fixture.ts';
import { gradientCases } from '../../packages/backend-onnx/src/kernels/gradient-cases.fixture.ts';
import { imageCases } from '../../packages/backend-onnx/src/kernels/image-cases.fixture.ts';
import { quantizedCases } from '../../packages/backend-onnx/src/kernels/quantized-cases.fixture.ts';
import { rowCases } from '../../packages/backend-onnx/src/kernels/row-cases.fixture.ts';
import { shapeCases } from '../../packages/backend-onnx/src/kernels/shape-cases.fixture.ts';
import { kernelTable as onnxTable } from '../../packages/backend-onnx/src/kernels/table.ts';
import { hasForm } from '../../packages/backend-xla/src/kernels/has-form.ts';
import { kernelTable } from '../../packages/backend-xla/src/kernels/table.ts';
import { oneKernelGraphs } from './one-kernel-graphs.fixture.ts';
import { graphOf, joined, type RecordedCase, recordedCase } from './recorded-case.fixture.ts';
import { faultsOf } from './verify-stablehlo.fixture.ts';
import { pluginForTests, withoutPlugin } from './xla-for-tests.fixture.ts';

const gradients: Readonly<Record<string, Make>> = Object.fromEntries(
  Object.entries(gradientCases).map(([name, [shapes, f]]) => [
    `gradient of ${name}`,
    (draw: Draw) => {
      const inputs = shapes.map((shape) => draw.normal(...shape));
      const weights = draw.normal(...f(...inputs).shape);
      return tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.mul(f(...xs), weights)))(inputs);
    },
  ]),
);

/** A kernel that recordings have no shape of. */
const NOT_RECORDED = new Set(['sparseToDense']);

const families: Readonly<Record<string, Readonly<Record<string, Make>>>> = { rowCases, shapeCases, imageCases, quantizedCases, gradients };
const casesOf = (family: string): [string, Make][] => Object.entries(families[family]!).filter(([name]) => !NOT_RECORDED.has(name));

/** Cases that share a program: compiling takes its time. */
const PER_PROGRAM = 40;

const numbersOf = (values: HostTensors): Numbers[] =>
  Object.values(values).map(({ shape, dtype, data }) => ({ shape, dtype, data: [...data] }));

beforeAll(() => useBackend(referenceBackend));
afterAll(() => useBackend(referenceBackend));

describe('the table of kernels in StableHLO', () => {
  it('has every kernel that the table in ONNX has', () => {
    expect(Object.keys(onnxTable).filter((name) => !Object.hasOwn(kernelTable, name))).toEqual([]);
  });

  it('takes the types that the table in ONNX takes', () => {
    const types = (form: { readonly types?: readonly string[] }): string => (form.types ?? ['float32']).join();
    expect(Object.keys(onnxTable).filter((name) => types(onnxTable[name]!) !== types(kernelTable[name]!))).toEqual([]);
  });
});

describe('programs of kernels and of their gradients', () => {
  const written = new Set<string>();
  const write = (graph: StepGraph): string[] => {
    for (const { kernel } of graph.nodes) written.add(kernel);
    return faultsOf(emitStableHlo(graph).text);
  };

  it.each(Object.keys(families))('%s: names, types and shapes hang together', (family) => {
    const wrong = casesOf(family).flatMap(([name, make]) =>
      write(graphOf(recordedCase(name, make), hasForm)).map((fault) => `${name}: ${fault}`),
    );
    expect(wrong).toEqual([]);
  });

  it.each(Object.keys(oneKernelGraphs))('%s: names, types and shapes hang together', (name) => {
    expect(write(oneKernelGraphs[name]!.graph)).toEqual([]);
  });

  it('were written for every kernel of the table', () => {
    expect(Object.keys(kernelTable).filter((name) => !written.has(name))).toEqual([]);
  });
});

describe.skipIf(!pluginForTests)(`kernels on XLA${withoutPlugin}`, () => {
  const backend = xlaBackend({ plugin: pluginForTests!, cache: false });

  async function compare(cases: readonly RecordedCase[], expected: readonly HostTensors[]): Promise<string[]> {
    const { step, batch } = joined(cases);
    const program = compile(step, { backend }).program({ parameters: {} });
    const { outputs } = await program.run({ batch });
    program.dispose();
    return cases.flatMap(({ name }, i) => {
      const got = Object.fromEntries(Object.keys(expected[i]!).map((key) => [key, outputs[`${i}.${key}`]!]));
      const wrong = difference(numbersOf(got), numbersOf(expected[i]!));
      return wrong ? [`${name}: ${wrong}`] : [];
    });
  }

  it.each(Object.keys(families))(
    '%s: equal the JavaScript kernels',
    async (family) => {
      await useBackend(referenceBackend);
      const cases = casesOf(family).map(([name, make]) => recordedCase(name, make));
      const expected: HostTensors[] = [];
      for (const { step, batch } of cases) expected.push((await eagerProgram(step, { parameters: {} }).run({ batch })).outputs);
      await useBackend(backend);
      const wrong: string[] = [];
      for (let i = 0; i < cases.length; i += PER_PROGRAM) {
        wrong.push(...(await compare(cases.slice(i, i + PER_PROGRAM), expected.slice(i, i + PER_PROGRAM))));
      }
      expect(wrong).toEqual([]);
    },
    600_000,
  );

  it.each(Object.entries(oneKernelGraphs))('%s gives what it should', async (_name, { graph, feeds, expected }) => {
    await useBackend(backend);
    const engine = backend.graphs!;
    const loaded = engine.load(graph);
    const results = loaded.run(
      Object.fromEntries(Object.entries(feeds).map(([name, value]) => [`batch.${name}`, engine.upload(value, 'batch')])),
    );
    const got = await Promise.all(Object.values(results).map((value) => engine.download(value)));
    expect(difference(got.map(({ shape, dtype, data }) => ({ shape, dtype, data: [...data] })), expected.map(({ shape, dtype, data }) => ({ shape, dtype, data: [...data] })))).toBeUndefined(); // prettier-ignore
    loaded.dispose();
  });
});
