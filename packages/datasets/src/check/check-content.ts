import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Dataset, Finding, ReidRecord } from '@reidkit/core-tensor/base';
import { createImageDecoder, type ImageDecoder, type ImageDecoderOptions } from '../image/image-decoder.ts';
import { isSkippable } from '../loader/sample-reader.ts';
import { counted, someOf } from '../readers/finding-list.ts';

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

async function checkFile({ file, split }: CheckedFile, root: string, decoder: ImageDecoder, gathered: Gathered): Promise<void> {
  try {
    const bytes = decoder.readBytes(join(root, file), file);
    const hash = createHash('sha256').update(bytes).digest('base64');
    gathered.byContent.set(hash, [...(gathered.byContent.get(hash) ?? []), { file, split }]);
    const { width, height } = await decoder.decode(bytes, file);
    noteSize(gathered, [height, width]);
  } catch (error) {
    if (!isSkippable(error)) throw error;
    gathered.unreadable.push({ file, reason: error.message.split('\n')[0]! });
  }
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
    const message = `The same bytes in two splits: ${counted(copies.length, 'image')} (${someOf(duplicates.map((files) => files.join(' = ')))}).`;
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
  const decoder = await createImageDecoder(options.decoder);
  const records = imagesOf(dataset);
  const gathered: Gathered = { unreadable: [], byContent: new Map(), smallest: null, largest: null };
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < records.length) {
      await checkFile(records[next++]!, dataset.root, decoder, gathered);
      options.onProgress?.(++done, records.length);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
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
