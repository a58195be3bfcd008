import { Module, add, buffer, greater, mul, namedParameters, stopGradient, where, withParameters, zerosInit, type Context, type Parameter, type Tensor, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore

/** A branch of the twin's tree. */
class Branch extends Module {}

/** Puts a leaf into a tree of branches by its path. */
function plant(root: Module, path: string, leaf: Parameter): void {
  const steps = path.split('.');
  let at = root as unknown as Record<string, unknown>;
  for (const step of steps.slice(0, -1)) at = (at[step] ??= new Branch()) as Record<string, unknown>;
  at[steps.at(-1)!] = leaf;
}

/**
 * A slow copy of a module: numbers under the same names, as buffers, that follow the module's. It has no work of its own: the module works with
 * its numbers. The first step takes the module's numbers over.
 * @see He et al., "Momentum Contrast" (2020), Eq. 2.
 */
export class MomentumTwin extends Module {
  readonly #original: () => Module;
  readonly #momentum: number;
  readonly #own: ReadonlyMap<string, Parameter>;

  constructor(original: Module, { momentum }: { readonly momentum: number }, find: () => Module = () => original) {
    super();
    this.#original = find;
    this.#momentum = momentum;
    this.#own = new Map(
      [...namedParameters(original)].flatMap(([path, { role, shape }]) =>
        role === 'parameter' ? [[path, buffer(shape, zerosInit)] as const] : [],
      ),
    );
    for (const [path, leaf] of this.#own) plant(this, path, leaf);
  }

  /** Its numbers after this step's move towards the module's, by path; they are kept for the next step. `isNew [1]` 1 takes the module's. */
  follow(isNew: Tensor, ctx: Context): Tensors {
    const now = new Map(namedParameters(this.#original()));
    const fresh = greater(isNew, 0.5);
    return Object.fromEntries(
      [...this.#own].map(([path, held]) => {
        const online = stopGradient(now.get(path)!.value);
        const moved = add(mul(held.value, this.#momentum), mul(online, 1 - this.#momentum));
        const next = where(fresh, online, moved);
        ctx.update(held, next);
        return [path, next];
      }),
    );
  }

  /** What `f` gives while the module has these numbers; no gradient flows out. */
  run<T extends Tensor>(numbers: Tensors, f: () => T): T {
    return stopGradient(withParameters(this.#original(), numbers, f)) as T;
  }
}
