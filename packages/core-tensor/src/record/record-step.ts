import { ReidError } from '../errors.ts';
import { type DataType, formatShape, sameShape } from '../host-tensor.ts';
import type { Draws } from '../context.ts';
import type { StepOutputs, Step } from '../step.ts';
import type { Tensor, Tensors } from '../tensor.ts';
import { GraphBuilder, type Supports } from './graph-builder.ts';
import { graphLines } from './graph-text.ts';
import { symbolicTensor, underRecording, valueOf } from './recording-backend.ts';
import type { GraphNode, GraphValue, InputGroup, StepGraph, TensorSpec } from './step-graph.ts';
import { atUserCode } from './user-code.ts';

/** Specs by name. */
export type Specs = Readonly<Record<string, TensorSpec>>;

/** What a recorded step depends on: names, shapes and types of everything that it gets. */
export interface StepSignature {
  readonly parameters: Specs;
  readonly state: Specs;
  readonly batch: Specs;
  /** Names of the scalars that change from step to step. */
  readonly hyper: readonly string[];
  /** Whether the calls give random numbers. */
  readonly draws: boolean;
}

/** A tensor from outside the step that a recording met: its numbers became part of the graph. */
export interface Captured extends TensorSpec {
  readonly place: string | undefined;
}

/** How to record. */
export interface RecordOptions {
  /** Whether the engine has a kernel; all are taken unless given. */
  readonly supports?: Supports;
}

/** What {@link recordStep} gives. */
export interface RecordedStep {
  readonly graph: StepGraph;
  readonly captured: readonly Captured[];
}

interface Take extends RecordedStep {
  readonly places: ReadonlyMap<GraphNode, string>;
}

const refuseDraws = (): never => {
  throw new ReidError('INVALID_ARGUMENT', 'A step drew random numbers, but its call gave none.', { hint: 'pass `random` to run().' });
};

function symbols(graph: GraphBuilder, group: InputGroup, specs: Specs): Tensors {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, symbolicTensor(graph.input(group, name, spec))]));
}

const values = (tensors: Tensors = {}): Record<string, GraphValue> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, valueOf(tensor)]));

/** Values that differ from what the step got. */
function changed(tensors: Tensors | undefined, group: InputGroup): Record<string, GraphValue> {
  const isOld = ([name, value]: [string, GraphValue]): boolean => value.kind === 'input' && value.group === group && value.name === name;
  return Object.fromEntries(Object.entries(values(tensors)).filter((entry) => !isOld(entry)));
}

/** New parameters and state must be like the old ones. Throws SHAPE_MISMATCH or UNKNOWN_NAME. */
function checkKept(what: 'parameter' | 'state', held: Specs, given: Readonly<Record<string, Tensor>> = {}): void {
  for (const [name, { shape, dtype }] of Object.entries(given)) {
    const old = held[name];
    if (!old) {
      throw new ReidError('UNKNOWN_NAME', `The step gives the ${what} "${name}", which it did not get.`, {
        hint: 'whatever lives between steps has its first value before the first step.',
      });
    }
    if (sameShape(old.shape, shape) && old.dtype === dtype) continue;
    throw new ReidError(
      'SHAPE_MISMATCH',
      `The step gives the ${what} "${name}" as ${dtype} ${formatShape(shape)}, it got ${old.dtype} ${formatShape(old.shape)}.`,
      { hint: 'shapes are fixed: keep room for the most there can be, and a mask or a count beside it.' },
    );
  }
}

function symbolicDraws(graph: GraphBuilder): Draws {
  const draw =
    (kind: 'uniform' | 'normal') =>
    (shape: readonly number[]): Tensor =>
      symbolicTensor(graph.draw({ kind, shape: [...shape] }));
  return { uniform: draw('uniform'), normal: draw('normal') };
}

function take(step: Step, signature: StepSignature, { supports }: RecordOptions, places?: Map<GraphNode, string>): Take {
  const graph = new GraphBuilder(supports);
  const captured: Captured[] = [];
  const onCapture = (spec: TensorSpec, place: string | undefined): void => void captured.push({ ...spec, place });
  const recording = { graph, onCapture, ...(places ? { places } : {}) };
  const scalar: TensorSpec = { shape: [], dtype: 'float32' as DataType };
  const recorded = underRecording(recording, () => {
    const given: StepOutputs = step({
      parameters: symbols(graph, 'parameters', signature.parameters),
      state: symbols(graph, 'state', signature.state),
      batch: symbols(graph, 'batch', signature.batch),
      draws: signature.draws ? symbolicDraws(graph) : { uniform: refuseDraws, normal: refuseDraws },
      hyper: symbols(graph, 'hyper', Object.fromEntries(signature.hyper.map((name) => [name, scalar]))),
    });
    checkKept('parameter', signature.parameters, given.parameters);
    checkKept('state', signature.state, given.state);
    return graph.finish({
      parameters: changed(given.parameters, 'parameters'),
      state: changed(given.state, 'state'),
      losses: values(given.losses),
      outputs: values(given.outputs),
    });
  });
  return { graph: recorded, captured, places: places ?? new Map() };
}

function firstDifference(a: Take, b: Take): { line: string; place: string | undefined } {
  const [linesA, linesB] = [graphLines(a.graph), graphLines(b.graph)];
  const at = linesA.findIndex(({ text }, i) => text !== linesB[i]?.text);
  const { text, node } = linesA[at] ?? linesB[linesA.length] ?? { text: 'another number of nodes', node: undefined };
  return { line: text, place: node ? (a.places.get(node) ?? b.places.get(node)) : undefined };
}

const textOf = ({ graph }: Take): string => graphLines(graph).map(({ text }) => text).join('\n'); // prettier-ignore

/**
 * Runs a step once with tensors that have no numbers and gives what it computes as a graph. It is recorded twice: a step that is not the same
 * both times would have something frozen into it that should change. Throws NOT_PURE then, VALUE_READ when the step reads numbers,
 * KERNEL_UNSUPPORTED for a kernel that the engine does not have, and SHAPE_MISMATCH or UNKNOWN_NAME for parameters and state that it did not get.
 */
export function recordStep(step: Step, signature: StepSignature, options: RecordOptions = {}): RecordedStep {
  const first = take(step, signature, options);
  if (textOf(first) === textOf(take(step, signature, options))) return first;
  const { line, place } = firstDifference(take(step, signature, options, new Map()), take(step, signature, options, new Map()));
  throw new ReidError('NOT_PURE', `Two recordings of the step differ${atUserCode(place || undefined)}: ${line}`, {
    hint: 'a random number or a counter of JavaScript would be frozen. Ask `draws` for random tensors; keep counters in the state or give them as `hyper`.',
  });
}
