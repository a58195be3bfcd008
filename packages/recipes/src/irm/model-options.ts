import { nodeOf } from '@reidkit/core-tensor';
import { z } from 'zod';

const count = z.number().int().positive();

/** Where the instruction of a task comes from. */
const instruction = z.enum(['text', 'picture', 'given', 'none']);

const memory = z.strictObject({
  length: count.default(65_536).describe('Features of each kind that are remembered.'),
  momentum: z.number().min(0).lt(1).default(0.995).describe('How slowly the twin of the text encoder follows.'),
});

const matching = z.strictObject({
  width: count.default(256).describe('Width of the projections in which images and texts are compared.'),
  temperature: z.number().positive().default(0.07).describe('First divisor of the cosines.'),
  clampTemperature: z.boolean().default(true).describe('Keep the divisor in [0.01, 0.5].'),
  memory: memory.optional().describe('Queues and a momentum twin, with masked and replaced words, as released.'),
  start: z.number().int().nonnegative().default(101).describe('Number of the word in front of every text.'),
  mask: z.number().int().nonnegative().default(103).describe('Number of the word that stands for one asked for.'),
  draws: z
    .enum(['own', 'batch'])
    .default('own')
    .describe('Whether pairs and words are drawn, or come with the batch, which is how a recorded run is done again.'),
});

/** Options of `model/irm`. */
export const irmOptions = z.strictObject({
  encoder: nodeOf('encoder').describe('The image transformer, "encoder/vit".'),
  editing: nodeOf('adapter').optional().describe('What lets its layers attend to the instruction, "adapter/gated-side-attention".'),
  text: nodeOf('encoder').optional().describe('Encoder of instructions in words, "encoder/bert".'),
  garment: nodeOf('encoder').optional().describe('Encoder of instructions that are pictures, "encoder/vit".'),
  fusion: z
    .strictObject({
      layers: count.default(2).describe('Layers that both lists of tokens go through.'),
      heads: count.default(12).describe('Attention heads of a layer.'),
      mlpRatio: z.number().positive().default(4).describe('Hidden width of the perceptrons, in widths of the tokens.'),
      weights: z
        .enum(['own', 'tower'])
        .default('own')
        .describe('Numbers of its own, or those of the first and last layers of the image transformer, which is what the release runs.'),
      masksPadding: z.boolean().default(true).describe('Whether padded tokens of an instruction are left out.'),
    })
    .prefault({}),
  matching: matching.optional().describe('Text-to-image search by projections and matching of pairs.'),
  tasks: z
    .record(z.string().regex(/^[a-z][\w-]*$/, 'expected a name in small letters'), z.strictObject({ classes: count, instruction }))
    .refine((tasks) => Object.keys(tasks).length > 0, 'expected at least one task')
    .describe('Tasks by name, each with its identities and the form of its instructions. A single one has heads under the released names.'),
  instructionGradient: z.boolean().default(false).describe('Whether the tasks train the encoder of their instructions.'),
  descriptor: z
    .enum(['class', 'fused', 'fused-raw'])
    .default('class')
    .describe('What is compared: the class token, or the fused ones after or before their neck.'),
  extras: z.boolean().default(false).describe('Hold the two layers of released checkpoints that nothing uses.'),
});

/** Options of `model/irm` as people write them. */
export type IrmModelOptions = z.input<typeof irmOptions>;

/** Options of `model/irm` with every default. */
export type IrmSettings = z.output<typeof irmOptions>;

/** Where the instruction of a task comes from. */
export type InstructionForm = z.output<typeof instruction>;

/** How texts and images are matched. */
export type MatchingSettings = NonNullable<IrmSettings['matching']>;
