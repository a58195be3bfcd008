import type { HostTensor } from '../host-tensor.ts';
import type { Supports } from '../record/graph-builder.ts';
import type { InputGroup, StepGraph } from '../record/step-graph.ts';

/** A graph that an engine has made ready. */
export interface LoadedGraph<Held = unknown> {
  /** Runs once: inputs by `group.name` as the graph lists them, results likewise. */
  run(feeds: Readonly<Record<string, Held>>): Readonly<Record<string, Held>>;
  /** Frees the engine's graph. */
  dispose(): void;
}

/** The part of an engine that runs recorded steps. `Held` is a tensor where the engine keeps it. */
export interface GraphEngine<Held = unknown> {
  readonly supports: Supports;
  /** Makes a graph ready. Throws KERNEL_UNSUPPORTED for one that the engine refuses after all. */
  load(graph: StepGraph): LoadedGraph<Held>;
  /**
   * Brings numbers of one of a step's inputs to where the engine computes. The array may be taken over: do not write to it; with `isGivenAway`
   * the engine may write to it. Throws INVALID_ARGUMENT for numbers that the engine cannot hold.
   */
  upload(value: HostTensor, group: InputGroup, isGivenAway?: boolean): Held;
  /** Numbers of a tensor. The array must not be written to. */
  download(value: Held): HostTensor | Promise<HostTensor>;
  /** Frees a tensor. */
  release(value: Held): void;
}
