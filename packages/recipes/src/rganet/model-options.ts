import { nodeOf } from '@reidkit/core-tensor';
import { promptText } from '@reidkit/encoders';
import { z } from 'zod';

const share = z.number().min(0).max(1);
const onOff = (text: string): z.ZodDefault<z.ZodBoolean> => z.boolean().default(true).describe(text);

/** Adapters that do not read the projected map. */
const REPLACED: readonly string[] = ['conv3x3', 'ownLastBlock'];

/** Options of `model/rganet`. */
export const rganetOptions = z
  .strictObject({
    encoder: nodeOf('encoder').describe('CLIP\'s image side: "encoder/clip-vision".'),
    text: nodeOf('encoder')
      .optional()
      .describe(
        'CLIP\'s text side, "encoder/clip-text"; needed where prototypes are made, and nowhere else. It needs no vectors of words.',
      ),
    classes: z.number().int().positive().describe('Number of training identities.'),
    region: z
      .enum(['none', 'stripe', 'rgm'])
      .default('rgm')
      .describe('Regions: none, equal horizontal stripes, or where the map is nearest to prototypes of texts.'),
    names: z
      .array(z.string().min(1).max(64))
      .min(1)
      .max(32)
      .default(['head', 'upper body', 'lower body', 'foot'])
      .describe('Names of the regions, from the top. "bags" may be anywhere: its place in the memory begins as the mean of the whole map.'),
    template: z.string().max(256).default('[CLASS]').describe('The sentence of a region, with "[CLASS]" in the place of its name.'),
    contexts: z.number().int().min(0).max(64).default(8).describe('Number of learned vectors in front of the sentence; 0 learns none.'),
    texts: z.array(promptText).min(1).optional().describe('The sentences as numbers of words, instead of template and contexts.'),
    promptDeviation: z.number().min(0).default(0.02).describe('Standard deviation of the first learned vectors.'),
    gamma: z.number().positive().max(1000).default(20).describe('Factor of the cosines between map and prototypes.'),
    assign: z.enum(['soft', 'hard']).default('soft').describe('Whether a place belongs to all regions by shares, or to the nearest alone.'),
    dense: z
      .enum(['project', 'valueOnly'])
      .default('project')
      .describe('The map: projected patches, or the values of the last layer alone.'),
    promptDense: z.enum(['project', 'valueOnly']).optional().describe('The map of the pass "prompts". Default: that of `dense`.'),
    denseAdapter: z
      .enum(['none', 'linear', 'conv3x3', 'ownLastBlock'])
      .default('none')
      .describe(
        'A way of its own to the map: a linear layer on it, two convolutions in the place of the projection, or a copy of the last layer.',
      ),
    global: z
      .enum(['gap', 'cls'])
      .default('gap')
      .describe(
        'The descriptor of the whole: mean of the map (with "ownLastBlock" of the projected patches), or the projected class token.',
      ),
    personMask: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('What of the batch says where the person is, [B, h · w] or [B, P, h, w] in [0, 1]: regions count inside it alone.'),
    dai: onOff('The discrimination-aware indicator, a learned score of a region.'),
    iai: onOff('The invariance-aware indicator, the nearness of a region to the memory of it.'),
    uniform: z.enum(['one', 'share']).default('one').describe('Weight of every region without indicators: 1, or 1 / N.'),
    confidenceBias: z.boolean().default(false).describe('Whether the learned score has a bias.'),
    invariance: z
      .enum(['overParts', 'overCentres', 'cosine'])
      .default('overParts')
      .describe('Nearness: softmax over the regions of an image, softmax over the memory times `invarianceScale`, or the cosine from 0.'),
    invarianceScale: z.number().positive().default(20).describe('Factor of the cosines of "overCentres".'),
    matchWeight: z
      .enum(['softmax', 'mean'])
      .default('softmax')
      .describe('Weight in matching: as in the loss, or the mean of both indicators.'),
    weightPrior: z.array(z.number().min(0)).optional().describe('Factor of each region in matching. Default: 1.'),
    gate: z
      .union([z.literal('none'), z.strictObject({ above: share }), z.strictObject({ top: share })])
      .default({ above: 0.85 })
      .describe('Regions that update the memory: all, those with a learned score above a number, or the best share of a batch.'),
    momentum: share.default(0.3).describe('Share of the memory that stays, or that is replaced; see `momentumOn`.'),
    momentumOn: z.enum(['old', 'new']).default('old').describe('Which of the two `momentum` is.'),
    classifiers: z.enum(['own', 'shared']).default('own').describe('Whether every region has a classifier of its own.'),
    neck: z
      .enum(['none', 'global', 'all'])
      .default('none')
      .describe('Batch-norm necks in front of classifiers: none, of the whole, of regions too.'),
  })
  .refine(({ names, weightPrior }) => !weightPrior || weightPrior.length === names.length, {
    error: 'expected a factor for every name',
    path: ['weightPrior'],
  })
  .refine(
    ({ denseAdapter, dense, promptDense = dense }) => !REPLACED.includes(denseAdapter) || ![dense, promptDense].includes('valueOnly'),
    {
      error: 'expected "none" or "linear" beside the map "valueOnly"',
      path: ['denseAdapter'],
    },
  )
  .refine(({ names, texts }) => !texts || texts.length === names.length, { error: 'expected a text for every name', path: ['texts'] });

/** Options of `model/rganet` as people write them. */
export type RganetModelOptions = z.input<typeof rganetOptions>;

/** Options of `model/rganet` with every default filled in. */
export type RganetSettings = z.output<typeof rganetOptions>;
