import { type CropRecord, type Dataset, type DatasetReader, ReidError, type ReidRecord, type Registry } from '@reidkit/core-tensor';
import { checkPartMasks, identityLabels, type LabelMap } from '@reidkit/datasets';
import type { Recipe } from '@reidkit/core-tensor';
import { partMaskField } from './part-mask-field.ts';
import type { Facts } from './reference.ts';

/** The records that a stream trains on. */
export interface StreamRecords {
  readonly records: readonly CropRecord[];
  readonly labels: LabelMap;
}

/** The data that a recipe names, read. */
export interface RunData {
  /** Data sets by stream. */
  readonly streams: Readonly<Record<string, StreamRecords & { readonly dataset: Dataset }>>;
  readonly evaluation: Dataset;
  /** What a recipe may refer to as `data.…`. */
  readonly facts: Facts;
}

/** Records of a split, of any form. Throws DATASET_INVALID when the split is missing or empty. */
export function recordsOf(dataset: Dataset, split: string): readonly ReidRecord[] {
  const records = dataset.splits[split];
  if (records && records.length > 0) return records;
  const splits = Object.entries(dataset.splits).map(([name, list]) => `${name} (${list.length})`);
  throw new ReidError(
    'DATASET_INVALID',
    `${dataset.name} in "${dataset.root}" has no records in the split "${split}". It has ${splits.join(', ')}.`,
    {
      hint: '`reidkit data check` shows what was found and what was left out by which rule.',
    },
  );
}

/** What to do with records that are no images of one person. */
const OTHER_FORMS: Readonly<Record<string, string>> = {
  text: 'texts search images where the evaluation has "texts" with a tokenizer.',
  frame: 'frames are searched where both queries and gallery are frames.',
};

/** Crops of a split. Throws DATASET_INVALID when the split is missing or empty, or has records of another form. */
export function cropsOf(dataset: Dataset, split: string): readonly CropRecord[] {
  const records = recordsOf(dataset, split);
  const other = records.find(({ form }) => form !== 'crop');
  if (!other) return records as readonly CropRecord[];
  throw new ReidError('DATASET_INVALID', `The split "${split}" of ${dataset.name} has records of form "${other.form}"; expected images of one person each (form "crop").`, {
    hint: OTHER_FORMS[other.form] ?? 'take a data set of crops.',
  }); // prettier-ignore
}

const largest = (values: readonly (number | null | undefined)[]): number =>
  values.reduce<number>((most, value) => Math.max(most, value ?? -1), -1);

function factsOf(records: readonly CropRecord[], labels: LabelMap): Facts {
  return {
    classes: labels.values.length,
    cameras: largest(records.map(({ camera }) => camera)) + 1,
    views: largest(records.map(({ view }) => view)) + 1,
    records: records.length,
  };
}

/** Reads every data set that a recipe names, each once. Throws what its readers throw. */
export async function readRunData(recipe: Recipe, registry: Registry): Promise<RunData> {
  const read = new Map<string, Promise<Dataset>>();
  const datasetOf = (node: Recipe['streams'][string]['dataset']): Promise<Dataset> => {
    const key = JSON.stringify(node);
    if (!read.has(key)) read.set(key, registry.use<DatasetReader>(node).read());
    return read.get(key)!;
  };
  const streams: Record<string, RunData['streams'][string]> = {};
  for (const [name, stream] of Object.entries(recipe.streams)) {
    const dataset = await datasetOf(stream.dataset);
    const records = cropsOf(dataset, stream.split);
    streams[name] = { dataset, records, labels: identityLabels(records) };
  }
  const first = Object.values(recipe.streams)[0];
  if (!first) throw new ReidError('RECIPE_INVALID', 'The recipe has no stream to train on.');
  const facts = Object.fromEntries(Object.entries(streams).map(([name, { records, labels }]) => [name, factsOf(records, labels)]));
  return {
    streams,
    evaluation: await datasetOf(recipe.evaluation.dataset ?? first.dataset),
    facts: { data: { ...Object.values(facts)[0]!, streams: facts } },
  };
}

/** Throws DATASET_INVALID when the records of a stream do not say what its batches should carry. */
export function checkStreams({ streams }: Recipe, data: Pick<RunData, 'streams'>): void {
  for (const [name, { fields }] of Object.entries(streams)) {
    const { records, dataset } = data.streams[name]!;
    if (fields.partMasks) checkPartMasks(records, partMaskField(fields.partMasks), dataset.root);
  }
}

/** Hash of everything that a run trains on, over its streams. */
export function trainingData({ streams }: Pick<RunData, 'streams'>): string {
  const hashes = Object.values(streams).map(({ dataset }) => dataset.fingerprint.hash);
  return [...new Set(hashes)].sort().join('+');
}
