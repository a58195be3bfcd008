import { defineRecipe, type Node, type Recipe, type RecipeInput } from '@reidkit/core-tensor';
import { instructionBank } from '@reidkit/datasets';
import { chooseByName } from '../choose-by-name.ts';
import type { RecipeOptions } from '../recipe-options.ts';
import type { IrmModelOptions } from './model-options.ts';
import { PRESETS, type Preset } from './presets.ts';
import { type Size, SIZES } from './sizes.ts';
import { matchLosses, taskLosses } from './task-losses.ts';
import { TINY_WORDS } from './tiny-words.ts';

type Stream = RecipeInput['streams'][string];
type StageInput = RecipeInput['stages'][number];

/** A task: how its batches are drawn, and what it is told. */
interface Task {
  readonly sentences: readonly string[];
  readonly from: 'sentences' | 'captions';
  readonly instruction: 'text' | 'picture';
}

const BANK = instructionBank();

/** The tasks by name. Text-to-image search is none of them: it has no identities to tell apart and no instruction. */
const TASKS = {
  traditional: { sentences: BANK.of('traditional'), from: 'sentences', instruction: 'text' },
  'clothes-changing': { sentences: BANK.of('clothes-changing'), from: 'sentences', instruction: 'text' },
  template: { sentences: [], from: 'sentences', instruction: 'picture' },
  infrared: { sentences: BANK.of('visible-infrared'), from: 'sentences', instruction: 'text' },
  language: { sentences: BANK.of('language'), from: 'captions', instruction: 'text' },
} as const satisfies Readonly<Record<string, Task>>;

/** Name of a task of IRM; `text` is text-to-image search. */
export type IrmTask = keyof typeof TASKS | 'text';

/** Tasks whose instructions are sentences or captions, which is what image files and their sidecars give. */
const JOINT: readonly IrmTask[] = ['traditional', 'clothes-changing', 'infrared', 'language', 'text'];

/** How {@link irm} is chosen. */
export interface IrmOptions extends RecipeOptions {
  /** The tasks that are trained; several are trained together. Default: `traditional`, and for size `tiny` all that have words. */
  readonly tasks?: readonly IrmTask[];
  /** How several come together in a step. */
  readonly mix?: 'accumulate' | 'sampled' | 'sequential';
  /** File or folder of the vocabulary. Default: `data/bert`; size `tiny` has one of its own. */
  readonly vocabulary?: string;
}

const resizeTo = ([height, width]: readonly [number, number]): Node => ({ use: 'transform/resize', options: { height, width } });
const NORMALIZE: Node = { use: 'transform/normalize', options: { constants: 'imagenet' } };

function transformsOf({ encoder, padding, erasing }: Size): readonly Node[] {
  const erase: Node[] = erasing > 0 ? [{ use: 'transform/random-erasing', options: { probability: erasing } }] : [];
  return [resizeTo(encoder.imageSize), { use: 'transform/flip' }, { use: 'transform/pad-crop', options: { padding } }, NORMALIZE, ...erase];
}

function fieldsOf(task: IrmTask, size: Size, tokenizer: Node): NonNullable<Stream['fields']> {
  const common = { tokenizer, length: size.words };
  if (task === 'text') return { texts: { ...common, from: 'captions', sentences: ['{c}'] } };
  const { from, sentences, instruction } = TASKS[task];
  if (instruction === 'picture') return { pictures: { transforms: [resizeTo(size.garment.imageSize), NORMALIZE] } };
  return { texts: { ...common, from, sentences: [...sentences] } };
}

function streamOf(task: IrmTask, size: Size, { dataset, tokenizer }: { readonly dataset: Node; readonly tokenizer: Node }): Stream {
  const { identities, images, pairs } = size;
  const sampler: Node =
    task === 'text'
      ? { use: 'sampler/pk', options: { identities: pairs, images: 1 } }
      : { use: 'sampler/pk', options: { identities, images } };
  return { dataset, sampler, transforms: [...transformsOf(size)], fields: fieldsOf(task, size, tokenizer) };
}

function modelOf(tasks: readonly IrmTask[], preset: Preset, size: Size): Node {
  const told = tasks.filter((task) => task !== 'text');
  const classes = (task: string): unknown => ({ $ref: `data.streams.${task}.classes` });
  const withText = tasks.some((task) => task === 'text' || TASKS[task].instruction === 'text');
  const hasMatching = tasks.includes('text');
  const options: Record<keyof IrmModelOptions, unknown> | object = {
    encoder: { use: 'encoder/vit', options: { ...size.encoder, parts: preset.parts } },
    ...(preset.editing && told.length > 0 ? { editing: preset.editing } : {}),
    ...(withText
      ? { text: { use: 'encoder/bert', options: hasMatching ? size.text : { ...size.text, ...withoutFusion(size.text) } } }
      : {}),
    ...(tasks.includes('template') ? { garment: { use: 'encoder/vit', options: size.garment } } : {}),
    fusion: { ...size.fusion, weights: preset.fusionWeights, masksPadding: preset.masksPadding },
    ...(hasMatching ? { matching: matchingOf(preset, size) } : {}),
    tasks: Object.fromEntries((told.length > 0 ? told : (['text'] as const)).map((task) => [task, { classes: classes(task), instruction: task === 'text' ? 'none' : TASKS[task].instruction }])), // prettier-ignore
    instructionGradient: preset.instructionGradient,
    descriptor: preset.descriptor,
  };
  return { use: 'model/irm', options };
}

/** Only the layers that see the text alone. */
const withoutFusion = ({ fusionLayer, depth = 12 }: Size['text']): object => ({ depth: fusionLayer ?? depth, fusionLayer: undefined });

const matchingOf = ({ memory }: Preset, { projected, queue, marks }: Size): object => ({
  ...marks,
  width: projected,
  clampTemperature: !memory,
  ...(memory ? { memory: { length: queue } } : {}),
});

function stageOf(tasks: readonly IrmTask[], preset: Preset, size: Size, mix: NonNullable<IrmOptions['mix']>): StageInput {
  const { epochs, optimizer, schedule } = size;
  const losses = (task: IrmTask): NonNullable<StageInput['losses']> =>
    task === 'text' ? matchLosses(preset) : taskLosses(preset, size.behindNecks);
  const pass = (task: IrmTask): string => (task === 'text' ? 'match' : task);
  const told = tasks.flatMap((task) => (task === 'text' ? [] : [TASKS[task].instruction]));
  const towers = [...(told.includes('text') ? ['text_encoder.*'] : []), ...(told.includes('picture') ? ['visual_encoder_m.*'] : [])];
  const frozen = preset.instructionGradient || tasks.includes('text') ? [] : towers;
  const common = { name: 'main', epochs, streams: [...tasks], frozen, idle: preset.idle, optimizer, schedule };
  const [only, ...others] = tasks;
  if (others.length === 0) return { ...common, pass: pass(only!), losses: losses(only!) };
  return { ...common, mix, tasks: Object.fromEntries(tasks.map((task) => [task, { pass: pass(task), losses: losses(task) }])) };
}

/** The first task is judged; text-to-image search alone by its own protocol. */
function evaluationOf(tasks: readonly IrmTask[], { descriptor: compared }: Preset, size: Size, tokenizer: Node): RecipeInput['evaluation'] {
  const common = { transforms: [resizeTo(size.encoder.imageSize), NORMALIZE], batchSize: 64 };
  const descriptor = { descriptor: 'descriptor' };
  if (tasks.includes('text')) {
    const texts = { tokenizer, pass: 'text', length: size.words };
    return { ...common, protocol: { use: 'protocol/text-to-image' }, scorer: { use: 'scorer/cosine', options: descriptor }, texts };
  }
  const fields = fieldsOf(tasks[0]!, size, tokenizer);
  const told = { ...common, protocol: { use: 'protocol/market1501' }, fields };
  if (size.behindNecks && compared === 'class') return { ...told, scorer: { use: 'scorer/cosine', options: { descriptor: 'global.bn' } } };
  return { ...told, scorer: { use: 'scorer/euclid', options: descriptor } };
}

/** The vocabulary: that of a file, or a small one of the recipe's own. */
function tokenizerOf(size: string, vocabulary: string): Node {
  if (size === 'tiny') return { use: 'tokenizer/word-list', options: { words: [...TINY_WORDS] } };
  return { use: 'tokenizer/files', options: { path: vocabulary } };
}

/**
 * IRM: one model for several tasks, told by an instruction which. Presets: `paper` as printed (layers edited by the instruction, squared
 * distances), `code` as the released joint model computes (no editing, fused descriptors, queues), `recommended` with root distances. Size `tiny`
 * trains from nothing in minutes on a CPU. Throws UNKNOWN_NAME for another preset or size.
 * @see "Instruct-ReID: A Multi-purpose Person Re-identification Task with Instructions" (CVPR 2024)
 */
export function irm(options: IrmOptions = {}): Recipe {
  const { preset = 'paper', size = 'paper', data = 'data/omni-reid', mix = 'accumulate', vocabulary = 'data/bert' } = options;
  const chosen = chooseByName('irm', 'preset', preset, PRESETS);
  const sizes = chooseByName('irm', 'size', size, SIZES);
  const isTiny = size === 'tiny';
  const { tasks = isTiny ? JOINT : ['traditional' as const] } = options;
  const tokenizer = tokenizerOf(size, vocabulary);
  const dataset: Node = { use: 'dataset/market1501', options: { root: data } };
  const own = isTiny ? { ...sizes, text: { ...sizes.text, vocabulary: TINY_WORDS.length } } : sizes;
  return defineRecipe({
    name: 'irm',
    summary: 'IRM: one model for six tasks of re-identification, told by an instruction which one.',
    preset,
    size,
    model: modelOf(tasks, chosen, own),
    streams: Object.fromEntries(tasks.map((task) => [task, streamOf(task, own, { dataset, tokenizer })])),
    stages: [stageOf(tasks, chosen, own, mix)],
    evaluation: evaluationOf(tasks, chosen, own, tokenizer),
  });
}
