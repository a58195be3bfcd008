import type { Module, Parameter } from '@reidkit/core-tensor';
import { ReidError, add, namedParameters, readTensor, readTensors, scoped, disposeAll, type AttachedAdapter, type HostTensors, type ModulePlace } from '@reidkit/core-tensor'; // prettier-ignore
import type { TokenLayer } from '../token-layer.ts';
import { WrappedLayer, type LayerMerge, type LayerRun } from './wrapped-layer.ts';

/** What an adapter does at one place of a module. */
export interface LayerAttachment {
  readonly place: ModulePlace;
  /** What it adds to the tree there, by name. */
  readonly added: Readonly<Record<string, Module | Parameter>>;
  readonly run: LayerRun;
  readonly merges?: LayerMerge;
  /** Whether it attends to `side` tokens there. */
  readonly usesSide?: boolean;
}

const branchNames = (module: Module): string[] =>
  Object.keys(module).filter((name) => (module as unknown as Record<string, unknown>)[name] !== undefined);

function refuseSameName({ place, added }: LayerAttachment): void {
  const twice = Object.keys(added).find((name) => branchNames(place.current()).includes(name));
  if (twice === undefined) return;
  throw new ReidError('INVALID_ARGUMENT', `"${place.path}" already has "${twice}".`, {
    hint: 'attach each adapter once, or merge the first one before.',
  });
}

/** Parameters that attachments add, by their paths in the module. */
function addedParameters(attachments: readonly LayerAttachment[]): Map<string, Parameter> {
  return new Map(
    attachments.flatMap(({ place, added }) =>
      Object.entries(added).flatMap(([name, node]) => [...namedParameters(node, `${place.path}.${name}`)]),
    ),
  );
}

/** Numbers of parameters that have some. */
async function numbersOf(parameters: ReadonlyMap<string, Parameter>): Promise<HostTensors> {
  return readTensors(Object.fromEntries([...parameters].filter(([, { hasValue }]) => hasValue).map(([path, { value }]) => [path, value])));
}

/** Attachments that are in their places, and how they come out of them. */
class Placed {
  readonly #pairs: readonly { readonly place: ModulePlace; readonly before: Module; readonly wrapped: Module }[];

  constructor(attachments: readonly LayerAttachment[]) {
    attachments.forEach(refuseSameName);
    this.#pairs = attachments.map(({ place, added, run, merges, usesSide }) => {
      const before = place.current();
      const wrapped = new WrappedLayer({ inner: before as TokenLayer, added, run, merges, usesSide });
      place.replace(wrapped);
      return { place, before, wrapped };
    });
  }

  takeOut(): void {
    const covered = this.#pairs.find(({ place, wrapped }) => place.current() !== wrapped);
    if (covered) {
      throw new ReidError('INVALID_ARGUMENT', `The adapter at "${covered.place.path}" is covered by another, or is out already.`, {
        hint: 'take adapters out in the opposite order.',
      });
    }
    for (const { place, before } of [...this.#pairs].reverse()) place.replace(before);
  }

  putBack(): void {
    for (const { place, wrapped } of this.#pairs) place.replace(wrapped);
  }
}

/** Puts an adapter into all its places of a module. It can be merged when it can be merged at every one. Throws INVALID_ARGUMENT for one that is there already. */
export function attachLayers<M extends Module>(module: M, attachments: readonly LayerAttachment[]): AttachedAdapter<M> {
  const parameters = addedParameters(attachments);
  const placed = new Placed(attachments);
  const free = (): void => parameters.forEach((parameter) => parameter.dispose());
  const merges = attachments.flatMap(({ merges: one }) => (one ? [one] : []));

  const merge = async (): Promise<() => void> => {
    const learned = await numbersOf(parameters);
    const sums = Object.fromEntries(merges.map(({ weight, delta }, i) => [i, scoped(() => add(weight.value, delta()))]));
    const [old, merged] = [await Promise.all(merges.map(({ weight }) => readTensor(weight.value))), await readTensors(sums)];
    disposeAll(sums);
    placed.takeOut();
    merges.forEach(({ weight }, i) => weight.assign(merged[i]!));
    free();
    return () => {
      placed.putBack();
      merges.forEach(({ weight }, i) => weight.assign(old[i]!));
      for (const [path, numbers] of Object.entries(learned)) parameters.get(path)!.assign(numbers);
    };
  };
  return {
    module,
    added: [...parameters.keys()],
    ...(merges.length === attachments.length ? { merge } : {}),
    detach: () => {
      placed.takeOut();
      free();
    },
  };
}
