import { Tensor as OnnxTensor } from 'onnxruntime-common';
import { attributeText, type GraphConstant, type GraphValue, sizeOf } from '@reidkit/core-tensor';
import { elementwiseProgram } from './elementwise/elementwise-program.ts';
import { emitNodes } from './emit-graph.ts';
import { OnnxGraph, type OnnxValue } from './onnx/graph.ts';
import { modelBytes } from './onnx/model-bytes.ts';
import { createSession } from './session.ts';
import { cutName, type Update } from './split-updates.ts';

/** Elements of one run: with their intermediate numbers they stay in the cache of a processor. */
const BLOCK = 65536;

/** Elements up to which updates that do the same are put side by side and run at once. */
const SMALL = 16384;

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

/** Scalars that an update reads, as a text: updates side by side must share them. */
const scalarsOf = ({ leaves }: Update): string =>
  leaves
    .filter(isScalar)
    .map((leaf) => (leaf.kind === 'input' ? `${leaf.group}.${leaf.name}` : cutName(leaf)))
    .join();

/** Runs one kind of update: as vector code where it can be, else by the library. */
interface Runner {
  run(given: readonly OnnxTensor[], targets: readonly OnnxTensor[]): void;
  dispose(): void;
}

/** Updates that do the same: one, or small ones side by side. */
interface Unit {
  readonly updates: readonly [Update, ...Update[]];
  readonly runner: Runner;
  /** Where small updates are put side by side: an array for each leaf that is no scalar, and for each output. */
  readonly joined?: { readonly leaves: readonly (OnnxTensor | undefined)[]; readonly targets: readonly OnnxTensor[] };
}

const emptyTensor = (type: GraphValue['dtype'], length: number): OnnxTensor => {
  const Kind = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type];
  return new OnnxTensor(type, new Kind(length) as never, [length]);
};

/** Copies numbers of several tensors into one, or back. */
function copyBetween(joined: OnnxTensor, parts: readonly OnnxTensor[], isBack: boolean): void {
  const all = joined.data as Float32Array;
  let at = 0;
  for (const { data } of parts as readonly { readonly data: Float32Array }[]) {
    if (isBack) data.set(all.subarray(at, at + data.length));
    else all.set(data, at);
    at += data.length;
  }
}

/** Runs the updates of a step, block by block, in place. */
export class UpdateRuns {
  readonly #units: readonly Unit[];
  readonly #runners = new Map<string, Runner>();
  readonly #own: WeakSet<OnnxTensor>;

  /** `own` is what updates made and so may write to; all graphs of an engine share it, or each new shape of a batch would copy the state. */
  constructor(updates: readonly Update[], own: WeakSet<OnnxTensor>) {
    this.#own = own;
    const groups = new Map<string, [Update, ...Update[]]>();
    updates.forEach((update, i) => {
      const text = textOf(update);
      this.#runners.set(text, this.#runners.get(text) ?? runnerOf(update));
      const key = `${sizeOf(update.shape) > SMALL ? i : scalarsOf(update)}\n${text}`;
      const held = groups.get(key);
      if (held) held.push(update);
      else groups.set(key, [update]);
    });
    this.#units = [...groups].map(([key, members]) => this.#unitOf(members, this.#runners.get(key.slice(key.indexOf('\n') + 1))!));
  }

  #unitOf(updates: Unit['updates'], runner: Runner): Unit {
    if (updates.length === 1) return { updates, runner };
    const [{ leaves, outputs }] = updates;
    const length = updates.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const joined = {
      leaves: leaves.map((leaf) => (isScalar(leaf) ? undefined : emptyTensor(leaf.dtype, length))),
      targets: outputs.map(() => emptyTensor('float32', length)),
    };
    return { updates, runner, joined };
  }

  /** New parameters and state by `group.name`, from those held and from what the rest of the step gave by {@link cutName}. */
  run(feeds: Readonly<Record<string, OnnxTensor>>, cuts: Readonly<Record<string, OnnxTensor>>): Record<string, OnnxTensor> {
    const results: Record<string, OnnxTensor> = {};
    for (const { updates, runner, joined } of this.#units) {
      const given = updates.map(({ leaves }) =>
        leaves.map((leaf) => (leaf.kind === 'input' ? feeds[`${leaf.group}.${leaf.name}`]! : cuts[cutName(leaf)]!)),
      );
      const targets = updates.map(({ outputs }) => outputs.map(([key, { shape }]) => (results[key] = this.#target(feeds[key]!, shape))));
      if (!joined) {
        runner.run(given[0]!, targets[0]!);
        continue;
      }
      const leaves = joined.leaves.map((all, i) => all ?? given[0]![i]!);
      joined.leaves.forEach((all, i) => all && copyBetween(all, given.map((tensors) => tensors[i]!), false)); // prettier-ignore
      runner.run(leaves, joined.targets);
      joined.targets.forEach((all, i) => copyBetween(all, targets.map((tensors) => tensors[i]!), true)); // prettier-ignore
    }
    return results;
  }

  #target(held: OnnxTensor, shape: readonly number[]): OnnxTensor {
    if (this.#own.has(held)) return held;
    const fresh = new OnnxTensor('float32', new Float32Array(sizeOf(shape)), shape);
    this.#own.add(fresh);
    return fresh;
  }

  dispose(): void {
    for (const runner of this.#runners.values()) runner.dispose();
    this.#runners.clear();
  }
}

const numbersOf = (tensors: readonly OnnxTensor[]): Float32Array[] => tensors.map(({ data }) => data as Float32Array);

function runnerOf(update: Update): Runner {
  const program = elementwiseProgram(update);
  if (program) return { run: (given, targets) => program.run(numbersOf(given), numbersOf(targets)), dispose: () => undefined };
  const names = update.outputs.map((_, i) => `next${i}`);
  const session = createSession(modelBytes(emitUpdate(update), { anyShape: true }), names, 1);
  return { run: (given, targets) => runBlocks(session, given, targets), dispose: () => session.dispose() };
}

function runBlocks(session: ReturnType<typeof createSession>, given: readonly OnnxTensor[], targets: readonly OnnxTensor[]): void {
  const length = targets[0]!.data.length;
  const scalars = given.map(({ type, data }) => (data.length === 1 ? new OnnxTensor(type, data as never, []) : undefined));
  for (let from = 0; from < length; from += BLOCK) {
    const to = Math.min(length, from + BLOCK);
    const part = (tensor: OnnxTensor): OnnxTensor =>
      new OnnxTensor(tensor.type, (tensor.data as Float32Array).subarray(from, to) as never, [to - from]);
    const feeds = Object.fromEntries(given.map((tensor, i) => [`leaf${i}`, scalars[i] ?? part(tensor)]));
    const next = session.runTensors(feeds);
    targets.forEach((target, i) => (target.data as Float32Array).set(next[`next${i}`]!.data as Float32Array, from));
  }
}
