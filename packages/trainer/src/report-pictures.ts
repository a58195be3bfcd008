import {
  type CropRecord, type Dataset, type HostTensor, type HostTensors, type MakeProgram, type Model, Random, readSafetensors, ReidError, type Registry, sizeOf,
} from '@reidkit/core-tensor'; // prettier-ignore
import type { ReportData, ReportMap, ReportRegionCard } from '@reidkit/eval';
import { buildModel } from './build-run.ts';
import type { Evaluation, RankedList } from './evaluate.ts';
import { defaultWorkers, extract, type Extracted } from './extract.ts';
import type { RunFolder } from './run-folder.ts';
import type { RunRecord } from './run-record.ts';

/** What the pictures of a report are made with: the model of the run is run once more, on a few images. */
export interface PictureOptions {
  readonly registry: Registry;
  readonly makeProgram: MakeProgram;
  /** The data set of the evaluation. */
  readonly dataset: Dataset;
  /** Threads that read and decode images. Default: {@link defaultWorkers}. */
  readonly workers?: number;
  /** Called after every batch with images done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The run whose pictures are made. */
interface PictureRun {
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly evaluation: Evaluation;
  /** Folder that the images of the evaluation lie in. */
  readonly root: string;
}

/** Images with cards in each group. */
const CARDS = 4;
/** Identities of the map, and images of each. */
const IDENTITIES = 10;
const IMAGES = 20;
/** Regions of the map in all. */
const REGIONS = 400;

/** Outputs of a model that tell of its regions, by where a card shows them. */
const SCORES = ['alpha', 'beta', 'weight'] as const;
const MASKS = 'regions.masks';
const REGION_FEATURES = 'regions';

const isCrop = ({ form }: { readonly form: string }): boolean => form === 'crop';

/** A ranked list whose query is an image. */
type ImageList = RankedList & { readonly query: CropRecord };

const isImageList = (list: RankedList): list is ImageList => isCrop(list.query);

/** Test images of some people who are asked for, drawn by chance. */
function sampleOf(dataset: Dataset, splits: readonly string[], seed: number): CropRecord[] {
  const stream = Random.seed(seed).fork('pictures').stream();
  const asked = new Set((dataset.splits[splits[0]!] as readonly CropRecord[]).map(({ identity }) => identity));
  const people = stream.shuffle([...asked].sort((a, b) => a - b)).slice(0, IDENTITIES).sort((a, b) => a - b); // prettier-ignore
  const all = [...new Set(splits)].flatMap((split) => dataset.splits[split] as readonly CropRecord[]);
  return people.flatMap((person) => stream.shuffle(all.filter(({ identity }) => identity === person)).slice(0, IMAGES));
}

/** The rows of an output that belong to a file; undefined for an output or a file that is not there. */
type RowOf = (output: string, file: string) => Float32Array | undefined;

function rowsBy({ descriptors, records }: Extracted<CropRecord>): RowOf {
  const places = new Map(records.map(({ file }, at) => [file, at]));
  return (output, file) => {
    const at = places.get(file);
    const tensor: HostTensor | undefined = descriptors.tensors[output];
    if (!tensor || at === undefined) return undefined;
    const length = sizeOf(tensor.shape.slice(1));
    return (tensor.data as Float32Array).subarray(at * length, (at + 1) * length);
  };
}

/** Names of the parts and their grid, where the model gives masks; a sentence about what is missing otherwise. */
function layoutOf(
  { partNames, partGrid, gives }: Model,
  tensors: HostTensors,
): { names: readonly string[]; grid: readonly [number, number] } | undefined {
  if (!gives.evaluation.includes(MASKS) || !tensors[MASKS]) return undefined;
  const [, parts, places] = tensors[MASKS].shape as [number, number, number];
  if (partNames?.length === parts && partGrid && partGrid[0] * partGrid[1] === places) return { names: partNames, grid: partGrid };
  throw new ReidError(
    'SHAPE_MISMATCH',
    `The model gives ${MASKS} [B, ${parts}, ${places}], but its partNames (${partNames?.length ?? 'none'}) and partGrid (${partGrid?.join(' x ') ?? 'none'}) say otherwise.`,
    { hint: 'a model whose masks are to be drawn has a name for each part and rows · columns places.' },
  );
}

function cardOf({ query, averagePrecision }: ImageList, parts: number, model: Model, rowOf: RowOf, imageOf: ImageOf): ReportRegionCard[] {
  const masks = rowOf(MASKS, query.file);
  const toOriginal = rowOf('batch.toOriginal', query.file);
  if (!masks || !toOriginal) return [];
  const places = masks.length / parts;
  const regions = Array.from({ length: parts }, (_, part) => {
    const scores = SCORES.flatMap((name) => {
      const value = rowOf(name, query.file)?.[part];
      return value === undefined ? [] : [[name, value]];
    });
    return { mask: masks.subarray(part * places, (part + 1) * places), ...Object.fromEntries(scores) };
  });
  return [{ person: imageOf(query), averagePrecision, imageSize: model.imageSize, toOriginal, regions }];
}

type ImageOf = (record: CropRecord) => ReportRegionCard['person'];

/** The outputs that pictures are made of, as far as the model gives them; the descriptor comes first. */
function outputsOf(model: Model, reads: readonly string[]): readonly [string, ...string[]] {
  const descriptor = reads.find((name) => name === 'global' || name.startsWith('global.')) ?? reads[0]!;
  const others = [MASKS, REGION_FEATURES, ...SCORES].filter((name) => name !== descriptor && model.gives.evaluation.includes(name));
  return [descriptor, ...others];
}

function identityMap(sample: readonly CropRecord[], rowOf: RowOf, descriptor: string, seed: number): ReportMap {
  const found = sample.filter(({ file }) => rowOf(descriptor, file));
  const people = [...new Set(found.map(({ identity }) => identity))];
  return {
    heading: `${descriptor}, by person`,
    explanation: `Each point is a test image: up to ${IMAGES} of each of ${people.length} people among the queries, all drawn by chance.`,
    rows: found.map(({ file }) => rowOf(descriptor, file)!),
    groups: found.map(({ identity }) => people.indexOf(identity)),
    names: people.map((identity) => `person ${identity}`),
    seed,
  };
}

function regionMap(sample: readonly CropRecord[], rowOf: RowOf, { partNames, gives }: Model, seed: number): ReportMap[] {
  if (!partNames || partNames.length > 10 || !gives.evaluation.includes(REGION_FEATURES)) return [];
  const parts = partNames.length;
  const drawn = Random.seed(seed).fork('regions').stream().shuffle(sample.filter(({ file }) => rowOf(REGION_FEATURES, file))); // prettier-ignore
  const images = drawn.slice(0, Math.max(1, Math.floor(REGIONS / parts)));
  const rows = images.flatMap(({ file }) => {
    const all = rowOf(REGION_FEATURES, file)!;
    const width = all.length / parts;
    return partNames.map((_, part) => all.subarray(part * width, (part + 1) * width));
  });
  return [
    {
      heading: 'regions, by part',
      explanation: `Each point is one region of one of ${images.length} test images, drawn by chance from those of the other picture.`,
      rows,
      groups: rows.map((_, i) => i % parts),
      names: partNames,
      seed,
    },
  ];
}

/**
 * Gathers what the pictures of a report are drawn from: region masks with their scores for the first random, worst and best queries, and
 * descriptors of a bounded draw of test images. Nothing for data that are not crops. Throws SHAPE_MISMATCH for masks that the model's
 * `partGrid` and `partNames` do not fit, and what reading the model throws.
 */
export async function gatherPictures(
  run: PictureRun,
  options: PictureOptions,
  imageOf: ImageOf,
): Promise<Pick<ReportData, 'regions' | 'maps'>> {
  const { record: { recipe }, evaluation: { lists }, folder, root } = run; // prettier-ignore
  const { registry, dataset, makeProgram, workers = defaultWorkers(), onProgress } = options;
  const { model, scorer, protocol, instructions } = buildModel(recipe, registry);
  const splits = [protocol.splits.query, protocol.splits.gallery];
  if (!splits.every((split) => dataset.splits[split]?.every(isCrop))) return {};
  const first = (group: readonly RankedList[]): ImageList[] => group.filter(isImageList).slice(0, CARDS);
  const shown = { random: first(lists.random), worst: first(lists.worst), best: first(lists.best) };
  const sample = sampleOf(dataset, splits, recipe.seed);
  const wanted = [...Object.values(shown).flatMap((group) => group.map(({ query }) => query)), ...sample];
  const outputs = outputsOf(model, scorer.reads);
  const extracted = await extract({
    model, makeProgram, workers, root, outputs, keep: ['toOriginal'], onError: 'skip', plugins: recipe.plugins,
    tensors: (await readSafetensors(folder.model)).tensors,
    records: [...new Map(wanted.map((crop) => [crop.file, crop])).values()],
    transforms: recipe.evaluation.transforms, batchSize: recipe.evaluation.batchSize, ...(await instructions()), ...(onProgress ? { onProgress } : {}),
  }); // prettier-ignore
  const rowOf = rowsBy(extracted);
  const layout = layoutOf(model, extracted.descriptors.tensors);
  const cards = (group: readonly ImageList[]): ReportRegionCard[] =>
    group.flatMap((list) => cardOf(list, layout!.names.length, model, rowOf, imageOf));
  return {
    ...(layout ? { regions: { ...layout, random: cards(shown.random), worst: cards(shown.worst), best: cards(shown.best) } } : {}),
    maps: [identityMap(sample, rowOf, outputs[0], recipe.seed), ...regionMap(sample, rowOf, model, recipe.seed)],
  };
}
