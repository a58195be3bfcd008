import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { CropRecord, Dataset, ReidRecord } from '@reidkit/core-tensor';
import { identityLabels } from '@reidkit/datasets';
import type { Reading, SplitPick } from './dataset-readings.ts';

/** An item as expectations write it. */
export type ExpectedItem = Readonly<Record<string, unknown>>;

/** What turning a record into an expected item needs to know. */
export interface ItemContext {
  readonly dataset: Dataset;
  readonly reading: Reading;
  /** Our split. */
  readonly split: string;
  /** Folder that expected files are relative to. */
  readonly base: string;
  /** Names of the outfits that are numbered together. */
  readonly outfits: readonly string[];
}

/** One field of an expected item, made from a record. */
export type ItemField = (record: ReidRecord, context: ItemContext) => unknown;

const pathOf = (file: string, { dataset, base }: ItemContext): string => relative(base, join(dataset.root, file)).split(sep).join('/');

const identityOf = (record: ReidRecord): number | null => (record.form === 'frame' ? null : record.identity);

function cameraOf(record: ReidRecord, { reading }: ItemContext): number | null {
  return record.form === 'text' || record.camera === null ? null : record.camera + (reading.cameraBase ?? 0);
}

/** Name of the outfit as the data set writes it. */
export function outfitOf(record: ReidRecord, dataset: Dataset): string | undefined {
  const { clothes } = record as CropRecord;
  return clothes === undefined ? undefined : (dataset.clothesNames?.[clothes] ?? String(clothes));
}

const labels = new WeakMap<readonly ReidRecord[], ReturnType<typeof identityLabels>>();

function labelOf(record: ReidRecord, { dataset, split }: ItemContext): number {
  const records = dataset.splits[split]!;
  const map = labels.get(records) ?? identityLabels(records);
  labels.set(records, map);
  return map.labelOf(identityOf(record));
}

/** Fields of expected items by name. A field that is not here is an error: nothing goes uncompared. */
export const ITEM_FIELDS: Record<string, ItemField> = {
  file: (record, context) => ('file' in record ? pathOf(record.file, context) : null),
  files: (record, context) => (record.form === 'tracklet' ? record.files.map((file) => pathOf(file, context)) : null),
  pid: identityOf,
  cam: cameraOf,
  label: labelOf,
  clothes: (record, { dataset }) => outfitOf(record, dataset),
  clothesLabel: (record, { dataset, outfits }) => outfits.indexOf(outfitOf(record, dataset)!),
  clothesTextLabel: (record, { dataset, outfits }) => [...outfits].sort().indexOf(outfitOf(record, dataset)!),
  outfit: (record, { dataset }) => Number(outfitOf(record, dataset)?.split('_').at(-1)),
};

/** Our records of an expected split. */
export function pickedRecords(dataset: Dataset, { split, where }: SplitPick): readonly ReidRecord[] {
  const records = dataset.splits[split] ?? [];
  return where ? records.filter(where) : records;
}

/** The folder that the files of an expectation are relative to: the archive, the place of a copy, or where pictures were taken out to. */
export function baseOf(items: readonly ExpectedItem[], archive: string, { place }: Reading, dataset: Dataset): string {
  const [first] = items;
  const file = first && ((first.file ?? (first.files as string[] | undefined)?.[0]) as string | undefined);
  const folders = [archive, join(archive, place), dataset.root];
  return folders.find((folder) => file !== undefined && existsSync(join(folder, file))) ?? archive;
}

/** A record as the expectation would write it, with the fields that its items have. */
export function itemOf(record: ReidRecord, fields: readonly string[], context: ItemContext): ExpectedItem {
  const unknown = fields.filter((field) => !(field in ITEM_FIELDS));
  if (unknown.length > 0) throw new Error(`no comparison for the field "${unknown[0]}" of expected items`);
  return Object.fromEntries(fields.map((field) => [field, ITEM_FIELDS[field]!(record, context)]));
}
