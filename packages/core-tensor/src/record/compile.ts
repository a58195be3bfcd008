import { ReidError } from '../errors.ts';
import { copyHostTensor, type HostTensor, hostTensor, type HostTensors, sizeOf } from '../host-tensor.ts';
import type { Backend } from '../kinds/backend.ts';
import type { GraphEngine, LoadedGraph } from '../kinds/graph-engine.ts';
import type { Random } from '../random.ts';
import { checkReplacements, type Program, type ProgramValues, type Step, type StepCall, type StepReport } from '../step.ts';
import { graphText } from './graph-text.ts';
import { type Captured, recordStep, type Specs, type StepSignature } from './record-step.ts';
import type { DrawSpec, StepGraph } from './step-graph.ts';

/** How to compile. */
export interface CompileOptions {
  /** The engine's backend; it must be one that compiles. */
  readonly backend: Backend;
  /** Graphs that are kept, one per set of input shapes; the least recently used one goes first. Default: 8. */
  readonly most?: number;
  /** Told once of the tensors from outside the step that became part of the graph. Default: a warning of the process. */
  readonly onCapture?: (captured: readonly Captured[]) => void;
}

/** A step that runs as one graph per set of input shapes. */
export interface CompiledStep {
  /** The step with the parameters and state that it works on. */
  program(values: ProgramValues): Program;
  /** The graph that ran last as text, with its counts. Throws INVALID_ARGUMENT before the first run. */
  explain(): string;
}

interface Compiled<Held> {
  readonly graph: StepGraph;
  readonly loaded: LoadedGraph<Held>;
  readonly seconds: { readonly record: number; readonly load: number };
}

const seconds = (since: number): number => (performance.now() - since) / 1000;

const specsOf = (values: HostTensors): Specs =>
  Object.fromEntries(Object.entries(values).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));

const specText = (specs: Specs): string => Object.entries(specs).map(([name, { shape, dtype }]) => `${name}:${dtype}[${shape}]`).sort().join(); // prettier-ignore

function warnOfCaptured(captured: readonly Captured[]): void {
  const list = captured.map(({ dtype, shape, place }) => `${dtype} [${shape}]${place ? ` (${place})` : ''}`);
  const what = `A compiled step uses tensors from outside; their numbers are frozen as they are now: ${list.join('; ')}.`;
  process.emitWarning(`${what} Give them as parameters, state or batch.`, 'ReidkitWarning');
}

function drawNumbers({ kind, shape }: DrawSpec, random: Random): HostTensor {
  return hostTensor(random[kind](sizeOf(shape)), shape);
}

/** The engine may write the next numbers over the old ones. */

/** Graphs of one step, by the shapes of their inputs. */
class Graphs<Held> {
  readonly #step: Step;
  readonly #engine: GraphEngine<Held>;
  readonly #options: CompileOptions;
  readonly #kept = new Map<string, Compiled<Held>>();
  #last: StepGraph | undefined;
  #hasWarned = false;
  #programs = 0;

  constructor(step: Step, engine: GraphEngine<Held>, options: CompileOptions) {
    this.#step = step;
    this.#engine = engine;
    this.#options = options;
  }

  /** The graph for a signature, and whether it was made just now. */
  get(signature: StepSignature): { readonly compiled: Compiled<Held>; readonly isNew: boolean } {
    const { parameters, state, batch, hyper, draws } = signature;
    const key = [specText(parameters), specText(state), specText(batch), [...hyper].sort().join(), draws].join(' | ');
    const held = this.#kept.get(key);
    this.#kept.delete(key);
    const compiled = held ?? this.#make(signature);
    this.#kept.set(key, compiled); // last in the map is the last used
    this.#last = compiled.graph;
    if (this.#kept.size > (this.#options.most ?? 8)) this.#forgetOldest();
    return { compiled, isNew: held === undefined };
  }

  #forgetOldest(): void {
    const [key, { loaded }] = this.#kept.entries().next().value!;
    this.#kept.delete(key);
    loaded.dispose();
  }

  #make(signature: StepSignature): Compiled<Held> {
    const start = performance.now();
    const { graph, captured } = recordStep(this.#step, signature, { supports: this.#engine.supports });
    const record = seconds(start);
    if (captured.length > 0 && !this.#hasWarned) {
      this.#hasWarned = true;
      (this.#options.onCapture ?? warnOfCaptured)(captured);
    }
    const middle = performance.now();
    const loaded = this.#engine.load(graph);
    return { graph, loaded, seconds: { record, load: seconds(middle) } };
  }

  explain(): string {
    if (this.#last) return graphText(this.#last);
    throw new ReidError('INVALID_ARGUMENT', 'A compiled step has no graph before its first run.', { hint: 'run a program of it once.' });
  }

  /** One more program uses them. */
  open(): this {
    this.#programs++;
    return this;
  }

  /** A program ends; with the last one the graphs are freed. */
  close(): void {
    if (--this.#programs > 0) return;
    for (const { loaded } of this.#kept.values()) loaded.dispose();
    this.#kept.clear();
  }
}

/** Parameters and state in the engine's memory, and the graphs that work on them. */
class CompiledProgram<Held> implements Program {
  readonly #graphs: Graphs<Held>;
  readonly #engine: GraphEngine<Held>;
  readonly #specs: { readonly parameters: Specs; readonly state: Specs };
  readonly #held: Record<string, Held> = {};
  #isOpen = true;

  constructor(graphs: Graphs<Held>, engine: GraphEngine<Held>, { parameters, state = {}, isGivenAway = false }: ProgramValues) {
    this.#graphs = graphs.open();
    this.#engine = engine;
    this.#specs = { parameters: specsOf(parameters), state: specsOf(state) };
    const seen = new Set<ArrayBufferLike>();
    const take = (value: HostTensor, group: 'parameters' | 'state'): Held => {
      const isShared = seen.has(value.data.buffer);
      seen.add(value.data.buffer);
      return engine.upload(isGivenAway && isShared ? copyHostTensor(value) : value, group, isGivenAway);
    };
    for (const [name, value] of Object.entries(parameters)) this.#held[`parameters.${name}`] = take(value, 'parameters');
    for (const [name, value] of Object.entries(state)) this.#held[`state.${name}`] = take(value, 'state');
  }

  #feeds({ graph }: Compiled<Held>, { batch, hyper = {}, random }: StepCall): Record<string, Held> {
    const draws = graph.draws.map((spec, i) => () => drawNumbers(spec, random!.fork(i)));
    return Object.fromEntries(
      graph.inputs.map(({ group, name }) => {
        const key = `${group}.${name}`;
        if (group === 'batch') return [key, this.#engine.upload(batch[name]!, group)];
        if (group === 'hyper') return [key, this.#engine.upload(hostTensor([hyper[name]!], []), group)];
        return [key, group === 'draws' ? this.#engine.upload(draws[Number(name)]!(), group) : this.#held[key]!];
      }),
    );
  }

  async run(call: StepCall): Promise<StepReport> {
    const { batch, hyper = {}, random } = call;
    const signature = { ...this.#specs, batch: specsOf(batch), hyper: Object.keys(hyper), draws: random !== undefined };
    const { compiled, isNew } = this.#graphs.get(signature);
    const feeds = this.#feeds(compiled, call);
    const results = compiled.loaded.run(feeds);
    for (const [key, value] of Object.entries(feeds)) if (!(key in this.#held)) this.#engine.release(value);
    const losses: Record<string, number> = {};
    const outputs: Record<string, HostTensor> = {};
    for (const [key, value] of Object.entries(results)) {
      const [group, name] = [key.slice(0, key.indexOf('.')), key.slice(key.indexOf('.') + 1)];
      if (group === 'losses') losses[name] = (await this.#take(value)).data[0]!;
      else if (group === 'outputs') outputs[name] = await this.#take(value);
      else this.#replace(key, value);
    }
    return { losses, outputs, ...(isNew ? { compiled: { ...compiled.seconds, nodes: compiled.graph.nodes.length } } : {}) };
  }

  async #take(value: Held): Promise<HostTensor> {
    const numbers = await this.#engine.download(value);
    this.#engine.release(value);
    return numbers;
  }

  #replace(key: string, value: Held): void {
    this.#engine.release(this.#held[key]!);
    this.#held[key] = value;
  }

  read(): Promise<{ parameters: HostTensors; state: HostTensors }> {
    return this.#all(copyHostTensor);
  }

  view(): Promise<{ parameters: HostTensors; state: HostTensors }> {
    return this.#all((value) => value);
  }

  async #all(give: (value: HostTensor) => HostTensor): Promise<{ parameters: HostTensors; state: HostTensors }> {
    const group = async (prefix: string, specs: Specs): Promise<HostTensors> => {
      const names = Object.keys(specs);
      const numbers = await Promise.all(names.map((name) => this.#engine.download(this.#held[`${prefix}.${name}`]!)));
      return Object.fromEntries(names.map((name, i) => [name, give(numbers[i]!)]));
    };
    return { parameters: await group('parameters', this.#specs.parameters), state: await group('state', this.#specs.state) };
  }

  write({ parameters = {}, state = {} }: Parameters<Program['write']>[0]): void {
    checkReplacements('parameters', parameters, this.#specs.parameters);
    checkReplacements('state', state, this.#specs.state);
    for (const [name, value] of Object.entries(parameters))
      this.#replace(`parameters.${name}`, this.#engine.upload(copyHostTensor(value), 'parameters', true));
    for (const [name, value] of Object.entries(state))
      this.#replace(`state.${name}`, this.#engine.upload(copyHostTensor(value), 'state', true));
  }

  explain(): string {
    return this.#graphs.explain();
  }

  dispose(): void {
    for (const key of Object.keys(this.#held)) {
      this.#engine.release(this.#held[key]!);
      delete this.#held[key];
    }
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#graphs.close();
  }
}

/**
 * Compiles a step: it is recorded once for each set of input shapes and then runs as one graph. Programs of it share their graphs.
 * Throws INVALID_ARGUMENT for a backend that runs steps operation by operation only; the first run throws what {@link recordStep} throws.
 *
 * @example
 * ```ts
 * import { onnxBackend } from '@reidkit/backend-onnx';
 * import { compile, hostTensor, mean, square, useBackend } from '@reidkit/core-tensor';
 * const backend = await useBackend(onnxBackend());
 * const compiled = compile(({ batch }) => ({ outputs: { power: mean(square(batch.signal!)) } }), { backend });
 * const { outputs } = await compiled.program({ parameters: {} }).run({ batch: { signal: hostTensor([1, 2, 3], [3]) } });
 * console.assert(Math.abs(outputs.power!.data[0]! - 14 / 3) < 1e-6);
 * console.log(compiled.explain());
 * ```
 */
export function compile(step: Step, options: CompileOptions): CompiledStep {
  const { graphs: engine, name } = options.backend;
  if (!engine) {
    throw new ReidError('INVALID_ARGUMENT', `The backend "${name}" runs steps operation by operation; it compiles none.`, {
      hint: 'use onnxBackend() of @reidkit/backend-onnx, or eagerProgram.',
    });
  }
  const graphs = new Graphs(step, engine, options);
  return { program: (values) => new CompiledProgram(graphs, engine, values), explain: () => graphs.explain() };
}
