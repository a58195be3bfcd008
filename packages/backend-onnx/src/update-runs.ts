import { Tensor as OnnxTensor } from 'onnxruntime-common';
import { attributeText, type GraphConstant, type GraphValue, sizeOf } from '@reidkit/core-tensor';
import { emitNodes } from './emit-graph.ts';
import { OnnxGraph, type OnnxValue } from './onnx/graph.ts';
import { modelBytes } from './onnx/model-bytes.ts';
import { createSession, type Session } from './session.ts';
import { cutName, type Update } from './split-updates.ts';

/** Elements of one run: with their intermediate numbers they stay in the cache of a processor. */
const BLOCK = 65536;

/** A length that stands for any. */
const ANY_LENGTH = 2;

const isScalar = (value: GraphValue): boolean => sizeOf(value.shape) === 1;

/** Constants of an update broadcast: one number is enough. */
const narrow = (onnx: OnnxGraph, { nodes }: Update): [GraphValue, OnnxValue][] =>
  nodes
    .flatMap(({ inputs }) => Object.values(inputs))
    .filter((value): value is GraphConstant => value.kind === 'constant')
    .map((value) => [value, onnx.scalar(value.uniform!, value.dtype)]);

/** Writes an update in ONNX for one row of any length; leaves are `leaf0 …`, outputs `next0 …`. */
function emitUpdate(update: Update): OnnxGraph {
  const onnx = new OnnxGraph();
  const leaves = update.leaves.map((leaf, i): [GraphValue, OnnxValue] => [
    leaf,
    onnx.input(`leaf${i}`, isScalar(leaf) ? [] : [ANY_LENGTH], leaf.dtype),
  ]);
  const valueOf = emitNodes(onnx, update.nodes, new Map([...leaves, ...narrow(onnx, update)]));
  update.outputs.forEach(([, value], i) => onnx.output(valueOf(value), `next${i}`));
  onnx.prune();
  return onnx;
}

/** A text that is equal for updates that do the same to other parameters. */
function textOf({ nodes, leaves, outputs }: Update): string {
  const names = new Map<GraphValue, string>(leaves.map((leaf, i) => [leaf, `leaf${i} ${leaf.dtype} ${isScalar(leaf)}`]));
  const nameOf = (value: GraphValue): string => names.get(value) ?? `${(value as GraphConstant).uniform} ${value.dtype}`;
  const lines = nodes.map(({ kernel, inputs, attributes, results }, at) => {
    const given = Object.entries(inputs).map(([name, value]) => `${name} ${nameOf(value)}`);
    results.forEach((result, i) => names.set(result, `node${at}.${i}`));
    return `${kernel}(${given.join()})${attributeText(attributes)}`;
  });
  return [...lines, ...outputs.map(([, value]) => nameOf(value))].join('\n');
}

/** Runs the updates of a step, block by block, in place. */
export class UpdateRuns {
  readonly #updates: readonly (Update & { readonly session: Session })[];
  readonly #sessions = new Map<string, Session>();
  readonly #own: WeakSet<OnnxTensor>;

  /** `own` is what updates made and so may write to; all graphs of an engine share it, or each new shape of a batch would copy the state. */
  constructor(updates: readonly Update[], own: WeakSet<OnnxTensor>) {
    this.#own = own;
    this.#updates = updates.map((update) => {
      const text = textOf(update);
      const names = update.outputs.map((_, i) => `next${i}`);
      const session = this.#sessions.get(text) ?? createSession(modelBytes(emitUpdate(update), { anyShape: true }), names, 1);
      this.#sessions.set(text, session);
      return { ...update, session };
    });
  }

  /** New parameters and state by `group.name`, from those held and from what the rest of the step gave by {@link cutName}. */
  run(feeds: Readonly<Record<string, OnnxTensor>>, cuts: Readonly<Record<string, OnnxTensor>>): Record<string, OnnxTensor> {
    const results: Record<string, OnnxTensor> = {};
    for (const update of this.#updates) {
      const leaves = update.leaves.map((leaf) => (leaf.kind === 'input' ? feeds[`${leaf.group}.${leaf.name}`]! : cuts[cutName(leaf)]!));
      const targets = update.outputs.map(([key, { shape }]) => (results[key] = this.#target(feeds[key]!, shape)));
      this.#runBlocks(update, leaves, targets);
    }
    return results;
  }

  #target(held: OnnxTensor, shape: readonly number[]): OnnxTensor {
    if (this.#own.has(held)) return held;
    const fresh = new OnnxTensor('float32', new Float32Array(sizeOf(shape)), shape);
    this.#own.add(fresh);
    return fresh;
  }

  #runBlocks(
    { leaves, session, shape }: Update & { readonly session: Session },
    given: readonly OnnxTensor[],
    targets: readonly OnnxTensor[],
  ): void {
    const length = sizeOf(shape);
    const scalars = given.map((tensor, i) => (isScalar(leaves[i]!) ? new OnnxTensor(tensor.type, tensor.data as never, []) : undefined));
    for (let from = 0; from < length; from += BLOCK) {
      const to = Math.min(length, from + BLOCK);
      const part = (tensor: OnnxTensor): OnnxTensor =>
        new OnnxTensor(tensor.type, (tensor.data as Float32Array).subarray(from, to) as never, [to - from]);
      const feeds = Object.fromEntries(given.map((tensor, i) => [`leaf${i}`, scalars[i] ?? part(tensor)]));
      const next = session.runTensors(feeds);
      targets.forEach((target, i) => (target.data as Float32Array).set(next[`next${i}`]!.data as Float32Array, from));
    }
  }

  dispose(): void {
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
  }
}
