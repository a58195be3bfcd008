import { type CropRecord, type Dataset, type DatasetReader, ReidError, type Registry } from '@reidkit/core-tensor';
import { identityLabels, type LabelMap } from '@reidkit/datasets';
import type { Recipe } from '@reidkit/core-tensor';
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

function splitOf(dataset: Dataset, split: string): readonly CropRecord[] {
  const records = dataset.splits[split];
  if (records && records.length > 0) return records as readonly CropRecord[];
  const splits = Object.entries(dataset.splits).map(([name, list]) => `${name} (${list.length})`);
  throw new ReidError(
    'DATASET_INVALID',
    `${dataset.name} in "${dataset.root}" has no records in the split "${split}". It has ${splits.join(', ')}.`,
    {
      hint: '`reidkit data check` shows what was found and what was left out by which rule.',
    },
  );
}

/** Crops of a split. Throws DATASET_INVALID when the split is missing or empty. */
export const cropsOf = splitOf;

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
    const records = splitOf(dataset, stream.split);
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

/** Hash of everything that a run trains on, over its streams. */
export function trainingData({ streams }: Pick<RunData, 'streams'>): string {
  const hashes = Object.values(streams).map(({ dataset }) => dataset.fingerprint.hash);
  return [...new Set(hashes)].sort().join('+');
}
