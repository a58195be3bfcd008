import { MASK_PARTS } from '@reidkit/datasets';
import { z } from 'zod';

const part = z.enum(MASK_PARTS);
const phrases = z.array(z.string().min(1).max(500)).min(1).max(100);
const heads = z.number().int().positive();

/** Sentences that a phrase is put into, one descriptor being the mean over them. */
const TEMPLATES = ['a photo of {}.', 'a blurry photo of {}.', 'a cropped photo of {}.', 'a surveillance camera picture of {}.'];

/** What each part and the background are called. */
const PHRASES: Partial<Record<(typeof MASK_PARTS)[number], string[]>> = {
  background: ['the ground', 'a street', 'a wall', 'the floor', 'grass and trees', 'an empty place'],
  head: ['the head of a person', 'a human face', 'the hair of a person'],
  upper: ['the upper body of a person', 'a shirt or a jacket', 'the arms of a person'],
  legs: ['the legs of a person', 'trousers', 'a skirt'],
  foot: ['the feet of a person', 'a pair of shoes'],
};

/** Options of `annotator/clip-parts`. */
export const clipPartsOptions = z.strictObject({
  weights: z
    .string()
    .min(1)
    .describe("checkpoint of a CLIP with a vision transformer, both sides: OpenAI's, Hugging Face's, or `reidkit import`'s"),
  tokenizer: z.string().min(1).optional().describe('vocabulary of its text side; by default what lies beside the weights'),
  imageSize: z
    .tuple([z.number().int().min(16).max(2048), z.number().int().min(16).max(2048)])
    .default([256, 128])
    .describe('height and width in pixels that images are brought to'),
  heads: heads.optional().describe('attention heads of the image side; by default width / 64, as OpenAI has it'),
  textHeads: heads.optional().describe('attention heads of the text side; by default its width / 64'),
  phrases: z
    .partialRecord(part, phrases)
    .default(PHRASES)
    .refine((given) => given.background !== undefined && Object.keys(given).length > 1, 'expected phrases for "background" and for a part')
    .describe('what each part and the background are called, several ways'),
  templates: z
    .array(z.string().includes('{}').max(500))
    .min(1)
    .max(100)
    .default(TEMPLATES)
    .describe('sentences that phrases are put into, at the place of {}'),
  gamma: z.number().positive().default(40).describe('factor of the cosines: how sharp the masks are'),
  smoothing: z.number().int().min(0).max(20).default(2).describe('times that each cell is averaged with its neighbours'),
  least: z.number().min(0).lt(1).default(0.02).describe('share of the image that must be of the person, or it gets no mask'),
});

/** Options with every default filled in. */
export type ClipPartsOptions = z.output<typeof clipPartsOptions>;
