import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset, Finding, ReidRecord } from '@reidkit/core-tensor/base';
import { createImageDecoder, type ImageDecoder, type ImageDecoderOptions } from '../image/image-decoder.ts';
import { isSkippable } from '../loader/sample-reader.ts';
import { counted, someOf } from '../readers/finding-list.ts';
import { ContentCache, type ContentFacts } from './content-cache.ts';

/** A file that cannot be decoded, and why. */
export interface UnreadableFile {
  readonly file: string;
  readonly reason: string;
}

/** What the files of a data set are like inside. */
export interface ContentCheck {
  readonly checked: number;
  readonly unreadable: readonly UnreadableFile[];
  /** Files of different splits with the same bytes. */
  readonly duplicates: readonly (readonly string[])[];
  /** Smallest and largest image, height by width in pixels. */
  readonly sizes: { readonly smallest: readonly [number, number]; readonly largest: readonly [number, number] } | null;
  readonly findings: readonly Finding[];
}

/** How files are checked. */
export interface ContentCheckOptions {
  readonly decoder?: ImageDecoderOptions;
  /** File that remembers what was read, so that a check that was stopped goes on; by default nothing is kept. */
  readonly cache?: string;
  /** Called after every file. */
  readonly onProgress?: (done: number, total: number) => void;
}

const IN_FLIGHT = 4;

/** An image and the split that has it first. */
interface CheckedFile {
  readonly file: string;
  readonly split: string;
}

interface Gathered {
  readonly unreadable: UnreadableFile[];
  readonly byContent: Map<string, CheckedFile[]>;
  smallest: readonly [number, number] | null;
  largest: readonly [number, number] | null;
}

function noteSize(gathered: Gathered, size: readonly [number, number]): void {
  const area = (of: readonly [number, number]): number => of[0] * of[1];
  if (!gathered.smallest || area(size) < area(gathered.smallest)) gathered.smallest = size;
  if (!gathered.largest || area(size) > area(gathered.largest)) gathered.largest = size;
}

/** Reads and decodes a file. */
async function lookInto(path: string, file: string, decoder: ImageDecoder): Promise<ContentFacts> {
  let hash = '';
  try {
    const bytes = decoder.readBytes(path, file);
    hash = createHash('sha256').update(bytes).digest('base64');
    const { width, height } = await decoder.decode(bytes, file);
    return { hash, size: [height, width] };
  } catch (error) {
    if (!isSkippable(error)) throw error;
    return { hash, reason: error.message.split('\n')[0]! };
  }
}

/** Size and time of a file: what the cache goes by. */
function stateOf(path: string): string {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts ? `${facts.size} ${facts.mtimeMs}` : 'absent';
}

interface Looking {
  readonly root: string;
  readonly decoder: ImageDecoder;
  readonly cache: ContentCache | null;
}

async function factsOf(file: string, { root, decoder, cache }: Looking): Promise<ContentFacts> {
  const path = join(root, file);
  const state = cache ? stateOf(path) : '';
  const known = cache?.get(file, state);
  if (known) return known;
  const facts = await lookInto(path, file, decoder);
  cache?.add(file, state, facts);
  return facts;
}

function note({ file, split }: CheckedFile, facts: ContentFacts, gathered: Gathered): void {
  if (facts.hash !== '') {
    const same = gathered.byContent.get(facts.hash);
    if (same) same.push({ file, split });
    else gathered.byContent.set(facts.hash, [{ file, split }]);
  }
  if ('size' in facts) noteSize(gathered, facts.size);
  else gathered.unreadable.push({ file, reason: facts.reason });
}

/** Files with the same bytes, the first three named. */
function equalFiles(files: readonly string[]): string {
  const shown = files.slice(0, 3).join(' = ');
  return files.length > 3 ? `${shown} = ${files.length - 3} more` : shown;
}

function findingsOf(unreadable: readonly UnreadableFile[], duplicates: readonly (readonly string[])[]): Finding[] {
  const findings: Finding[] = [];
  if (unreadable.length > 0) {
    const files = unreadable.map(({ file }) => file).slice(0, 100);
    const message = `${counted(unreadable.length, 'image')} cannot be decoded; the first: ${unreadable[0]!.reason}`;
    findings.push({ severity: 'error', rule: 'unreadable-image', message, count: unreadable.length, files });
  }
  if (duplicates.length > 0) {
    const copies = duplicates.flatMap(([, ...others]) => others);
    const message = `The same bytes in two splits: ${counted(copies.length, 'image')} (${someOf(duplicates.map(equalFiles))}).`;
    findings.push({ severity: 'warning', rule: 'duplicate-content', message, count: copies.length, files: copies.slice(0, 100) });
  }
  return findings;
}

function filesOf(record: ReidRecord): readonly string[] {
  if (record.form === 'text') return [];
  return record.form === 'tracklet' ? record.files : [record.file];
}

/** Training before queries before the rest, so that the copy is what is named. */
const rankOf = (split: string): number => (split === 'train' ? 0 : split === 'query' ? 1 : 2);

/** Every image once, in the order of splits. */
function imagesOf({ splits }: Dataset): CheckedFile[] {
  const images = new Map<string, CheckedFile>();
  for (const [split, records] of Object.entries(splits).sort(([a], [b]) => rankOf(a) - rankOf(b))) {
    for (const file of records.flatMap(filesOf)) if (!images.has(file)) images.set(file, { file, split });
  }
  return [...images.values()];
}

const inOrder = (a: CheckedFile, b: CheckedFile): number => rankOf(a.split) - rankOf(b.split) || (a.file < b.file ? -1 : 1);

/** Reads and decodes every image of a data set: what cannot be decoded, and what is in two splits. */
export async function checkContent(dataset: Dataset, options: ContentCheckOptions = {}): Promise<ContentCheck> {
  const cache = options.cache === undefined ? null : await ContentCache.open(options.cache);
  const looking = { root: dataset.root, decoder: await createImageDecoder(options.decoder), cache };
  const records = imagesOf(dataset);
  const gathered: Gathered = { unreadable: [], byContent: new Map(), smallest: null, largest: null };
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < records.length) {
      const image = records[next++]!;
      note(image, await factsOf(image.file, looking), gathered);
      options.onProgress?.(++done, records.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  } finally {
    cache?.flush();
  }
  const duplicates = [...gathered.byContent.values()]
    .filter((copies) => new Set(copies.map(({ split }) => split)).size > 1)
    .map((copies) => copies.sort(inOrder).map(({ file }) => file));
  const unreadable = gathered.unreadable.sort((a, b) => (a.file < b.file ? -1 : 1));
  const { smallest, largest } = gathered;
  return {
    checked: records.length,
    unreadable,
    duplicates,
    sizes: smallest && largest ? { smallest, largest } : null,
    findings: findingsOf(unreadable, duplicates),
  };
}
