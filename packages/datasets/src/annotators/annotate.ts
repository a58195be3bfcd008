import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ReidError, writeFileAtomically, type Annotation, type Annotator, type Dataset, type Picture } from '@reidkit/core-tensor/base';
import { SIDECAR_FOLDER } from '../sidecars/find-sidecars.ts';
import type { SidecarEntry, SidecarHeader } from '../sidecars/sidecar-line.ts';
import { encodeGreyPng } from '../synthetic/grey-png.ts';
import { annotationItems, openItem, type OpenItem } from './annotation-items.ts';
import { AnnotationJournal } from './annotation-journal.ts';

/** What is to be annotated, and how. */
export interface AnnotateRequest {
  readonly dataset: Dataset;
  readonly annotator: Annotator;
  /** The sidecar; what is in it already is not asked again. */
  readonly out: string;
  /** Splits; all by default. */
  readonly splits?: readonly string[];
  /** Items at the same time. */
  readonly parallel?: number;
  /** Most items of this run. */
  readonly limit?: number;
  /** Called after every item with items done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops between items with an INTERRUPTED error; what is done stays done. */
  readonly signal?: AbortSignal;
}

/** What came of it. */
export interface AnnotateSummary {
  readonly out: string;
  /** Items in all. */
  readonly items: number;
  /** Annotated in this run. */
  readonly annotated: number;
  /** There from before. */
  readonly kept: number;
  /** Items about which the annotator had nothing to say, or whose image could not be read: asked again next time. */
  readonly without: readonly string[];
  /** Whether the sidecar is complete; else its journal waits for the next run. */
  readonly isComplete: boolean;
}

function headerOf({ producer, model, prompt }: Annotator): SidecarHeader {
  return { sidecar: 1, producer, ...(model === undefined ? {} : { model }), ...(prompt === undefined ? {} : { prompt }) };
}

/** Writes the picture of an annotation below the data set's root and gives its path there. */
async function writeMask(root: string, name: string, { about: { file } }: OpenItem, mask: Picture): Promise<string> {
  const path = `${SIDECAR_FOLDER}/${name}/${file.replace(/\.\w+$/, '.png')}`;
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFileAtomically(join(root, path), encodeGreyPng(mask));
  return path;
}

async function entryOf(
  item: OpenItem,
  { partMask, ...facts }: Annotation,
  { root, name }: { root: string; name: string },
): Promise<SidecarEntry> {
  const masks = partMask ? { partMask: await writeMask(root, name, item, partMask) } : {};
  return JSON.parse(JSON.stringify({ ...item.about, ...facts, ...masks })) as SidecarEntry;
}

/** Runs over items, some at the same time; the first failure stops the others after their item. */
async function inParallel(items: readonly OpenItem[], parallel: number, work: (item: OpenItem) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const run = async (): Promise<void> => {
    while (next < items.length && !failed) {
      try {
        await work(items[next++]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(parallel, items.length) }, run));
  const failure = ended.find((one) => one.status === 'rejected');
  if (failure) throw failure.reason;
}

/**
 * Annotates a data set into a sidecar. Every finished item is written at once, so that a process that ends, however it ends, begins again where
 * it was. Rejects with what the annotator rejects with, with INTERRUPTED, and with FILE_EXISTS for a sidecar of another producer.
 */
export async function annotate(request: AnnotateRequest): Promise<AnnotateSummary> {
  const { dataset, annotator, out, splits, parallel = 4, limit = Infinity, onProgress, signal } = request;
  const items = annotationItems(dataset, splits);
  if (items.length === 0)
    throw new ReidError('DATASET_INVALID', `${dataset.root} has no image in ${splits?.join(', ') ?? 'any split'} to annotate.`);
  const journal = await AnnotationJournal.open(out, headerOf(annotator));
  const open = items.filter(({ key }) => !journal.has(key));
  const chosen = open.slice(0, limit);
  const without: string[] = [];
  let annotated = 0;
  const one = async (item: OpenItem): Promise<void> => {
    if (signal?.aborted) throw new ReidError('INTERRUPTED', 'Annotating was stopped.', { hint: 'run the command again to go on.' });
    const opened = await openItem(dataset.root, item);
    const annotation = opened && (await annotator.annotate(opened, signal));
    if (annotation) {
      await journal.add(await entryOf(item, annotation, { root: dataset.root, name: annotator.name }));
      annotated++;
    } else without.push(item.key);
    onProgress?.(annotated + without.length, chosen.length);
  };
  try {
    await inParallel(chosen, parallel, one);
  } catch (error) {
    await journal.close();
    throw error;
  }
  const isComplete = chosen.length === open.length;
  if (isComplete) await journal.finish(items.map(({ key }) => key));
  else await journal.close();
  return { out, items: items.length, annotated, kept: items.length - open.length, without, isComplete };
}
