import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ReidError, type Node } from '@reidkit/core-tensor/base';
import { existingFolder } from '../readers/existing-folder.ts';
import { FindingList, someOf } from '../readers/finding-list.ts';
import { bestRoot } from '../readers/data-root.ts';
import { listFolders, listImages } from '../readers/list-images.ts';
import { SIDECAR_NAME } from '../sidecars/find-sidecars.ts';
import { KNOWN_LAYOUTS } from './known-layouts.ts';
import { MARKET, marketFamily } from './market-family.ts';
import { recognizeInstruct } from './recognize-instruct.ts';

/** What a folder seems to be. */
export interface Recognition {
  /** Id and options of the component that reads it. */
  readonly node: Node;
  /** Why, for people. */
  readonly reason: string;
}

/** Tells what a folder is, or null. */
export type Recognizer = (folder: string) => Promise<Recognition | null>;

/** A layout whose folders are all there. */
const published: Recognizer = async (folder) => {
  for (const known of KNOWN_LAYOUTS) {
    const { use, search, options, fits } = known;
    const best = await bestRoot(search, folder);
    if (!best || best.present.length < search.needs.length || (fits && !(await fits(best.path)))) continue;
    return { node: { use, options: { root: folder, ...options } }, reason: `${search.needs.join(', ')} in ${best.path}` };
  }
  return null;
};

/** Names such as train and query are in every second data set. */
const isTelling = (need: string): boolean => /[_/.]/.test(need);

/** A layout of which something is missing: its reader says what. */
const damaged: Recognizer = async (folder) => {
  let found: Recognition | null = null;
  let most = 0.5; // half of it says nothing
  for (const { use, search, options } of [...KNOWN_LAYOUTS, MARKET]) {
    const best = await bestRoot(search, folder);
    const share = (best?.present.length ?? 0) / search.needs.length;
    if (share <= most || !best!.present.some(isTelling)) continue;
    most = share;
    found = { node: { use, options: { root: folder, ...options } }, reason: `${best!.present.join(', ')} in ${best!.path}` };
  }
  return found;
};

async function firstLine(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).split('\n', 1)[0]!;
}

/** A list of records that stands alone in its folder. */
const lists: Recognizer = async (folder) => {
  const names = (await readdir(folder)).sort();
  const list = names.find((name) => name === SIDECAR_NAME) ?? names.find((name) => name.endsWith('.jsonl'));
  if (list && (await firstLine(join(folder, list))).trimStart().startsWith('{')) {
    return { node: { use: 'dataset/jsonl', options: { file: join(folder, list) } }, reason: `the list ${list}` };
  }
  for (const name of names.filter((candidate) => candidate.endsWith('.csv'))) {
    const header = await firstLine(join(folder, name));
    if (/\bfile\b/.test(header) && /\bidentity\b/.test(header)) {
      return {
        node: { use: 'dataset/csv', options: { file: join(folder, name) } },
        reason: `the table ${name} with columns file and identity`,
      };
    }
  }
  return null;
};

/** Folders of identities, below train, query and gallery or at once. */
const identityFolders: Recognizer = async (folder) => {
  const inside = await listFolders(folder);
  const train = inside.includes('train') ? join(folder, 'train') : folder;
  const [first] = await listFolders(train);
  if (first === undefined) return null;
  const { images } = await listImages(train, first, new FindingList());
  if (images.length === 0) return null;
  return { node: { use: 'dataset/folder', options: { root: folder } }, reason: `folders with images in them (${first}, …) in ${train}` };
};

/** The known layouts, the more particular ones first. */
const RECOGNIZERS: readonly Recognizer[] = [published, marketFamily, damaged, recognizeInstruct, lists, identityFolders];

/** Which component reads a folder; null when it looks like nothing that is known. Rejects with FILE_NOT_FOUND. */
export async function recognize(folder: string): Promise<Recognition | null> {
  const root = await existingFolder(resolve(folder), 'data set');
  for (const recognizer of RECOGNIZERS) {
    const found = await recognizer(root);
    if (found) return found;
  }
  return null;
}

/**
 * The node that reads a folder, whatever layout it has, for a recipe. Rejects with FILE_NOT_FOUND, and with DATASET_INVALID when the folder
 * looks like nothing that is known.
 */
export async function recognizeDataset(folder: string): Promise<Node> {
  const found = await recognize(folder);
  if (found) return found.node;
  const inside = await readdir(resolve(folder));
  const holds = inside.length > 0 ? `it holds ${someOf(inside.sort())}` : 'it is empty';
  const titles = new Set([MARKET, ...KNOWN_LAYOUTS].map(({ search }) => search.title));
  throw new ReidError('DATASET_INVALID', `${resolve(folder)} looks like no data set that is known: ${holds}.`, {
    hint: `known are ${[...titles].join(', ')}, Market-1501’s folders with other data, a folder per identity, a table with the columns file and identity, and a list of records (.jsonl).`,
  });
}
