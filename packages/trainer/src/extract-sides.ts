import type { CropRecord, Dataset, FrameRecord, ReidRecord, Tokenizer } from '@reidkit/core-tensor';
import type { Detections } from '@reidkit/datasets';
import { type Extracted, extract, type ExtractOptions } from './extract.ts';
import { storeFeatures, type StoredGallery } from './feature-folder.ts';
import { extractTexts, queryTexts } from './extract-texts.ts';
import { galleryPeople, inWords, queryPeople } from './frame-people.ts';
import { cropsOf, recordsOf } from './run-data.ts';

/** How query texts become numbers. */
export interface QueryTexts {
  readonly tokenizer: Tokenizer;
  /** Way through the model that reads them. */
  readonly pass: string;
  /** Words per text; by default the tokenizer's own. */
  readonly length?: number;
}

/** What {@link extractSides} works on. */
export interface ExtractSidesOptions extends Omit<ExtractOptions, 'root' | 'records' | 'onProgress'> {
  readonly dataset: Dataset;
  /** Names of the splits. */
  readonly splits: { readonly query: string; readonly gallery: string };
  /** Given when texts are the queries. */
  readonly texts?: QueryTexts;
  /** People found in the frames of the gallery; the true boxes when left out. */
  readonly detections?: Detections;
  /** Folder for the descriptors of the gallery, which are then read part by part and never whole in memory. */
  readonly features?: string;
  /** Called after every batch with the split, images done and in all. */
  readonly onProgress?: (phase: string, done: number, total: number) => void;
}

/** Both sides of a retrieval. */
export interface Sides {
  readonly query: Extracted;
  readonly gallery: Extracted<CropRecord> & Partial<Pick<StoredGallery, 'parts'>>;
  /** What results should say about how they came to be. */
  readonly notes: readonly string[];
}

const areFrames = (records: readonly ReidRecord[]): records is readonly FrameRecord[] => records.every(({ form }) => form === 'frame');

/** Makes descriptors of the images of a split. */
type ImageSide = (split: string, records: readonly CropRecord[]) => Promise<Sides['gallery']>;

function imageSides({ dataset, onProgress, features, ...shared }: ExtractSidesOptions): ImageSide {
  return (split, records) => {
    const report = onProgress ? { onProgress: (done: number, total: number) => onProgress(split, done, total) } : {};
    const options = { ...shared, ...report, root: dataset.root, records };
    return features !== undefined && split === shared.splits.gallery ? storeFeatures({ ...options, folder: features }) : extract(options);
  };
}

async function textQueries(
  options: ExtractSidesOptions,
  texts: QueryTexts,
): Promise<{ readonly query: Extracted; readonly notes: string[] }> {
  const { dataset, splits, onProgress, ...shared } = options;
  const records = queryTexts(recordsOf(dataset, splits.query));
  const report = onProgress ? { onProgress: (done: number, total: number) => onProgress(splits.query, done, total) } : {};
  const { cut, ...query } = await extractTexts({ ...shared, ...texts, ...report, texts: records });
  return { query, notes: cut > 0 ? [`${cut} of ${records.length} texts were longer than the model reads, and cut.`] : [] };
}

/** Queries and gallery of people in frames: every box is an image. */
async function peopleSides(options: ExtractSidesOptions, query: readonly FrameRecord[], gallery: readonly FrameRecord[]): Promise<Sides> {
  const { splits, detections } = options;
  const images = imageSides(options);
  const asked = queryPeople(query, gallery);
  const found = galleryPeople(gallery, detections);
  const queries = await images(splits.query, asked.records);
  const people = await images(splits.gallery, found.records);
  return {
    query: { ...queries, facts: { ...queries.facts, queryScene: asked.sceneOf(queries.records) } },
    gallery: { ...people, facts: { ...people.facts, scene: found.sceneOf(people.records) } },
    notes: [inWords(gallery, detections)],
  };
}

/**
 * Descriptors of queries and gallery: of images, of texts where these search, of the people in frames. Throws DATASET_INVALID for a split that is
 * missing, and what its parts throw.
 */
export async function extractSides(options: ExtractSidesOptions): Promise<Sides> {
  const { dataset, splits, texts } = options;
  const images = imageSides(options);
  const [query, gallery] = [recordsOf(dataset, splits.query), recordsOf(dataset, splits.gallery)];
  if (!texts && areFrames(query) && areFrames(gallery)) return peopleSides(options, query, gallery);
  const queries = texts
    ? await textQueries(options, texts)
    : { query: await images(splits.query, cropsOf(dataset, splits.query)), notes: [] };
  return { ...queries, gallery: await images(splits.gallery, cropsOf(dataset, splits.gallery)) };
}
