import { Module, Parameter, add, namedParameters, readTensor, scoped, type Context, type Tensor } from '@reidkit/core-tensor';
import type { ValueLayer } from '../clip-block.ts';
import type { LayerCall, TokenLayer } from '../token-layer.ts';

/** How the work of a wrapped layer is done: `next` is the layer's own work on tokens `[..., D]`, with what it is told further. */
export type LayerRun = (next: (x: Tensor, more?: LayerCall) => Tensor, x: Tensor, ctx: Context, call?: LayerCall) => Tensor;

/** The weight that an addition may be merged into, and what has to be added to it. */
export interface LayerMerge {
  readonly weight: Parameter;
  /** What is added to the weight, of its shape. */
  readonly delta: () => Tensor;
}

/** Parts of a {@link WrappedLayer}. */
export interface WrappedLayerParts {
  /** The layer in whose place it stands. */
  readonly inner: TokenLayer;
  /** What it adds to the tree, by name; names that the layer does not have. */
  readonly added: Readonly<Record<string, Module | Parameter>>;
  readonly run: LayerRun;
  readonly merges?: LayerMerge | undefined;
  /** Whether what it adds attends to `side` tokens. Default: false. */
  readonly usesSide?: boolean | undefined;
}

const isNode = (value: unknown): boolean => Parameter.is(value) || Module.is(value) || Array.isArray(value);

/**
 * Makes a module's branches those of another one too, under the same names: what is put into either is in both, so that names stay and
 * adapters can sit on one another.
 */
export function shareBranches(from: Module, to: Module): void {
  for (const name of Object.keys(from)) {
    const holder = from as unknown as Record<string, unknown>;
    if (!isNode(holder[name])) continue;
    Object.defineProperty(to, name, {
      enumerable: true,
      configurable: true,
      get: () => holder[name],
      set: (value: unknown) => {
        holder[name] = value;
      },
    });
  }
}

/** A layer in the place of another: its names and its work, with something added to both. */
export class WrappedLayer extends Module implements TokenLayer {
  readonly #inner: TokenLayer & Partial<Pick<ValueLayer, 'valueOnly'>>;
  readonly #run: LayerRun;
  readonly #added: WrappedLayerParts['added'];
  readonly #merges: LayerMerge | undefined;
  readonly #usesSide: boolean;

  constructor({ inner, added, run, merges, usesSide = false }: WrappedLayerParts) {
    super();
    this.#inner = inner;
    this.#run = run;
    this.#added = added;
    this.#merges = merges;
    this.#usesSide = usesSide;
    shareBranches(inner, this);
    Object.assign(this, added);
  }

  /** Whether the layer attends to `side` tokens. */
  get usesSide(): boolean {
    return this.#usesSide || (this.#inner.usesSide ?? false);
  }

  /** Heads of the layer, where it is an attention to which a caller may add. */
  get heads(): number | undefined {
    return this.#inner.heads;
  }

  /** `[..., D] → [..., E]`, as the layer does. */
  forward(x: Tensor, ctx: Context, call?: LayerCall): Tensor {
    return this.#run((y, more) => this.#inner.forward(y, ctx, more ? { ...call, ...more } : call), x, ctx, call);
  }

  /** The layer's own value-only form, where it has one. */
  get valueOnly(): ValueLayer['valueOnly'] | undefined {
    if (!this.#inner.valueOnly) return undefined;
    return (x, ctx) => this.#run((y) => this.#inner.valueOnly!(y, ctx), x, ctx);
  }
  /** Puts what was learned into the layer's own weight, frees what was added, and gives the layer; nothing where that is impossible. */
  async merge(): Promise<Module | undefined> {
    if (!this.#merges) return undefined;
    const { weight, delta } = this.#merges;
    const sum = scoped(() => add(weight.value, delta()));
    weight.assign(await readTensor(sum));
    sum.dispose();
    for (const node of Object.values(this.#added)) for (const [, parameter] of namedParameters(node)) parameter.dispose();
    return this.#inner;
  }
}
