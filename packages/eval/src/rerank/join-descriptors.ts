import { ReidError, formatShape, type Descriptors, type HostTensor } from '@reidkit/core-tensor/base';

function joinTensors(name: string, a: HostTensor, b: HostTensor): HostTensor {
  if (a.dtype !== b.dtype || a.shape.slice(1).join() !== b.shape.slice(1).join()) {
    throw new ReidError(
      'SHAPE_MISMATCH',
      `"${name}" is ${a.dtype} ${formatShape(a.shape)} for the queries and ${b.dtype} ${formatShape(b.shape)} for the gallery.`,
      { hint: 'both sides must come from the same model and the same output.' },
    );
  }
  const data = new (a.data.constructor as new (length: number) => typeof a.data)(a.data.length + b.data.length);
  data.set(a.data, 0);
  data.set(b.data, a.data.length);
  return { dtype: a.dtype, shape: [a.shape[0]! + b.shape[0]!, ...a.shape.slice(1)], data };
}

/** The named descriptors of queries and gallery as one set `[Q + G, …]`, queries first, copied. Throws UNKNOWN_NAME or SHAPE_MISMATCH. */
export function joinDescriptors(query: Descriptors, gallery: Descriptors, names: readonly string[]): Descriptors {
  const tensors = names.map((name) => {
    const [a, b] = [query.tensors[name], gallery.tensors[name]];
    if (a && b) return [name, joinTensors(name, a, b)] as const;
    throw new ReidError(
      'UNKNOWN_NAME',
      `Re-ranking needs the descriptor "${name}" of queries and gallery, the ${a ? 'gallery has' : 'queries have'} none.`,
      {
        hint: 'take a scorer that compares descriptors of both sides.',
      },
    );
  });
  return { count: query.count + gallery.count, tensors: Object.fromEntries(tensors) };
}
