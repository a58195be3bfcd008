import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DatasetError } from './dataset-error.ts';
import { existingFolder, isFolder } from './existing-folder.ts';
import type { FindingList } from './finding-list.ts';
import { listFolders } from './list-images.ts';

/** What a data set's folder is known by. */
export interface RootSearch {
  readonly title: string;
  /** Names under which the folder is known, beside any that the user gives. */
  readonly folders: readonly string[];
  /** Folders and files below it that must be there. */
  readonly needs: readonly string[];
  /** What whoever has not got it should know. */
  readonly note?: string;
}

/** A folder that may be the data set's root, and which of the needed paths it has. */
export interface RootCandidate {
  readonly path: string;
  /** Folders between the given one and this one. */
  readonly below: readonly string[];
  readonly present: readonly string[];
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function presentOf(path: string, needs: readonly string[]): Promise<string[]> {
  const there = await Promise.all(needs.map((need) => isThere(join(path, need))));
  return needs.filter((_, i) => there[i]);
}

/** The given folder, then known folders in it, then known folders in those. */
async function rootCandidates({ folders, needs }: RootSearch, given: string): Promise<RootCandidate[]> {
  const candidates: RootCandidate[] = [];
  let level: (readonly string[])[] = [[]];
  for (let depth = 0; depth <= 2; depth++) {
    const next: (readonly string[])[] = [];
    for (const below of level) {
      const path = join(given, ...below);
      candidates.push({ path, below, present: await presentOf(path, needs) });
      const inside = new Set(await listFolders(path));
      for (const name of folders) if (inside.has(name)) next.push([...below, name]);
    }
    level = next;
  }
  return candidates;
}

const most = (candidates: readonly RootCandidate[]): RootCandidate =>
  candidates.reduce((best, candidate) => (candidate.present.length > best.present.length ? candidate : best));

function missing(
  { title, needs, note }: RootSearch,
  best: RootCandidate,
  tried: readonly RootCandidate[],
  found: readonly string[],
): DatasetError {
  const { path, present } = best;
  const findings = needs
    .filter((need) => !present.includes(need))
    .map((need) => {
      const what = /\.\w+$/.test(need) ? 'file' : 'folder';
      return { severity: 'error', rule: 'missing-folder', message: `the ${what} ${join(path, need)} is not there`, files: [need] } as const;
    });
  const looked = `looked in ${tried.map((candidate) => candidate.path).join(', ')}`;
  const has = found.length > 0 ? `${path} has the folders ${found.slice(0, 8).join(', ')}` : `${path} has no folders`;
  const remedy = [`${looked}; ${has}; give the folder with ${needs.join(', ')} in it.`, ...(note === undefined ? [] : [note])];
  return new DatasetError(`There is no ${title} at ${path}:`, findings, remedy.join(' '));
}

/**
 * The data set's root: the given folder or a known folder below it. Rejects with FILE_NOT_FOUND when the folder is not there and with
 * DATASET_INVALID, naming what was looked for and what was found, when it is no data set.
 */
export async function findRoot(search: RootSearch, given: string, findings: FindingList): Promise<string> {
  const candidates = await rootCandidates(search, await existingFolder(given, search.title));
  const best = most(candidates);
  if (best.present.length < search.needs.length) throw missing(search, best, candidates, await listFolders(best.path));
  const complete = candidates.filter(({ present }) => present.length === best.present.length);
  if (complete.length > 1) {
    const message = `There are ${complete.length} copies or versions (${complete.map(({ path }) => path).join(', ')}); the first is read: give the folder of another to read that.`;
    findings.add({ severity: 'warning', rule: 'ambiguous-version', message, files: complete.map(({ below }) => below.join('/') || '.') });
  }
  // The parent folder is a fine thing to give; the data set's own folder twice is not.
  if (best.below.length > 1 || (best.below.length === 1 && search.folders.includes(basename(given)))) {
    const message = `The data are in ${best.below.join('/')}, below the folder given.`;
    findings.add({ severity: 'info', rule: 'nested-folder', message, files: [best.below.join('/')] });
  }
  return best.path;
}

/** The place below a folder that has most of what a data set needs; null when it has none of it. */
export async function bestRoot(search: RootSearch, given: string): Promise<RootCandidate | null> {
  if (!(await isFolder(given))) return null;
  const best = most(await rootCandidates(search, given));
  return best.present.length > 0 ? best : null;
}
