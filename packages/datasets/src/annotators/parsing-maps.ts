import { defineComponent, type Annotation, type AnnotationItem, type Annotator } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { createImageDecoder, type ImageDecoder } from '../image/image-decoder.ts';
import { readLabelMap } from './label-map-file.ts';
import { MASK_PARTS, mapParsing, PARSING_LABELS, type MaskPart } from './parsing-labels.ts';

const options = z.strictObject({
  maps: z.string().min(1).describe('folder of the maps: one PNG of labels per image, under the image’s path'),
  labels: z
    .union([z.enum(['lip', 'atr', 'cihp']), z.array(z.enum(MASK_PARTS)).min(2).max(256)])
    .describe('what the labels mean: those of LIP, ATR or CIHP, or the part of each number'),
  leastParts: z.int().min(0).max(5).default(1).describe('parts that must be seen; an image with fewer gets no mask'),
});

class ParsingMaps implements Annotator {
  readonly name = 'part-masks';
  readonly producer: string;
  readonly gives = ['partMask'] as const;
  readonly #maps: string;
  readonly #table: readonly MaskPart[];
  readonly #leastParts: number;
  readonly #decoder: Promise<ImageDecoder>;

  constructor({ maps, labels, leastParts }: z.output<typeof options>) {
    this.#maps = maps;
    this.#table = typeof labels === 'string' ? PARSING_LABELS[labels] : labels;
    this.#leastParts = leastParts;
    this.#decoder = createImageDecoder();
    this.producer = `annotator/parsing-maps 1 (${typeof labels === 'string' ? labels : 'own labels'})`;
  }

  async annotate(item: AnnotationItem): Promise<Annotation | null> {
    if (item.person) return null;
    const picture = await readLabelMap(this.#maps, item, await this.#decoder);
    if (!picture) return null;
    const { parts, unknown } = mapParsing(picture.data, this.#table);
    if (new Set(parts.filter((part) => part > 0)).size < this.#leastParts) return null;
    return { partMask: { ...picture, data: parts }, quality: 1 - unknown / parts.length };
  }
}

/**
 * `annotator/parsing-maps`: part masks (1 head, 2 upper body, 3 legs, 4 foot, 5 bags) from the maps of any human parser. Quality is the share of
 * pixels whose label is known.
 */
export const parsingMaps = defineComponent({
  summary: 'Part masks from the maps of a human parser, with the labels of LIP, ATR, CIHP or its own.',
  options,
  build: (chosen): Annotator => new ParsingMaps(chosen),
});
