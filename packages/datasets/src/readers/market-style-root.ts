import { basename, join } from 'node:path';
import { DatasetError } from './dataset-error.ts';
import { existingFolder, isFolder } from './existing-folder.ts';
import type { FindingList } from './finding-list.ts';
import { listFolders } from './list-images.ts';
import type { MarketStyleLayout } from './market-style-layout.ts';

/** A folder that may be the data set's root, and which of the splits' folders it has. */
interface RootCandidate {
  readonly path: string;
  /** Folders between the given one and this one. */
  readonly below: readonly string[];
  readonly present: readonly string[];
}

/** The given folder, then known folders in it, then known folders in those. */
async function rootCandidates(layout: MarketStyleLayout, given: string): Promise<RootCandidate[]> {
  const needed = Object.values(layout.splits);
  const candidates: RootCandidate[] = [];
  let level: (readonly string[])[] = [[]];
  for (let depth = 0; depth <= 2; depth++) {
    const next: (readonly string[])[] = [];
    for (const below of level) {
      const path = join(given, ...below);
      const folders = new Set(await listFolders(path));
      candidates.push({ path, below, present: needed.filter((folder) => folders.has(folder)) });
      for (const name of layout.folders) if (folders.has(name)) next.push([...below, name]);
    }
    level = next;
  }
  return candidates;
}

function missing(
  layout: MarketStyleLayout,
  { path, present }: RootCandidate,
  tried: readonly RootCandidate[],
  found: readonly string[],
): DatasetError {
  const absent = Object.values(layout.splits).filter((folder) => !present.includes(folder));
  const findings = absent.map((folder) => {
    const message = `the folder ${join(path, folder)} is not there`;
    return { severity: 'error', rule: 'missing-folder', message, files: [folder] } as const;
  });
  const looked = `looked in ${tried.map((candidate) => candidate.path).join(', ')}`;
  const has = found.length > 0 ? `${path} has the folders ${found.slice(0, 8).join(', ')}` : `${path} has no folders`;
  const wanted = `give the folder with ${Object.values(layout.splits).join(', ')} in it`;
  return new DatasetError(`There is no ${layout.title} at ${path}:`, findings, `${looked}; ${has}; ${wanted}.`);
}

/**
 * The data set's root: the given folder or a known folder below it. Rejects with FILE_NOT_FOUND when the folder is not there and with
 * DATASET_INVALID, naming what was looked for and what was found, when it is no data set.
 */
export async function findRoot(layout: MarketStyleLayout, given: string, findings: FindingList): Promise<string> {
  const candidates = await rootCandidates(layout, await existingFolder(given, layout.title));
  const best = candidates.reduce((most, candidate) => (candidate.present.length > most.present.length ? candidate : most));
  if (best.present.length < Object.keys(layout.splits).length) {
    throw missing(layout, best, candidates, await listFolders(best.path));
  }
  const complete = candidates.filter(({ present }) => present.length === best.present.length);
  if (complete.length > 1) {
    const message = `There are ${complete.length} copies (${complete.map(({ path }) => path).join(', ')}); the first is read.`;
    findings.add({ severity: 'warning', rule: 'ambiguous-version', message });
  }
  // The parent folder is a fine thing to give; the data set's own folder twice is not.
  if (best.below.length > 1 || (best.below.length === 1 && layout.folders.includes(basename(given)))) {
    const message = `The data are in ${best.below.join('/')}, below the folder given.`;
    findings.add({ severity: 'info', rule: 'nested-folder', message, files: [best.below.join('/')] });
  }
  return best.path;
}

/** Whether all folders of a layout are at a place or in a known folder below it. */
export async function hasLayout(layout: MarketStyleLayout, given: string): Promise<string | null> {
  if (!(await isFolder(given))) return null;
  const needed = Object.keys(layout.splits).length;
  const found = (await rootCandidates(layout, given)).find(({ present }) => present.length === needed);
  return found?.path ?? null;
}
