import { constantNumbers, type GraphConstant, type GraphValue, listOutputs, type StepGraph } from '@reidkit/core-tensor';
import { kernelTable } from './kernels/table.ts';
import { type HeldConstant, type HloArgument, HloProgram, type ProductPrecision } from './stablehlo/program.ts';
import type { HloValue } from './stablehlo/values.ts';

/** How to write a step. */
export interface EmitOptions {
  /** How exact products are. Default: `highest`, which is float32. */
  readonly precision?: ProductPrecision;
}

/** A recorded step in StableHLO. */
export interface StableHloStep {
  /** The module: `@main` takes the graph's inputs in order and then {@link StableHloStep.constants}, and gives the outputs in order. */
  readonly text: string;
  /** Long constants, which the text does not carry. */
  readonly constants: readonly HeldConstant[];
  /** Which inputs, by number, hand their memory to an output. */
  readonly donated: readonly number[];
}

function constant(program: HloProgram, value: GraphConstant): HloValue {
  const { uniform, shape, dtype } = value;
  return uniform === undefined ? program.constant(constantNumbers(value).data, shape, dtype) : program.splat(uniform, shape, dtype);
}

/** Parameters and state hand their memory to what comes in their place. */
function argumentsOf({ inputs }: StepGraph, outputs: ReturnType<typeof listOutputs>): HloArgument[] {
  return inputs.map(({ group, name, shape, dtype }, i) => {
    const place = outputs.findIndex(([of, given]) => of === group && given === name);
    return { value: { name: `%arg${i}`, shape, type: dtype }, ...(place < 0 ? {} : { donatedTo: place }) };
  });
}

/**
 * Writes a recorded step as StableHLO text, for any compiler that reads it. Every kernel must be one that
 * {@link xlaBackend | the engine} supports, which `recordStep` checks when it is told.
 */
export function emitStableHlo(graph: StepGraph, { precision = 'highest' }: EmitOptions = {}): StableHloStep {
  const program = new HloProgram(precision);
  const outputs = listOutputs(graph);
  const inputs = argumentsOf(graph, outputs);
  const made = new Map<GraphValue, HloValue>(graph.inputs.map((input, i) => [input, inputs[i]!.value]));
  const valueOf = (value: GraphValue): HloValue => {
    const known = made.get(value) ?? constant(program, value as GraphConstant);
    made.set(value, known);
    return known;
  };
  for (const { kernel, inputs: given, attributes, results } of graph.nodes) {
    const values = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, valueOf(value)]));
    const emitted = kernelTable[kernel]!.emit(program, values, attributes);
    const list = Array.isArray(emitted) ? (emitted as readonly HloValue[]) : [emitted as HloValue];
    results.forEach((result, i) => made.set(result, program.convert(list[i]!, result.dtype)));
  }
  const text = program.text(inputs, outputs.map(([, , value]) => valueOf(value))); // prettier-ignore
  const donated = inputs.flatMap(({ donatedTo }, i) => (donatedTo === undefined ? [] : [i]));
  return { text, constants: program.held, donated };
}
