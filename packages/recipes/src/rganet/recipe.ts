import { defineRecipe, type Node, type Recipe, type RecipeInput } from '@reidkit/core-tensor';
import { chooseByName } from '../choose-by-name.ts';
import type { RecipeOptions } from '../recipe-options.ts';
import { PRESETS, type Preset } from './presets.ts';
import { SIZES, type Size } from './sizes.ts';

type StageInput = RecipeInput['stages'][number];
type Losses = StageInput['losses'];

/** Regions of the body, and their numbers in part masks: 1 and on. */
const NAMES = ['head', 'upper body', 'lower body', 'foot'];

function segmentation({ background }: Preset): Losses {
  return { segmentation: { use: 'loss/part-segmentation', options: { from: 'masks', background: background.segmented } } };
}

/** Stage A: words in front of the regions' names, from part masks of the training images. */
function promptStage(preset: Preset, { prompts }: Size): StageInput {
  const { background } = preset;
  return {
    name: 'prompts',
    epochs: prompts.epochs,
    streams: ['parts'],
    pass: 'prompts',
    prepare: { partShares: { use: 'prepare/part-shares' } },
    trainable: ['prompt.ctx', ...(background.inPrompts ? ['background'] : []), ...prompts.trainable],
    losses: segmentation(preset),
    optimizer: prompts.optimizer,
    schedule: prompts.schedule,
    produces: { prompts: ['prompt.*', 'background', ...prompts.trainable] },
  };
}

/** What is learned of regions, and what the log says of them. */
function regionLosses({ smoothing }: Preset, { margin }: Size): object {
  const watch = (output: string, perPart = false): object => ({
    use: 'loss/watch',
    weight: 0,
    options: { perPart },
    reads: { value: `outputs.${output}` },
  });
  return {
    regionIdentity: {
      use: 'loss/part-identity',
      options: { smoothing },
      reads: { logits: 'outputs.logits.regions', weight: 'outputs.weight' },
    },
    regionTriplet: { use: 'loss/part-triplet', options: { margin }, reads: { embeddings: 'outputs.regions' } },
    ...Object.fromEntries(['alpha', 'beta', 'mass', 'entropy', 'drift', 'share'].map((name) => [name, watch(name)])),
    gate: watch('gate', true),
  };
}

/** Stage B: everything but prompts and texts, with regions found by the prototypes as they are now. */
function mainStage(preset: Preset, size: Size): StageInput {
  const { regions, smoothing } = preset;
  const { main, margin } = size;
  const hasTexts = regions === 'learned' || regions === 'template';
  const prototypes = { prototypes: { use: 'prepare/output', options: { pass: 'prototypes', output: 'prototypes' } } };
  const memory = { memory: { use: 'prepare/mean', options: { pass: 'stripes', output: 'stripes' } } };
  return {
    name: 'main',
    epochs: main.epochs,
    streams: ['main'],
    ...(regions === 'learned' ? { needs: ['prompts'] } : {}),
    prepare: { ...(hasTexts ? prototypes : {}), ...(regions === 'none' ? {} : memory) },
    fills: { ...(hasTexts ? { prototypes: 'prototypes' } : {}), ...(regions === 'none' ? {} : { memory: 'memory' }) },
    ...(hasTexts ? { frozen: ['text_encoder.*', 'prompt.*'] } : {}),
    losses: {
      identity: { use: 'loss/cross-entropy', options: { smoothing } },
      triplet: { use: 'loss/triplet', options: { margin } },
      ...(regions === 'none' ? {} : regionLosses(preset, size)),
      ...(regions === 'learned' && main.segmented ? segmentation(preset) : {}),
    } as Losses,
    optimizer: main.optimizer,
    schedule: main.schedule,
    evaluateEvery: main.evaluateEvery,
  };
}

function modelOf({ regions, model }: Preset, { encoder, text, model: more }: Size): Node {
  const region = { none: 'none', stripe: 'stripe', template: 'rgm', learned: 'rgm' }[regions];
  const options = {
    encoder: { use: 'encoder/clip-vision', options: { ...encoder, ...(model.promptDense === 'valueOnly' ? { valueOnly: true } : {}) } },
    ...(region === 'rgm' ? { text: { use: 'encoder/clip-text', options: { ...text, hasWords: false } } } : {}),
    classes: { $ref: 'data.classes' },
    region,
    ...(region === 'none' ? {} : { names: NAMES }),
    ...model,
    ...more,
  };
  return { use: 'model/rganet', options };
}

/** Transforms of each purpose. */
function transformsOf({ encoder, padding, erasing }: Size): Record<'main' | 'parts' | 'plain', Node[]> {
  const [height, width] = encoder.imageSize;
  const resize = (filter: string): Node => ({ use: 'transform/resize', options: { height, width, filter } });
  const normalize: Node = { use: 'transform/normalize', options: { constants: 'clip' } };
  const flip: Node = { use: 'transform/flip' };
  const erase: Node[] = erasing > 0 ? [{ use: 'transform/random-erasing', options: { probability: erasing } }] : [];
  return {
    main: [resize('bicubic'), flip, { use: 'transform/pad-crop', options: { padding } }, normalize, ...erase],
    parts: [resize('bicubic'), flip, normalize],
    plain: [resize('bicubic'), normalize],
  };
}

/** The training images, and those with part masks for the words. */
function streamsOf({ regions }: Preset, size: Size, dataset: Node): RecipeInput['streams'] {
  const { encoder, main, prompts } = size;
  const transforms = transformsOf(size);
  const [height, width] = encoder.imageSize.map((pixels) => Math.floor(pixels / encoder.patch)) as [number, number];
  const masks = { fields: { partMasks: { parts: NAMES, height, width } } };
  const { identities, images } = main;
  const people = { dataset, sampler: { use: 'sampler/pk', options: { identities, images } }, transforms: transforms.main };
  if (regions !== 'learned') return { main: people };
  const sampler: Node = { use: 'sampler/random', options: { batchSize: prompts.batchSize } };
  return {
    main: { ...people, ...(main.segmented ? masks : {}) },
    parts: { dataset, sampler, transforms: transforms.parts, ...masks },
  };
}

/**
 * RGANet: words learned for regions of the body against part masks, then regions found by them, each with a descriptor, a classifier and a weight
 * that says how far it can be trusted. Presets: `paper` is the equations as printed, `fig4` what its figure 4 implies, `recommended` ours;
 * `template` has fixed words, `stripe` equal stripes, `global` no regions. Sizes `tiny` and `ablation` train from nothing in minutes on a CPU.
 * Throws UNKNOWN_NAME for another preset or size.
 * @see He et al., "Region Generation and Assessment Network for Occluded Person Re-Identification"
 */
export function rganet({ preset = 'paper', size = 'paper', data = 'data/occluded-duke' }: RecipeOptions = {}): Recipe {
  const chosen = chooseByName('rganet', 'preset', preset, PRESETS);
  const sizes = chooseByName('rganet', 'size', size, SIZES);
  const dataset: Node = { use: 'dataset/market1501', options: { root: data } };
  const neck = sizes.model.neck ?? chosen.model.neck ?? 'none';
  const global = neck === 'none' ? 'global' : 'global.bn';
  const parts = neck === 'all' ? 'regions.bn' : 'regions';
  const scorer: Node =
    chosen.regions === 'none'
      ? { use: 'scorer/cosine', options: { descriptor: global } }
      : { use: 'scorer/part-weighted', options: { global, parts } };
  const isLearned = chosen.regions === 'learned';
  return defineRecipe({
    name: 'rganet',
    summary: 'RGANet: regions of the body by prototypes of texts, weighted by how far each can be trusted.',
    preset,
    size,
    model: modelOf(chosen, sizes),
    streams: streamsOf(chosen, sizes, dataset),
    stages: [...(isLearned ? [promptStage(chosen, sizes)] : []), mainStage(chosen, sizes)],
    evaluation: { transforms: transformsOf(sizes).plain, protocol: { use: 'protocol/market1501' }, scorer, batchSize: 128 },
  });
}
