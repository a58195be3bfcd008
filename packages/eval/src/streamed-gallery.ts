import { ReidError, openSafetensors, type Descriptors, type HostTensor, type Scorer } from '@reidkit/core-tensor/base';

/** A gallery that is read part by part. */
export interface GalleryParts {
  /** All items. */
  readonly count: number;
  /** Items of each part, in order. */
  readonly sizes: readonly number[];
  /** Descriptors of one part. */
  read(part: number): Promise<Descriptors>;
}

/**
 * A scorer over a gallery that is never whole in memory: for every block of queries its parts are read one after another. Give it as `gallery`
 * descriptors without tensors; larger blocks (`blockBytes`) read the parts less often. Not for re-ranking, which needs rows of the gallery.
 * Throws SHAPE_MISMATCH when the gallery is asked for with another count.
 */
export function streamedGallery(scorer: Scorer, parts: GalleryParts): { readonly scorer: Scorer; readonly gallery: Descriptors } {
  const streamed: Scorer = {
    ...scorer,
    name: scorer.name,
    prepare(gallery, product) {
      if (gallery.count !== parts.count) {
        throw new ReidError('SHAPE_MISMATCH', `The streamed gallery holds ${parts.count} images, got ${gallery.count} to rank.`);
      }
      return {
        count: parts.count,
        async distances(queries, out = new Float32Array(queries.count * parts.count)) {
          let begin = 0;
          for (const [part, size] of parts.sizes.entries()) {
            const block = await scorer.prepare(await parts.read(part), product).distances(queries);
            for (let row = 0; row < queries.count; row++) {
              out.set(block.subarray(row * size, (row + 1) * size), row * parts.count + begin);
            }
            begin += size;
          }
          return out;
        },
      };
    },
  };
  return { scorer: streamed, gallery: { count: parts.count, tensors: {} } };
}

/** Name of the tensor of a part: `global/3`. */
const partName = (name: string, part: number): string => `${name}/${part}`;

/** The parts of a gallery in a file that is open. */
export interface FeatureFile extends GalleryParts {
  /** Closes the file. */
  close(): Promise<void>;
}

/**
 * The parts of a feature file: a safetensors file with tensors `NAME/0`, `NAME/1`, … `[rows, …]` in float32, float16 or bfloat16, which are
 * widened when they are read. Throws FILE_NOT_FOUND, FILE_INVALID, or UNKNOWN_NAME for a descriptor that the file lacks.
 */
export async function openFeatureFile(path: string, names: readonly string[]): Promise<FeatureFile> {
  const file = await openSafetensors(path);
  const [first] = names;
  const sizes: number[] = [];
  for (let part = 0; first !== undefined; part++) {
    const entry = file.entries.get(partName(first, part));
    if (!entry) break;
    sizes.push(entry.shape[0] ?? 0);
  }
  if (sizes.length === 0) {
    await file.close();
    throw new ReidError('UNKNOWN_NAME', `"${path}" holds no tensor "${partName(first ?? '', 0)}".`, {
      hint: `a feature file holds NAME/0, NAME/1, …; this one has ${[...file.entries.keys()].slice(0, 5).join(', ')}.`,
    });
  }
  return {
    count: sizes.reduce((sum, size) => sum + size, 0),
    sizes,
    async read(part) {
      const tensors = await Promise.all(names.map(async (name) => [name, await file.read(partName(name, part))] as const));
      return { count: sizes[part]!, tensors: Object.fromEntries(tensors) };
    },
    close: () => file.close(),
  };
}

/** Descriptors cut into parts of so many rows, under the names that {@link openFeatureFile} reads; write them with `writeSafetensors`. */
export function featureParts({ count, tensors }: Descriptors, rows = 16_384): Record<string, HostTensor> {
  const parts: Record<string, HostTensor> = {};
  for (const [name, { shape, data, dtype }] of Object.entries(tensors)) {
    const width = count === 0 ? 0 : data.length / count;
    for (let part = 0; part * rows < count; part++) {
      const size = Math.min(rows, count - part * rows);
      const begin = part * rows * width;
      parts[partName(name, part)] = { dtype, shape: [size, ...shape.slice(1)], data: data.subarray(begin, begin + size * width) };
    }
  }
  return parts;
}
