import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { defineComponent, describeIssues, ReidError, reportProblems, type Annotation, type AnnotationItem, type Annotator } from '@reidkit/core-tensor/base'; // prettier-ignore
import { z } from 'zod';
import { createImageDecoder, type ImageDecoder } from '../image/image-decoder.ts';
import { readLabelMap } from './label-map-file.ts';
import { MASK_PARTS } from './parsing-labels.ts';

const options = z.strictObject({
  index: z.string().min(1).describe('index.json of the part maps; the maps lie beside it, under the paths of the images'),
  missing: z.number().min(0).max(1).default(0.05).describe('share of the images of the index that may be without a map; 0 is strict'),
});

/** What an index calls the parts, by their number in part masks. */
const CLASSES = ['background', 'head', 'upper body', 'lower body', 'foot', 'bags'] as const;

const indexFile = z.looseObject({
  version: z.literal(1),
  classes: z
    .array(z.enum(CLASSES))
    .min(2)
    .refine((classes) => classes[0] === 'background', 'begins with "background"')
    .refine((classes) => new Set(classes).size === classes.length, 'names each class once')
    .describe('class of each number in the maps'),
  producer: z.string().max(200).optional(),
  size: z.int().min(1).describe('number of images'),
});

type PartIndex = z.output<typeof indexFile>;

async function readIndex(path: string): Promise<PartIndex> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ReidError('FILE_NOT_FOUND', `There is no file ${path}.`, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ReidError('FILE_INVALID', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = indexFile.safeParse(json);
  if (parsed.success) return parsed.data;
  throw reportProblems('FILE_INVALID', `${path} is no index of part maps:`, describeIssues(parsed.error), {
    hint: `it has version 1, size, and classes out of ${CLASSES.join(', ')}.`,
  });
}

/** Part masks from maps whose index says what the numbers mean. */
class PartIndexMaps implements Annotator {
  readonly name = 'part-masks';
  readonly producer = 'annotator/part-index 1';
  readonly gives = ['partMask'] as const;
  readonly #path: string;
  readonly #allowed: number;
  readonly #decoder: Promise<ImageDecoder> = createImageDecoder();
  #index: Promise<PartIndex> | undefined;
  readonly #missing = new Set<string>();

  constructor({ index, missing }: z.output<typeof options>) {
    this.#path = index;
    this.#allowed = missing;
  }

  async annotate(item: AnnotationItem): Promise<Annotation | null> {
    const { classes, size } = await (this.#index ??= readIndex(this.#path));
    if (item.person) return null;
    const map = await readLabelMap(dirname(this.#path), item, await this.#decoder);
    if (!map) return this.#without(item.file, size);
    const above = map.data.find((value) => value >= classes.length);
    if (above !== undefined) {
      throw new ReidError('DATASET_INVALID', `The map of ${item.file} has the number ${above}; ${this.#path} has classes 0 to ${classes.length - 1}.`); // prettier-ignore
    }
    const numbers = classes.map((name) => CLASSES.indexOf(name));
    const data = map.data.map((value) => numbers[value]!);
    return data.some((part) => part > 0) ? { partMask: { ...map, data } } : null;
  }

  #without(file: string, size: number): null {
    this.#missing.add(file);
    if (this.#missing.size <= this.#allowed * size) return null;
    throw new ReidError('DATASET_INVALID', `${this.#missing.size} images have no map beside ${this.#path}, such as ${file}; ${Math.floor(this.#allowed * size)} of ${size} may be without.`, {
      hint: 'bring the maps, or allow more by the option "missing".',
    }); // prettier-ignore
  }
}

/**
 * `annotator/part-index`: part masks (1 head, 2 upper body, 3 legs, 4 foot, 5 bags) from RGANet's maps: `index.json` with the classes, and one PNG
 * per image. Images without a map, and those of background alone, get none. Rejects with DATASET_INVALID for a map of another shape, a number
 * that is no class, or too many maps that are missing.
 */
export const partIndex = defineComponent({
  summary: `Part masks from maps with an index of classes (${MASK_PARTS.slice(1).join(', ')}), as RGANet takes them.`,
  options,
  build: (chosen): Annotator => new PartIndexMaps(chosen),
});
