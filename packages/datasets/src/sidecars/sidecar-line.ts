import { describeIssues } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { boxSchema, cropFacts, instructionSchema } from '../readers/record-schema.ts';
import { relativeFile } from '../readers/relative-file.ts';

/** Version of the format, which stands in the first line of every sidecar. */
export const SIDECAR_VERSION = 1;

const text = (most: number): z.ZodString => z.string().min(1).max(most);

const header = z.strictObject({
  sidecar: z.literal(SIDECAR_VERSION).describe('version of the format'),
  producer: text(200).optional().describe('what made it: an annotator and its version'),
  model: text(200).optional(),
  prompt: text(200).optional().describe('version or hash of the prompt that was asked'),
  seed: z.number().int().optional(),
  licence: text(1000).optional(),
  note: text(10_000).optional(),
});

/** The first line of a sidecar: its version and where it comes from. */
export type SidecarHeader = z.output<typeof header>;

const attribute = z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]);

const entry = z.strictObject({
  file: relativeFile.describe('the image, below the data set’s root'),
  person: z
    .union([z.strictObject({ identity: z.number().int() }), z.strictObject({ box: boxSchema })])
    .optional()
    .describe('who of a frame it is about: by identity, or by box where nobody is identified'),
  // What a data set’s own names say too: they must agree.
  identity: z.number().int().optional(),
  camera: z.number().int().min(0).nullish(),
  split: z.string().optional(),
  form: z.literal('crop').optional(),
  ...cropFacts,
  partBoxes: z.record(z.string().min(1).max(100), boxSchema.nullable()).optional().describe('null: looked for and not found'),
  instruction: instructionSchema.optional(),
  // What is known beside a record.
  size: z
    .tuple([z.number().int().min(1), z.number().int().min(1)])
    .optional()
    .describe('[height, width] of the image that boxes are in'),
  attributes: z.record(z.string().max(100), z.union([attribute, z.record(z.string().max(100), attribute)])).nullish(),
  embedding: z.strictObject({ file: relativeFile, tensor: text(200), row: z.number().int().min(0) }).optional(),
  occluded: z.number().min(0).max(1).nullish(),
  quality: z.number().optional(),
  checked: z.boolean().optional().describe('whether a person has looked at it'),
  producer: text(200).optional(),
});

/** What a line of a sidecar says about an image or about a person in a frame. */
export type SidecarEntry = z.output<typeof entry>;

const KEYS = Object.keys(entry.shape);

/** A line that was read: a header, an entry, or what is wrong with it. */
export type SidecarLine = { readonly header: SidecarHeader } | { readonly entry: SidecarEntry } | { readonly problem: string };

const isHeader = (json: unknown): boolean => typeof json === 'object' && json !== null && 'sidecar' in json;

/** Reads a line of a sidecar. */
export function parseSidecarLine(line: string, dialect: (json: unknown) => unknown = (json) => json): SidecarLine {
  let json: unknown;
  try {
    json = dialect(JSON.parse(line));
  } catch (error) {
    return { problem: (error as Error).message };
  }
  if (isHeader(json)) {
    const parsed = header.safeParse(json);
    return parsed.success ? { header: parsed.data } : { problem: `first line: ${describeIssues(parsed.error).join(' ')}` };
  }
  const parsed = entry.safeParse(json);
  return parsed.success ? { entry: parsed.data } : { problem: describeIssues(parsed.error, KEYS).join(' ') };
}

/** Whether a line is the header of a sidecar, which lists of records may have too. */
export function isSidecarHeader(line: string): boolean {
  const parsed = line.startsWith('{"sidecar"') ? parseSidecarLine(line) : null;
  return parsed !== null && 'header' in parsed;
}
