import { expect, it } from 'vitest';
import { faultsOf } from './verify-stablehlo.fixture.ts';

const program = (body: string, head = '%arg0: tensor<2x3xf32>, %arg1: tensor<3xf32>'): string =>
  `module @step {\n  func.func public @main(${head}) -> (tensor<2x3xf32>) {\n${body}    "func.return"(%0) : (tensor<2x3xf32>) -> ()\n  }\n}\n`;
const line = (text: string): string => `    ${text}\n`;
const repeat = line(
  '%1 = "stablehlo.broadcast_in_dim"(%arg1) <{broadcast_dimensions = array<i64: 1>}> : (tensor<3xf32>) -> tensor<2x3xf32>',
);
const add = '%0 = "stablehlo.add"(%arg0, %1) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>';

it('finds nothing wrong with a program that is right', () => {
  expect(faultsOf(program(repeat + line(add)))).toEqual([]);
});

it.each([
  ['a name before it is there', program(line(add)), 'add takes %1 for tensor<2x3xf32>'],
  [
    'a wrong type of an operand',
    program(repeat + line(add.replace('(tensor<2x3xf32>,', '(tensor<2x3xi32>,'))),
    'takes %arg0 for tensor<2x3xi32>',
  ],
  ['shapes that do not broadcast by themselves', program(line('%0 = "stablehlo.add"(%arg0, %arg1) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>')), 'has operands'], // prettier-ignore
  ['a broadcast along the wrong axis', program(repeat.replace('i64: 1', 'i64: 0') + line(add)), 'repeats [3] along [0]'],
  ['a slice that reaches outside', program(line('%0 = "stablehlo.slice"(%arg0) <{start_indices = array<i64: 0, 0>, limit_indices = array<i64: 3, 3>, strides = array<i64: 1, 1>}> : (tensor<2x3xf32>) -> tensor<2x3xf32>')), 'reaches outside'], // prettier-ignore
  ['a result of another shape', program(line('%0 = "stablehlo.transpose"(%arg0) <{permutation = array<i64: 1, 0>}> : (tensor<2x3xf32>) -> tensor<2x3xf32>')), 'instead of [3,2]'], // prettier-ignore
  ['memory that is given to an output of another shape', program(repeat + line(add), '%arg0: tensor<2x3xf32>, %arg1: tensor<3xf32> {tf.aliasing_output = 0 : i32}'), 'output 0 takes the memory of tensor<3xf32>'], // prettier-ignore
  ['a line that is no operation', program(repeat + line(add) + line('nonsense')), 'is no operation'],
])('finds %s', (_what, text, fault) => {
  expect(faultsOf(text).join()).toContain(fault);
});
