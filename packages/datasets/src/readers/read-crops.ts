import { join } from 'node:path';
import type { Dataset } from '@reidkit/core-tensor/base';
import { CropGathering, type GatheringEnd } from './crop-gathering.ts';
import { needsOf, type CropLayout, type CropSource } from './crop-layout.ts';
import { findRoot } from './data-root.ts';
import { isFolder } from './existing-folder.ts';
import { FindingList } from './finding-list.ts';
import { listFolders, listImages } from './list-images.ts';

/** How crops are read. */
export interface CropReading extends GatheringEnd {
  readonly root: string;
}

async function foldersOf(root: string, folder: string, depth: number): Promise<string[]> {
  if (depth === 0) return [folder];
  const inside = (await listFolders(join(root, folder))).map((name) => (folder === '' ? name : `${folder}/${name}`));
  return (await Promise.all(inside.map((path) => foldersOf(root, path, depth - 1)))).flat();
}

/** The images of a source, folder by folder. Rejects as the file system does when its folder cannot be listed. */
export async function listSource(source: CropSource, { root, findings, excluded }: CropGathering): Promise<string[]> {
  if (source.isOptional && !(await isFolder(join(root, source.folder)))) return [];
  const files: string[] = [];
  for (const folder of await foldersOf(root, source.folder, source.depth ?? 0)) {
    const listing = await listImages(root, folder, findings);
    excluded.push(...listing.excluded);
    for (const file of listing.images) files.push(file);
  }
  return files;
}

/** Starts on a data set: finds its root. Rejects with FILE_NOT_FOUND or DATASET_INVALID. */
export async function openCrops(layout: CropLayout, given: string): Promise<CropGathering> {
  const findings = new FindingList();
  return new CropGathering(await findRoot({ ...layout, needs: needsOf(layout) }, given, findings), layout, findings);
}

/** Reads a data set of crops by its layout. Rejects with FILE_NOT_FOUND or DATASET_INVALID. */
export async function readCrops(layout: CropLayout, { root, ...end }: CropReading): Promise<Dataset> {
  const gathering = await openCrops(layout, root);
  for (const source of layout.sources) for (const file of await listSource(source, gathering)) gathering.add(file, source);
  return gathering.finish(end);
}
