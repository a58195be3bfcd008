import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CropRecord, hostTensor, type HostTensors, readSafetensors, ReidError, writeSafetensors } from '@reidkit/core-tensor';
import type { GalleryParts } from '@reidkit/eval';
import { type Extracted, extract, type ExtractOptions, factsOf } from './extract.ts';
import { fileExists } from './file-exists.ts';

/** Rows of a part: 50 MB at 768 numbers each. */
const ROWS = 16_384;

/** Name of the tensor that says which records of a part have descriptors. */
const POSITIONS = 'positions';

/** What a gallery's descriptors in files are made with. */
export interface FeatureFolderOptions extends ExtractOptions {
  /** Folder of the parts; parts that are there already are not made again. */
  readonly folder: string;
  /** Images in a part. Default: 16,384. */
  readonly rows?: number;
}

/** A gallery whose descriptors are in files. */
export interface StoredGallery extends Extracted<CropRecord> {
  /** Its descriptors, part by part. */
  readonly parts: GalleryParts;
}

/** Hash of everything that descriptors depend on. */
function contentOf({ tensors, records, outputs, transforms, flip }: FeatureFolderOptions, rows: number): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    hash.update(`${name}[${shape.join()}]`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  for (const { file, cut } of records) hash.update(`\n${file}${cut ? `#${cut.join()}` : ''}`);
  return hash.update(JSON.stringify([outputs, transforms, flip ?? false, rows])).digest('hex');
}

const partPath = (folder: string, part: number): string => join(folder, `part-${String(part).padStart(5, '0')}.safetensors`);

async function checkPart(path: string, content: string): Promise<HostTensors> {
  const { tensors, metadata } = await readSafetensors(path);
  if (metadata.content === content) return tensors;
  throw new ReidError('FILE_EXISTS', `"${path}" holds descriptors of another model, of other images or made in another way.`, {
    hint: 'give another folder, or remove this one.',
  });
}

/** Descriptors of one part: of those that were made before, else made now. Gives which records have any. */
async function makePart(
  options: FeatureFolderOptions,
  part: { readonly number: number; readonly from: number; readonly to: number },
  content: string,
): Promise<{ readonly positions: Int32Array; readonly skipped: number }> {
  const { folder, records, onProgress } = options;
  const path = partPath(folder, part.number);
  if (await fileExists(path)) {
    const positions = (await checkPart(path, content))[POSITIONS]!.data as Int32Array;
    onProgress?.(part.to, records.length);
    return { positions, skipped: part.to - part.from - positions.length };
  }
  const chosen = records.slice(part.from, part.to);
  const progress = onProgress ? { onProgress: (done: number) => onProgress(part.from + done, records.length) } : {};
  const { descriptors, records: read, skipped } = await extract({ ...options, ...progress, records: chosen });
  const places = new Map(chosen.map((record, at) => [record, part.from + at]));
  const positions = Int32Array.from(read, (record) => places.get(record)!);
  const named = { ...descriptors.tensors, [POSITIONS]: hostTensor(positions, [positions.length], 'int32') };
  await writeSafetensors(path, named, { metadata: { content } });
  return { positions, skipped };
}

/**
 * Descriptors of images in files of a folder, a part of them in memory at a time; a folder that was begun is gone on with. Throws FILE_EXISTS
 * for a folder with descriptors of something else, and what extraction throws.
 */
export async function storeFeatures(options: FeatureFolderOptions): Promise<StoredGallery> {
  const { folder, records, outputs, rows = ROWS } = options;
  await mkdir(folder, { recursive: true });
  const content = contentOf(options, rows);
  const kept: CropRecord[] = [];
  const sizes: number[] = [];
  let skipped = 0;
  for (let number = 0; number * rows < records.length; number++) {
    const part = { number, from: number * rows, to: Math.min(records.length, (number + 1) * rows) };
    const made = await makePart(options, part, content);
    for (const position of made.positions) kept.push(records[position]!);
    sizes.push(made.positions.length);
    skipped += made.skipped;
  }
  return {
    records: kept,
    skipped,
    facts: factsOf(kept),
    descriptors: { count: kept.length, tensors: {} },
    parts: {
      count: kept.length,
      sizes,
      async read(part) {
        const tensors = await checkPart(partPath(folder, part), content);
        return { count: sizes[part]!, tensors: Object.fromEntries(outputs.map((name) => [name, tensors[name]!])) };
      },
    },
  };
}
