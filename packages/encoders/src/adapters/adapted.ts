import { defineComponent, nodeOf, type Adapter, type AttachedAdapter, type Module } from '@reidkit/core-tensor';
import { z } from 'zod';

/**
 * Attaches adapters one after another. The result's `merge` is there when every one can be merged; it and `detach` take them out in the
 * opposite order.
 */
export function attachAll<M extends Module>(module: M, adapters: readonly Adapter[]): AttachedAdapter<M> {
  let now = module;
  const attached = adapters.map((adapter) => {
    const one = adapter.attach(now);
    now = one.module;
    return one;
  });
  const last = [...attached].reverse();
  const merge = async (): Promise<() => void> => {
    const undo: (() => void)[] = [];
    for (const one of last) undo.unshift(await one.merge!());
    return () => undo.forEach((back) => back());
  };
  return {
    module: now,
    added: attached.flatMap(({ added }) => added),
    ...(attached.every((one) => one.merge) ? { merge } : {}),
    detach: () => last.forEach((one) => one.detach()),
  };
}

/** `encoder/adapted`. */
export const adaptedComponent = defineComponent({
  summary: 'An encoder with adapters attached, one after another; names of the encoder stay.',
  options: z.strictObject({
    encoder: nodeOf('encoder').describe('The encoder, of images or of texts.'),
    adapters: z.array(nodeOf('adapter')).min(1).describe('Adapters in the order in which they are attached.'),
  }),
  build: ({ encoder, adapters }, use): Module =>
    attachAll(
      use<Module>(encoder),
      adapters.map((adapter) => use<Adapter>(adapter)),
    ).module,
});
