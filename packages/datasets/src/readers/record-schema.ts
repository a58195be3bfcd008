import { z } from 'zod';
import { relativeFile } from './relative-file.ts';

const captions = z.array(z.string().max(10_000)).max(1000);

/** A person or camera as files write it: a number, or a name that is numbered later. */
const looseName = z.union([z.number().int(), z.string().min(1).max(200)]);

/** `[x0, y0, x1, y1]` in pixels, x1 and y1 exclusive. */
export const boxSchema = z
  .tuple([z.number(), z.number(), z.number(), z.number()])
  .refine(([x0, y0, x1, y1]) => x1 > x0 && y1 > y0, { error: 'is [x0, y0, x1, y1] with x1 > x0 and y1 > y0' });

/** A mask as COCO’s text. */
const maskRunsSchema = z.strictObject({
  size: z.tuple([z.number().int().min(1).max(65_536), z.number().int().min(1).max(65_536)]).describe('[height, width]'),
  counts: z
    .string()
    .max(2 ** 22)
    .describe('runs down the columns, as COCO writes them'),
});

/** What may be known about a crop beside its file, identity and camera. */
export const cropFacts = {
  view: z.number().int().min(0).optional(),
  clothes: z.number().int().min(0).optional(),
  modality: z.enum(['visible', 'infrared']).optional(),
  domain: z.string().min(1).max(200).optional(),
  captions: captions.optional(),
  garment: relativeFile.optional(),
  mask: relativeFile.optional(),
  maskRuns: maskRunsSchema.optional(),
  partMask: relativeFile.optional(),
  partBoxes: z.record(z.string().min(1).max(100), boxSchema).optional(),
};

/** What an instruction is: words, a picture, one of the record’s captions, or a key of a bank. */
export const instructionSchema = z.union([
  z.strictObject({ text: z.string().max(10_000) }),
  z.strictObject({ image: relativeFile }),
  z.strictObject({ caption: z.number().int().min(0) }),
  z.strictObject({ bank: z.string().min(1).max(200) }),
]);

const split = z.string().min(1).max(100).default('train');
const domain = z.string().min(1).max(200).optional();
const camera = looseName.nullable().default(null);

const person = z.strictObject({
  identity: looseName.nullable(),
  box: boxSchema,
  mask: relativeFile.optional(),
  maskRuns: maskRunsSchema.optional(),
  partBoxes: z.record(z.string().min(1).max(100), boxSchema).optional(),
  captions: captions.optional(),
});

/** One line of a JSONL data set; `form` is "crop" by default. */
export const recordLine = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && !('form' in value) ? { form: 'crop', ...value } : value),
  z.discriminatedUnion('form', [
    z.strictObject({
      form: z.literal('crop'),
      file: relativeFile,
      identity: looseName,
      camera,
      split,
      instruction: instructionSchema.optional(),
      ...cropFacts,
    }),
    z.strictObject({
      form: z.literal('frame'),
      file: relativeFile,
      camera,
      split,
      domain,
      persons: z.array(person).max(10_000),
      gallery: z.array(relativeFile).max(1_000_000).optional(),
    }),
    z.strictObject({
      form: z.literal('tracklet'),
      files: z.array(relativeFile).min(1).max(100_000),
      identity: looseName,
      camera,
      split,
      domain,
    }),
    z.strictObject({
      form: z.literal('text'),
      text: z.string().max(10_000),
      identity: looseName,
      image: relativeFile.optional(),
      split,
      domain,
    }),
  ]),
);
