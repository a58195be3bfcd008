import { z } from 'zod';

/** Lines of other formats that say the same: each becomes a line of ours. */
interface Dialect {
  readonly schema: z.ZodType<object>;
  readonly toEntry: (line: never) => Record<string, unknown>;
}

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const provenance = { score: z.unknown().optional(), answer: z.unknown().optional(), producer: z.string().optional(), annotator: z.string().optional(), quality: z.number().optional(), checked: z.boolean().optional() }; // prettier-ignore

const partBoxes = z.strictObject({
  path: z.string(),
  width: z.number().int(),
  height: z.number().int(),
  boxes: z.record(z.string(), box.nullable()),
  ...provenance,
});

const attributes = z.strictObject({ image: z.string(), attrs: z.record(z.string(), z.unknown()), ...provenance });

const garment = z.strictObject({ image: z.string(), box: box.optional(), template: z.string().optional(), ...provenance });

const person = z.strictObject({
  frame: z.string(),
  pid: z.number().int(),
  box: box.optional(),
  mask: z
    .union([z.strictObject({ rle: z.string(), size: z.tuple([z.number(), z.number()]) }), z.strictObject({ png: z.string() })])
    .optional(),
  text: z.string().optional(),
  ...provenance,
});

const kept = ({ producer, annotator, quality, checked }: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
  ...((producer ?? annotator) === undefined ? {} : { producer: producer ?? annotator }),
  ...(quality === undefined ? {} : { quality }),
  ...(checked === undefined ? {} : { checked }),
});

function personEntry({ frame, pid, box: corner, mask, text, ...rest }: z.output<typeof person>): Record<string, unknown> {
  const who = pid < 0 && corner ? { box: [corner[0], corner[1], corner[0] + corner[2], corner[1] + corner[3]] } : { identity: pid };
  const shape = mask && ('png' in mask ? { mask: mask.png } : { maskRuns: { size: mask.size, counts: mask.rle } });
  return { file: frame, person: who, ...shape, ...(text === undefined ? {} : { captions: [text] }), ...kept(rest) };
}

const DIALECTS: readonly Dialect[] = [
  {
    schema: partBoxes,
    toEntry: ({ path, width, height, boxes, ...rest }: z.output<typeof partBoxes>) => ({
      file: path,
      size: [height, width],
      partBoxes: boxes,
      ...kept(rest),
    }),
  },
  {
    schema: attributes,
    toEntry: ({ image, attrs, ...rest }: z.output<typeof attributes>) => ({ file: image, attributes: attrs, ...kept(rest) }),
  },
  {
    schema: garment,
    toEntry: ({ image, template, box: corners, ...rest }: z.output<typeof garment>) => ({
      file: image,
      ...(template === undefined ? {} : { garment: template }),
      ...(corners ? { partBoxes: { garment: corners } } : {}),
      ...kept(rest),
    }),
  },
  { schema: person, toEntry: personEntry },
] as const;

/**
 * A line of a sidecar from one of the formats of the recipes: part boxes (`path`, `boxes`), attributes (`image`, `attrs`), garments (`image`,
 * `template`), persons and captions of frames (`frame`, `pid`; boxes there are left, top, width, height). Anything else stays as it is.
 */
export function fromDialect(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || 'file' in json) return json;
  if ('version' in json && !('path' in json)) {
    const { version, producer, model } = json as { version: unknown; producer?: unknown; model?: unknown };
    return { sidecar: version, ...(producer === undefined ? {} : { producer }), ...(model === undefined ? {} : { model }) };
  }
  for (const { schema, toEntry } of DIALECTS) {
    const parsed = schema.safeParse(json);
    if (parsed.success) return toEntry(parsed.data as never);
  }
  return json;
}
