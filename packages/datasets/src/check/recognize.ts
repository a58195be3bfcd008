import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ReidError, type Node } from '@reidkit/core-tensor/base';
import { existingFolder } from '../readers/existing-folder.ts';
import { FindingList, someOf } from '../readers/finding-list.ts';
import { listFolders, listImages } from '../readers/list-images.ts';
import { MARKET_1501, MARKET_STYLE, SYNTHETIC, type MarketStyleLayout } from '../readers/market-style-layout.ts';
import { hasLayout } from '../readers/market-style-root.ts';
import { SIDECAR_NAME } from '../readers/sidecar.ts';
import { SYNTHETIC_MANIFEST } from '../synthetic/synthesize.ts';

/** What a folder seems to be. */
export interface Recognition {
  /** Id and options of the component that reads it. */
  readonly node: Node;
  /** Why, for people. */
  readonly reason: string;
}

type Recognizer = (folder: string) => Promise<Recognition | null>;

async function looksLikeMarket1501(root: string): Promise<boolean> {
  const { images } = await listImages(root, MARKET_1501.splits.query!, new FindingList());
  const names = images.map((file) => MARKET_1501.pattern.exec(file.slice(file.lastIndexOf('/') + 1))?.groups);
  return names.every((groups) => {
    if (!groups) return true; // a stray file does not make it another data set
    return Number(groups.identity) <= MARKET_1501.lastIdentity! && Number(groups.camera) <= MARKET_1501.cameras!;
  });
}

const market: Recognizer = async (folder) => {
  const published = await hasLayout(MARKET_1501, folder);
  if (published === null) return null;
  const entries = new Set(await readdir(published));
  const found = (layout: MarketStyleLayout, reason: string): Recognition => ({
    node: { use: `dataset/${layout.name}`, options: { root: folder } },
    reason: `${reason} in ${published}`,
  });
  if (entries.has(SYNTHETIC_MANIFEST)) return found(SYNTHETIC, `${Object.values(SYNTHETIC.splits).join(', ')} and ${SYNTHETIC_MANIFEST}`);
  if (await looksLikeMarket1501(published)) {
    return found(MARKET_1501, `${Object.values(MARKET_1501.splits).join(', ')} with identities up to 1501 and cameras 1 to 6`);
  }
  return found(MARKET_STYLE, `${Object.values(MARKET_STYLE.splits).join(', ')}, but other identities or cameras than Market-1501`);
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
const RECOGNIZERS: readonly Recognizer[] = [market, lists, identityFolders];

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
  throw new ReidError('DATASET_INVALID', `${resolve(folder)} looks like no data set that is known: ${holds}.`, {
    hint: 'known are Market-1501 (bounding_box_train, query, bounding_box_test), a folder per identity, a table with the columns file and identity, and a list of records (.jsonl).',
  });
}
