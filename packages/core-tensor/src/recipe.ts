import { z } from 'zod';
import { ReidError, reportProblems } from './errors.ts';
import { describeIssues, nodeOf } from './registry.ts';

const inputName = z
  .string()
  .regex(
    /^(outputs|batch|state|artefact)\../,
    'expected a name like "outputs.global", "batch.labels", "state.memory" or "artefact.prompts"',
  );

const artefactName = z.string().regex(/^[A-Za-z][\w-]*$/, 'expected a name of letters, digits, "_" and "-"');

/** One loss of a stage. */
export const lossSchema = z.strictObject({
  use: z.string().startsWith('loss/'),
  options: z.unknown().optional(),
  weight: z.number().default(1).describe('factor in the total'),
  reads: z.record(z.string(), inputName).default({}).describe('where the loss finds an input, if not at the usual name'),
});

const cells = z.number().int().min(1).max(512);

/** What batches carry beside images, labels and places: what the data set's records or its sidecars say of a picture. */
const batchFieldsSchema = z.strictObject({
  masks: z.boolean().optional().describe('`batch.masks [B, H, W]`: where the person is'),
  partMasks: z
    .strictObject({
      parts: z.array(z.string()).min(1).max(64).describe('names, in the order of the axis P'),
      numbers: z.array(z.number().int().min(0).max(255)).optional().describe('number of each part in mask images; 1, 2, 3 … by default'),
      height: cells.describe('rows of the grid'),
      width: cells.describe('columns of the grid'),
      source: z
        .enum(['mask', 'boxes', 'any', 'cells'])
        .optional()
        .describe('mask images, part boxes, boxes where there is no image, or a file of cells'),
      cells: z
        .string()
        .max(1000)
        .refine((path) => path.endsWith('.bin') && !path.split(/[\\/]/).includes('..'), 'is a .bin file below the data set')
        .optional()
        .describe('file of cells below the root of the data set, its index beside it'),
      missing: z.number().min(0).max(1).optional().describe('share of the records that may be without; any by default'),
      rule: z
        .enum(['share', 'centre', 'any', 'full'])
        .optional()
        .describe('share of a cell that a part covers (default), or 1 where its centre, any of it or all of it is covered'),
    })
    .optional()
    .describe('`batch.partMasks [B, P, h, w]` in [0, 1] and `batch.partMasksValid [B, P]`: share of each cell that belongs to a part'),
  boxes: z.array(z.string()).min(1).optional().describe('names of parts whose boxes are given: `batch.boxes [B, P, 4]` in pixels'),
  texts: z
    .strictObject({
      from: z.enum(['sentences', 'captions']).default('captions').describe('the sentences here, or the captions of the record'),
      sentences: z
        .array(z.string().max(2000))
        .max(1000)
        .default([])
        .describe('drawn from in training, the first one otherwise; "{c}" stands for a caption'),
      tokenizer: nodeOf('tokenizer').describe('what cuts them into words'),
      length: z.number().int().min(2).max(4096).default(70).describe('words per text, marks included; longer ones are cut'),
    })
    .optional()
    .describe('`batch.textIds [B, N]` and `batch.textMask [B, N]`: a sentence for each record'),
  pictures: z
    .strictObject({ transforms: z.array(nodeOf('transform')).min(1).describe('what is done to them') })
    .optional()
    .describe('`batch.pictures [B, h, w, 3]`: the picture of the garment of each record'),
  given: z.array(z.string()).optional().describe('names that a source in memory puts into its batches; image files give none of them'),
});

/** One source of training batches. */
export const streamSchema = z.strictObject({
  dataset: nodeOf('dataset'),
  split: z.string().default('train'),
  sampler: nodeOf('sampler'),
  transforms: z.array(nodeOf('transform')),
  fields: batchFieldsSchema.default({}).describe('what its batches carry beside images and labels'),
});

/** What a stage with several streams does with the batches of one. */
const taskSchema = z.strictObject({
  pass: z.string().default('images').describe('way through the model that its batches take'),
  losses: z.record(z.string(), lossSchema).refine((losses) => Object.keys(losses).length > 0, 'expected at least one loss'),
  share: z.number().int().min(1).max(64).default(1).describe('batches of it in a step, or its part of the chance to be drawn'),
  weight: z.number().positive().default(1).describe('its weight beside those of the other streams; they are divided by their sum'),
});

/** One entry of training. */
export const stageSchema = z.strictObject({
  name: z.string().regex(/^[\w-]+$/, 'expected letters, digits, "_" and "-"'),
  epochs: z.number().int().nonnegative(),
  streams: z.array(z.string()).min(1).max(64).default(['main']).describe('names of the streams that it trains on; several need "tasks"'),
  tasks: z
    .record(z.string(), taskSchema)
    .default({})
    .describe('of several streams, what is done with the batches of each; then "pass" and "losses" of the stage are not used'),
  mix: z
    .enum(['accumulate', 'sampled', 'sequential'])
    .default('accumulate')
    .describe('of several streams: batches of all in one step, of one that is drawn by its share, or one stream after the other'),
  pass: z.string().default('images').describe('way through the model that its steps take; "images" is the model\'s own'),
  needs: z.array(artefactName).default([]).describe('artefacts that must be there before it starts'),
  prepare: z.record(artefactName, nodeOf('prepare')).default({}).describe('artefacts that are made before it starts, in this order'),
  fills: z
    .record(z.string(), z.string())
    .default({})
    .describe('parameters and buffers that it begins with: the tensor of an artefact for each path ("prompts", or "prompts.ctx")'),
  refresh: z
    .record(z.string(), nodeOf('prepare'))
    .default({})
    .describe('parameters and buffers that are made anew before every epoch: a preparation for each path'),
  rows: z
    .record(z.string(), artefactName)
    .default({})
    .describe('names that batches get beside their own: the rows of an artefact that belong to their records'),
  produces: z
    .record(artefactName, z.array(z.string()).min(1))
    .default({})
    .describe('artefacts that it leaves behind: patterns of parameters'),
  trainable: z.array(z.string()).min(1).default(['*']).describe('patterns of parameters that may change'),
  frozen: z.array(z.string()).default([]).describe('patterns of parameters that stay, even if trainable'),
  losses: z.record(z.string(), lossSchema).default({}),
  idle: z
    .enum(['skip', 'decay'])
    .default('skip')
    .describe('whether parameters that no loss of a step reaches stay, or get a gradient of zero, so that weight decay shrinks them'),
  optimizer: nodeOf('optimizer'),
  schedule: nodeOf('schedule'),
  accumulate: z.number().int().positive().default(1).describe('batches whose gradients are averaged for one update of the parameters'),
  movingAverage: z.number().min(0).lt(1).optional().describe('momentum of an average of the parameters, which evaluation then uses'),
  evaluateEvery: z.number().int().nonnegative().default(0).describe('epochs between evaluations; 0 evaluates after the last one only'),
});

/** How texts that search images become numbers. */
const queryTextsSchema = z.strictObject({
  tokenizer: nodeOf('tokenizer').describe('what cuts them into words, such as "tokenizer/files" with the path of a vocabulary'),
  pass: z
    .string()
    .default('text')
    .describe('way through the model from `textIds [B, N]` and `textMask [B, N]` to the outputs that the scorer reads'),
  length: z
    .number()
    .int()
    .min(2)
    .max(4096)
    .optional()
    .describe("words per text, marks included; by default the tokenizer's own. Longer ones are cut"),
});

/** How a trained model is judged. */
export const evaluationSchema = z.strictObject({
  dataset: nodeOf('dataset').optional().describe('unless that of the first stream'),
  transforms: z.array(nodeOf('transform')),
  protocol: nodeOf('protocol'),
  scorer: nodeOf('scorer'),
  rerank: z.array(nodeOf('rerank')).default([]).describe('what is done to the retrieval before it is judged, in this order'),
  fields: batchFieldsSchema.default({}).describe('what batches carry beside images, for models that read it'),
  texts: queryTextsSchema.optional().describe('texts are the queries: those of the query split, or the captions of its images'),
  detections: z.string().min(1).optional().describe('file of the people found in frames; by default the true boxes are searched'),
  batchSize: z.number().int().positive().default(64),
  flip: z.boolean().default(false).describe('average the descriptors of each image and its mirror image'),
});

/** A recipe as JSON. */
export const recipeSchema = z.strictObject({
  name: z.string().regex(/^[\w-]+$/, 'expected letters, digits, "_" and "-"'),
  summary: z.string().default(''),
  preset: z.string().default('paper').describe('which reading of the method'),
  size: z.string().default('paper').describe('how big'),
  seed: z.number().int().nonnegative().default(1),
  plugins: z.array(z.string()).default([]).describe('packages that offer further components'),
  model: nodeOf('model'),
  streams: z.record(z.string(), streamSchema),
  stages: z.array(stageSchema).min(1),
  evaluation: evaluationSchema,
});

/** A recipe with every default of its own keys filled in; options of components are as written. */
export type Recipe = z.output<typeof recipeSchema>;

/** A recipe as people write it. */
export type RecipeInput = z.input<typeof recipeSchema>;

/** One stage of a recipe. */
export type Stage = Recipe['stages'][number];

/** One stream of a recipe. */
export type Stream = Recipe['streams'][string];

/** What does not fit together in a stage: losses for every stream, and nothing for others. */
function stageProblems({ name, streams, tasks, losses, rows, accumulate }: Stage): string[] {
  const told = Object.keys(tasks);
  if (told.length === 0) {
    if (streams.length > 1) return [`stages "${name}": several streams need "tasks", one for each`];
    return Object.keys(losses).length > 0 ? [] : [`stages "${name}": "losses": expected at least one loss`];
  }
  const missing = streams.filter((stream) => !told.includes(stream)).map((stream) => `stages "${name}": "tasks" has none for "${stream}"`);
  const extra = told.filter((task) => !streams.includes(task)).map((task) => `stages "${name}": the task "${task}" is of no stream of it`);
  const single =
    Object.keys(rows).length > 0 || accumulate > 1 ? [`stages "${name}": "rows" and "accumulate" are for a single stream`] : [];
  return [...missing, ...extra, ...single];
}

/** Checks a recipe read from a file. Throws RECIPE_INVALID with every problem, and the nearest name for a misspelt key. */
export function parseRecipe(json: unknown, source = 'The recipe'): Recipe {
  const parsed = recipeSchema.safeParse(json);
  if (!parsed.success) {
    const known = [recipeSchema, streamSchema, stageSchema, taskSchema, evaluationSchema, queryTextsSchema, lossSchema].flatMap((schema) =>
      Object.keys(schema.shape),
    );
    throw reportProblems('RECIPE_INVALID', `${source} is not a recipe:`, describeIssues(parsed.error, known), {
      hint: '`reidkit recipes show baseline` prints one that is.',
    });
  }
  const problems = parsed.data.stages.flatMap(stageProblems);
  if (problems.length > 0) throw reportProblems('RECIPE_INVALID', `${source} is not a recipe:`, problems);
  const unknown = parsed.data.stages.flatMap((stage) => stage.streams.filter((name) => !(name in parsed.data.streams)));
  if (unknown.length > 0) {
    throw new ReidError(
      'RECIPE_INVALID',
      `${source} trains on the stream "${unknown[0]}", which it does not have. It has ${Object.keys(parsed.data.streams).join(', ')}.`,
    );
  }
  return parsed.data;
}

/** Gives a recipe its type and defaults; the same as reading it from JSON. */
export function defineRecipe(recipe: RecipeInput): Recipe {
  return parseRecipe(recipe, `The recipe "${recipe.name}"`);
}
