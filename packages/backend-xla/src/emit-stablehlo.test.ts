import { createRegistry, corePlugin, gather, hostTensor, matMul, mean, mul, type Optimizer, Random, recordStep, referenceBackend, relu, toTensor, type Step, type StepSignature, useBackend, valueAndGradients } from '@reidkit/core-tensor'; // prettier-ignore
import { beforeAll, describe, expect, it } from 'vitest';
import { emitStableHlo } from './emit-stablehlo.ts';
import { hasForm } from './kernels/has-form.ts';

beforeAll(() => useBackend(referenceBackend));

const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
const signatureOf = (given: Partial<StepSignature>): StepSignature => ({ parameters: {}, state: {}, batch: {}, hyper: [], draws: false, ...given }); // prettier-ignore
const write = (step: Step, given: Partial<StepSignature>, precision?: 'default') =>
  emitStableHlo(recordStep(step, signatureOf(given), { supports: hasForm }).graph, precision ? { precision } : {});

describe('emitStableHlo', () => {
  it('writes a product, a bias that is repeated, a bound and a mean', () => {
    const step: Step = ({ batch, parameters }) => ({ outputs: { y: mean(relu(matMul(batch.x!, parameters.w!).add(parameters.b!))) } });
    const { text, donated } = write(step, { batch: { x: float(4, 3) }, parameters: { w: float(3, 2), b: float(2) } });
    expect(text).toMatchInlineSnapshot(`
      "module @step {
        func.func public @main(%arg0: tensor<3x2xf32>, %arg1: tensor<2xf32>, %arg2: tensor<4x3xf32>) -> (tensor<f32>) {
          %0 = "stablehlo.dot_general"(%arg2, %arg0) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
          %1 = "stablehlo.broadcast_in_dim"(%arg1) <{broadcast_dimensions = array<i64: 1>}> : (tensor<2xf32>) -> tensor<4x2xf32>
          %2 = "stablehlo.add"(%0, %1) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
          %3 = "stablehlo.constant"() <{value = dense<0.0> : tensor<4x2xf32>}> : () -> tensor<4x2xf32>
          %4 = "stablehlo.maximum"(%2, %3) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
          %5 = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
          %6 = "stablehlo.reduce"(%4, %5) <{dimensions = array<i64: 0, 1>}> ({
          ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            %f = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
            "stablehlo.return"(%f) : (tensor<f32>) -> ()
          }) : (tensor<4x2xf32>, tensor<f32>) -> tensor<f32>
          %7 = "stablehlo.constant"() <{value = dense<8.0> : tensor<f32>}> : () -> tensor<f32>
          %8 = "stablehlo.divide"(%6, %7) : (tensor<f32>, tensor<f32>) -> tensor<f32>
          "func.return"(%8) : (tensor<f32>) -> ()
        }
      }
      "
    `);
    expect(donated).toEqual([]);
  });

  it('lets parameters and state hand their memory to what follows them, and nothing else', () => {
    const { use } = createRegistry(corePlugin);
    const optimizer = use<Optimizer>({ use: 'optimizer/adam', options: { rate: 0.1 } });
    const state = Object.fromEntries(
      Object.entries(optimizer.init({ w: [3, 2] })).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
    );
    const step: Step = ({ parameters, state: old, batch, hyper }) => {
      const { value, gradients } = valueAndGradients(({ w }) => ({ value: mean(matMul(batch.x!, w!)), rest: {} }), { w: parameters.w! });
      return { ...optimizer.update({ parameters: { w: parameters.w! }, gradients, state: old, hyper }), losses: { value: mul(value, mean(parameters.fixed!)) } }; // prettier-ignore
    };
    const parameters = { w: float(3, 2), fixed: float(2) };
    const { text } = write(step, { parameters, state, batch: { x: float(4, 3) }, hyper: Object.keys(optimizer.hyper((rate) => rate)) });
    const given = /@main\((.*)\) -> /
      .exec(text)![1]!
      .split(', %')
      .filter((each) => each.includes('aliasing'));
    const outputs = given.map((each) => Number(/aliasing_output = (\d+)/.exec(each)![1]));
    expect(given.length).toBe(1 + Object.keys(state).length);
    expect(new Set(outputs).size).toBe(given.length);
    expect(text).toContain('tensor<4x3xf32>');
  });

  it('gives long constants as inputs, which the text does not carry', () => {
    const table = hostTensor(Random.seed(1).normal(600), [200, 3]);
    const long: Step = ({ batch }) => ({ outputs: { y: matMul(batch.x!, toTensor(table)) } });
    const { text, constants } = write(long, { batch: { x: float(2, 200) } });
    expect(constants.map(({ value, data }) => [value.shape, data.length])).toEqual([[[200, 3], 600]]);
    expect(text).toContain('%held0: tensor<200x3xf32>');
    expect(text.length).toBeLessThan(1000);
  });

  it('writes numbers that have no decimal form by their bits', () => {
    const step: Step = ({ batch }) => ({ outputs: { y: mul(batch.x!, toTensor(hostTensor([Infinity, -Infinity, NaN, 1e-7, -0], [5]))) } });
    const { text } = write(step, { batch: { x: float(5) } });
    expect(text).toContain('dense<[0x7F800000, 0xFF800000, 0x7FC00000, 1.0000000116860974e-7, -0.0]> : tensor<5xf32>');
  });

  it('asks for products in float32 unless told otherwise', () => {
    const step: Step = ({ batch }) => ({ outputs: { y: matMul(batch.x!, batch.x!) } });
    expect(write(step, { batch: { x: float(2, 2) } }).text).toContain('precision_config = [#stablehlo<precision HIGHEST>');
    expect(write(step, { batch: { x: float(2, 2) } }, 'default').text).toContain('precision_config = [#stablehlo<precision DEFAULT>');
  });

  it('writes the same text for the same step', () => {
    const step: Step = ({ batch }) => ({ outputs: { y: gather(batch.x!, batch.places!.cast('int32')) } });
    const given = { batch: { x: float(4, 3), places: { shape: [2], dtype: 'int32' as const } } };
    expect(write(step, given).text).toBe(write(step, given).text);
  });
});
