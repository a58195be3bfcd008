import { defineRecipe, type Node, type Recipe, type RecipeInput } from '@reidkit/core-tensor';
import type { MaskPredictorOptions } from '@reidkit/encoders';
import { chooseByName } from '../choose-by-name.ts';
import type { RecipeOptions } from '../recipe-options.ts';
import { MUVA_PARTS, muvaPrompts, type MuvaPart, type MuvaPromptStyle } from './muva-prompts.ts';
import { MUVA_SIZES, type MuvaSize } from './muva-sizes.ts';

/** Where paper and released code differ. */
interface Reading {
  /** Cosines of images and sentences, or raw products. */
  readonly textCosines: boolean;
  readonly identitySmoothing: number;
  /** Part tokens have positions of their own. */
  readonly ownPositions: boolean;
  /** Weight decay of the mask predictor; undefined for the common one. */
  readonly predictorDecay?: number;
  readonly warmup?: object;
  readonly least: number;
  readonly renormalise: boolean;
  readonly neckUpdates: number;
  readonly localInit: 'normal' | 'truncated';
}

const READINGS: Readonly<Record<string, Reading>> = {
  paper: {
    textCosines: true,
    identitySmoothing: 0,
    ownPositions: false,
    least: 0,
    renormalise: false,
    neckUpdates: 1,
    localInit: 'normal',
  },
  code: {
    textCosines: false,
    identitySmoothing: 0.1,
    ownPositions: true,
    predictorDecay: 0,
    warmup: { length: 5, from: 1e-5 },
    least: 1e-6,
    renormalise: true,
    neckUpdates: 2,
    localInit: 'truncated',
  },
};

/** Switches of the paper's ablations; what is not given is as the preset has it. */
export interface MuvaOptions extends RecipeOptions {
  /** Body parts beside the whole person (Table 5); none leaves CLIP's own tower. */
  readonly parts?: readonly MuvaPart[];
  /** Stage 1 and the sentences in stage 2 (Table 6). Default: true. */
  readonly language?: boolean;
  /** First part tokens; the preset's by default, which are random. `patches` needs those of each image alone and learns none. */
  readonly localInit?: 'truncated' | 'normal' | 'class' | 'patches';
  /** How sentences are written (Table 7). Default: `parts`. */
  readonly prompts?: MuvaPromptStyle;
  /** Predicted masks or stripes (Table 8). Default: `predicted`. */
  readonly partMasks?: 'predicted' | 'stripes';
  /** The predictor: `layerNorm` and `innerResidual` (Table 10), `heads` (Table 12), `accumulates`, `outputGrid` (weights of another image size). */
  readonly predictor?: Omit<MaskPredictorOptions, 'depth' | 'width' | 'parts' | 'patches' | 'grid'>;
  /** Crops and random erasing in stage 2 (Table 11); masks move with the crop. Default: false. */
  readonly cropErase?: boolean;
  /** Mask losses of stage 2: dice over a part's region or patch by patch (Eq. 8 as printed), squared differences instead, or none. Default: `region`. */
  readonly maskLoss?: 'region' | 'patch' | 'difference' | 'none';
  /** Whether masks move with the crops of `cropErase`; the released code leaves them where they were. Default: true. */
  readonly maskFollowsCrop?: boolean;
  /** File of masks below each data set (`masks-….bin`, its index beside it) instead of part boxes. */
  readonly cells?: string;
  /** What a cell of the teacher's masks is: see `rule` of part masks. Default: `centre`. */
  readonly cellRule?: 'centre' | 'any' | 'full';
  /** What classifier and prototypes read: behind the neck, or the descriptor in front of it as Eq. 2 is printed. Default: `neck`. */
  readonly lossInput?: 'neck' | 'raw';
  /** What moves prototypes. Default: `hardest`. */
  readonly update?: 'hardest' | 'all' | 'mean' | 'none';
  /** How long prototypes live: made anew every epoch, or once before stage 2. Default: `epoch`. */
  readonly lifetime?: 'epoch' | 'run';
  /** Steps of stage 1: as many as identity batches have, or each identity once per epoch (Algorithm 1). Default: `pk`. */
  readonly iteration?: 'pk' | 'ids';
  /** Data sets to train on together, in the layout of Market-1501. Default: `data` alone. */
  readonly sources?: readonly string[];
  /** Data set to evaluate on. Default: `data`. */
  readonly target?: string;
}

type StageInput = RecipeInput['stages'][number];
type Losses = StageInput['losses'];

/** Everything that the pieces of the recipe are made from. */
interface Plan extends Required<Omit<MuvaOptions, 'predictor' | keyof RecipeOptions | 'target' | 'sources' | 'cells' | 'localInit'>> {
  readonly cells?: string | undefined;
  readonly localInit?: MuvaOptions['localInit'];
  readonly predictor: MuvaOptions['predictor'];
  readonly reading: Reading;
  readonly shape: MuvaSize;
}

const marketLike = (root: string): Node => ({ use: 'dataset/market1501', options: { root } });

/** Numbers of classes and the width of descriptors, for parts that need them. */
const classes = { $ref: 'data.classes' };

function modelOf(plan: Plan): Node {
  const { parts, language, prompts, partMasks, predictor = {}, lossInput, localInit, reading, shape } = plan;
  const encoder = { ...shape.encoder, addedTokens: reading.ownPositions ? parts.length : 0 };
  return {
    use: 'model/muva',
    options: {
      encoder: { use: 'encoder/clip-vision', options: encoder },
      ...(language ? { text: { use: 'encoder/clip-text', options: { ...shape.text, hasWords: false } } } : {}),
      parts: [...parts],
      ...(language && prompts !== 'parts' ? { prompts: muvaPrompts(parts, prompts) } : {}),
      classes,
      partMasks,
      predictor: { heads: shape.predictorHeads, ...predictor },
      classifierInput: lossInput,
      neckUpdates: reading.neckUpdates,
      localInit: localInit ?? reading.localInit,
    },
  };
}

const WHOLE_SET = 'prepare/centroids';

/** Stage 1: words for every identity and part, against the mean of what the frozen image side sees of it. */
function promptStage({ shape: { prompts }, reading }: Plan): StageInput {
  const { epochs, rate } = prompts;
  const { least, warmup } = prompts.own ?? reading;
  return {
    name: 'prompts',
    epochs,
    streams: ['prompts'],
    pass: 'text',
    prepare: { centroids: { use: WHOLE_SET, options: { pass: 'teacher', output: 'global' } } },
    trainable: ['prompt_learner.learnable_ctx'],
    losses: {
      textToCentroids: {
        use: 'loss/image-to-text',
        options: { normalize: true, smoothing: 0, temperature: prompts.temperature },
        reads: { images: 'outputs.text', texts: 'artefact.centroids' },
      },
    } as Losses,
    optimizer: { use: 'optimizer/adam', options: { rate, weightDecay: 1e-4 } },
    schedule: { use: 'schedule/cosine', options: { length: epochs, least, first: 1, ...(warmup ? { warmup } : {}) } },
    produces: { prompts: ['prompt_learner.*'] },
  };
}

function maskLosses({ maskLoss, partMasks, parts }: Plan): Record<string, object> {
  if (parts.length === 0 || partMasks === 'stripes' || maskLoss === 'none') return {};
  if (maskLoss === 'difference') return { mask: { use: 'loss/mask-difference' } };
  return { mask: { use: 'loss/mask-cross-entropy' }, dice: { use: 'loss/mask-overlap', options: { sums: maskLoss } } };
}

/** Stage 2: the image side, against classes, moving prototypes, the sentences of all identities, and part masks. */
function imageStage(plan: Plan): StageInput {
  const { language, lossInput, update, lifetime, reading, shape } = plan;
  const { image } = shape;
  const described = lossInput === 'raw' ? 'global' : 'global.bn';
  const width = (1 + plan.parts.length) * shape.encoder.projectedWidth;
  const centroids: Node = { use: WHOLE_SET, options: { pass: 'teacher', output: described, normalizeRows: true } };
  const place = 'losses.prototypes.prototypes';
  return {
    name: 'image',
    epochs: image.epochs,
    streams: ['main'],
    ...(language ? { needs: ['prompts'] } : {}),
    prepare: {
      ...(language ? { textFeatures: { use: 'prepare/identities', options: { pass: 'text', output: 'text' } } } : {}),
      ...(lifetime === 'run' ? { prototypes: centroids } : {}),
    },
    ...(lifetime === 'run' ? { fills: { [place]: 'prototypes' } } : { refresh: { [place]: centroids } }),
    frozen: [...(language ? ['text_encoder.*', 'prompt_learner.*'] : []), ...(image.trainsPatches ? [] : ['image_encoder.conv1.*'])],
    losses: {
      identity: { use: 'loss/cross-entropy', options: { smoothing: reading.identitySmoothing } },
      prototypes: {
        use: 'loss/prototype-contrast',
        options: { classes, width, update, renormalise: reading.renormalise, temperature: image.prototypeTemperature },
        reads: { embeddings: `outputs.${described}` },
      },
      ...(language
        ? {
            imageToText: {
              use: 'loss/image-to-text',
              options: { normalize: reading.textCosines, smoothing: 0.1 },
              reads: { images: 'outputs.global', texts: 'artefact.textFeatures' },
            },
          }
        : {}),
      ...maskLosses(plan),
    } as Losses,
    optimizer: image.optimizer(reading.predictorDecay),
    schedule: image.schedule,
    evaluateEvery: image.evaluateEvery,
  };
}

function streamsOf(plan: Plan, dataset: Node): RecipeInput['streams'] {
  const { parts, cropErase, maskFollowsCrop: masksFollow, cells, cellRule, iteration, shape } = plan;
  const { imageSize, patch } = shape.encoder;
  const [height, width] = imageSize;
  const { identities, images } = shape.image;
  const normalize: Node = { use: 'transform/normalize', options: { constants: 'half' } };
  const crop: Node[] = cropErase
    ? [{ use: 'transform/pad-crop', options: { padding: shape.padding, ...(masksFollow ? {} : { masksFollow }) } }]
    : [];
  const erase: Node[] = cropErase ? [{ use: 'transform/random-erasing' }] : [];
  const transforms = [
    { use: 'transform/resize', options: { height, width, filter: 'bicubic' } },
    { use: 'transform/flip' },
    ...crop,
    normalize,
    ...erase,
  ];
  const grid = { height: height / patch, width: width / patch };
  const source = cells === undefined ? { source: 'boxes' as const } : { source: 'cells' as const, cells };
  const fields = parts.length > 0 ? { partMasks: { parts: [...parts], ...grid, ...source, rule: cellRule, missing: 0.05 } } : {};
  const pk = (options: object): Node => ({ use: 'sampler/pk', options });
  const once = iteration === 'pk' ? { identities, images, only: 'one' } : { identities: identities * images, images: 1024, only: 'one' };
  return {
    main: { dataset, sampler: pk({ identities, images }), transforms, fields },
    ...(plan.language ? { prompts: { dataset, sampler: pk(once), transforms, fields } } : {}),
  };
}

const DEFAULTS = {
  parts: MUVA_PARTS,
  language: true,
  prompts: 'parts',
  partMasks: 'predicted',
  cropErase: false,
  maskFollowsCrop: true,
  maskLoss: 'region',
  cellRule: 'centre',
  lossInput: 'neck',
  update: 'hardest',
  lifetime: 'epoch',
  iteration: 'pk',
} as const;

/**
 * MUVA: stage 1 learns words for every identity, of the whole person and of each body part, against frozen image features; stage 2 trains the image
 * side, whose part tokens look at parts by masks that it learns to predict. Presets: `paper` is the text as printed, `code` the released code. Size
 * `tiny` trains from nothing in minutes on a CPU, `ablation` in less. Throws UNKNOWN_NAME for another preset or size.
 * @see "Multi-Grained Vision-Language Alignment for Domain Generalized Person Re-Identification".
 */
export function muva({
  preset = 'code',
  size = 'paper',
  data = 'data/market1501',
  sources = [data],
  target,
  ...switches
}: MuvaOptions = {}): Recipe {
  const plan: Plan = {
    ...DEFAULTS,
    predictor: undefined,
    ...switches,
    reading: chooseByName('muva', 'preset', preset, READINGS),
    shape: chooseByName('muva', 'size', size, MUVA_SIZES),
  };
  const { imageSize } = plan.shape.encoder;
  const [height, width] = imageSize;
  const dataset: Node =
    sources.length === 1
      ? marketLike(sources[0]!)
      : { use: 'dataset/combined', options: { sources: sources.map((root) => ({ dataset: marketLike(root) })) } };
  return defineRecipe({
    name: 'muva',
    summary: 'MUVA: words learned for every identity and body part, then an image side whose part tokens find their parts by themselves.',
    preset,
    size,
    model: modelOf(plan),
    streams: streamsOf(plan, dataset),
    stages: [...(plan.language ? [promptStage(plan)] : []), imageStage(plan)],
    evaluation: {
      ...(target === undefined ? {} : { dataset: marketLike(target) }),
      transforms: [
        { use: 'transform/resize', options: { height, width, filter: 'bilinear' } },
        { use: 'transform/normalize', options: { constants: 'half' } },
      ],
      protocol: { use: 'protocol/market1501' },
      scorer: { use: 'scorer/cosine', options: { descriptor: 'descriptor' } },
      batchSize: 64,
    },
  });
}
