import { sameShape, sizeOf } from '../host-tensor.ts';
import type { GraphBuilder } from './graph-builder.ts';
import type { GraphConstant, GraphNode, GraphValue, KernelAttributes, TensorSpec } from './step-graph.ts';

/** A kernel call with one result, before it becomes a node. */
export interface Call {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, GraphValue>>;
  readonly attributes: KernelAttributes;
  readonly result: TensorSpec;
}

type Rule = (graph: GraphBuilder, call: Call) => GraphValue | undefined;

/** The node that makes a value, if it is one of this kernel. */
function madeBy(value: GraphValue, kernel: string): GraphNode | undefined {
  return value.kind === 'result' && value.node.kernel === kernel ? value.node : undefined;
}

const isUniform = (value: GraphValue, number?: number): value is GraphConstant =>
  value.kind === 'constant' && value.uniform !== undefined && (number === undefined || value.uniform === number);

/** What a value is before it is repeated, if it is: the repeating is left to operations that broadcast. */
function narrow(graph: GraphBuilder, value: GraphValue): GraphValue {
  if (isUniform(value)) return graph.uniform(value.uniform!, { shape: [], dtype: value.dtype });
  return madeBy(value, 'BroadcastTo')?.inputs.x ?? value;
}

/** The neutral element on the right of each operation; on the left too where the order does not matter. */
const NEUTRAL: Readonly<Record<string, { readonly number: number; readonly bothSides: boolean }>> = {
  Multiply: { number: 1, bothSides: true },
  RealDiv: { number: 1, bothSides: false },
  Add: { number: 0, bothSides: true },
  Sub: { number: 0, bothSides: false },
};

/** Scaling something repeated is repeating what was scaled. */
function scaleBeforeBroadcast(graph: GraphBuilder, { kernel, result }: Call, a: GraphValue, b: GraphValue): GraphValue | undefined {
  const repeated = madeBy(a, 'BroadcastTo')?.inputs.x;
  if (!repeated || !isUniform(b)) return undefined;
  const factor = graph.uniform(b.uniform!, { shape: [], dtype: b.dtype });
  return graph.broadcast(graph.one(kernel, { a: repeated, b: factor }, {}, repeated), result.shape);
}

const scaling: Rule = (graph, call) => {
  const { a, b } = call.inputs as { a: GraphValue; b: GraphValue };
  if (call.kernel === 'Multiply') return scaleBeforeBroadcast(graph, call, a, b) ?? scaleBeforeBroadcast(graph, call, b, a);
  return call.kernel === 'RealDiv' ? scaleBeforeBroadcast(graph, call, a, b) : undefined;
};

/** Two-input operations broadcast by themselves: what was repeated for them need not be. */
const slimmer: Rule = (graph, { kernel, inputs, attributes, result }) => {
  const { a, b } = inputs as { a: GraphValue; b: GraphValue };
  const slimA = sameShape(b.shape, result.shape) ? narrow(graph, a) : a;
  const slimB = slimA === a && sameShape(a.shape, result.shape) ? narrow(graph, b) : b;
  if (slimA === a && slimB === b) return undefined;
  return graph.node(kernel, { a: slimA, b: slimB }, attributes, [result])[0]!;
};

const arithmetic: Rule = (graph, call) => {
  const { a, b } = call.inputs as { a: GraphValue; b: GraphValue };
  const neutral = NEUTRAL[call.kernel];
  if (neutral && isUniform(b, neutral.number)) return graph.broadcast(a, call.result.shape);
  if (neutral?.bothSides && isUniform(a, neutral.number)) return graph.broadcast(b, call.result.shape);
  return scaling(graph, call) ?? slimmer(graph, call);
};

const reshape: Rule = (graph, { inputs, result }) => {
  const x = (inputs.x ?? inputs.input)!;
  if (sameShape(x.shape, result.shape)) return x;
  const before = madeBy(x, 'Reshape')?.inputs.x;
  if (before) return graph.reshape(before, result.shape);
  if (isUniform(x)) return graph.uniform(x.uniform!, result);
  return inputs.input ? graph.reshape(x, result.shape) : undefined; // ExpandDims is a reshape
};

const transpose: Rule = (graph, { inputs, attributes, result }) => {
  const x = inputs.x!;
  const perm = attributes.perm as readonly number[];
  const moving = perm.filter((axis) => x.shape[axis] !== 1);
  if (moving.every((axis, i) => i === 0 || moving[i - 1]! < axis)) return graph.reshape(x, result.shape);
  const before = madeBy(x, 'Transpose');
  if (!before) return undefined;
  const first = before.attributes.perm as readonly number[];
  return graph.one('Transpose', { x: before.inputs.x! }, { perm: perm.map((axis) => first[axis]!) }, result);
};

/** Reductions over nothing but axes of length 1. */
const reduction: Rule = (graph, { inputs, result }) =>
  inputs.x!.dtype === result.dtype && sizeOf(inputs.x!.shape) === sizeOf(result.shape) ? graph.reshape(inputs.x!, result.shape) : undefined;

/** Sums of what was only repeated are products, and of zeros are zeros. */
const sum: Rule = (graph, call) => reduction(graph, call) ?? (isUniform(call.inputs.x!, 0) ? graph.uniform(0, call.result) : undefined);

/** What gives its input when the shape stays as it was. */
const whole: Rule = (_graph, { inputs, result }) => {
  const [x, ...others] = Object.values(inputs) as [GraphValue, ...GraphValue[]];
  return others.length === 0 && sameShape(x.shape, result.shape) && x.dtype === result.dtype ? x : undefined;
};

const filled =
  (value: number): Rule =>
  (graph, { result }) =>
    graph.uniform(value, result);

const broadcastTo: Rule = (graph, call) => {
  const x = call.inputs.x!;
  if (isUniform(x)) return graph.uniform(x.uniform!, call.result);
  const before = madeBy(x, 'BroadcastTo')?.inputs.x;
  return before && before.shape.length === x.shape.length ? graph.broadcast(before, call.result.shape) : whole(graph, call);
};

/** Repeating along axes of length 1 is broadcasting. */
const tile: Rule = (graph, call) => {
  const { shape } = call.inputs.x!;
  const reps = call.attributes.reps as readonly number[];
  return shape.every((length, i) => length === 1 || reps[i] === 1) ? graph.broadcast(call.inputs.x!, call.result.shape) : undefined;
};

const choose: Rule = (graph, { inputs, result }) => {
  const { condition, t, e } = inputs as { condition: GraphValue; t: GraphValue; e: GraphValue };
  if (isUniform(condition)) return graph.broadcast(condition.uniform ? t : e, result.shape);
  const whole = [t, e].every((value) => sameShape(value.shape, result.shape));
  const slim = whole ? narrow(graph, condition) : condition;
  return slim === condition || slim.shape.length !== result.shape.length
    ? undefined
    : graph.node('Select', { condition: slim, t, e }, {}, [result])[0]!;
};

const RULES: Readonly<Record<string, Rule>> = {
  Identity: whole,
  Cast: whole,
  Slice: whole,
  PadV2: whole,
  Concat: whole,
  AddN: whole,
  Reshape: reshape,
  ExpandDims: reshape,
  Transpose: transpose,
  BroadcastTo: broadcastTo,
  Tile: tile,
  Select: choose,
  Sum: sum,
  Mean: reduction,
  Max: reduction,
  Min: reduction,
  Prod: reduction,
  ZerosLike: filled(0),
  OnesLike: filled(1),
  Add: arithmetic,
  Sub: arithmetic,
  Multiply: arithmetic,
  RealDiv: arithmetic,
  Maximum: slimmer,
  Minimum: slimmer,
  Pow: slimmer,
  SquaredDifference: slimmer,
  Greater: slimmer,
  GreaterEqual: slimmer,
  Less: slimmer,
  LessEqual: slimmer,
  Equal: slimmer,
  NotEqual: slimmer,
};

/** The value that a call amounts to, where that is less work than the call; nothing where it is not. */
export const simplify: Rule = (graph, call) => RULES[call.kernel]?.(graph, call);
