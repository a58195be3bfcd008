import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Node } from '@reidkit/core-tensor/base';
import { isFolder } from '../readers/existing-folder.ts';

const LIST = /^(train|query|gallery)(_\w+)?\.txt$/;
const LINE = /^(\S+)\s+(\S+)\s+-?\d+\s+-?\d+(\s+-?\d+)?\s*$/;
const PICTURE = /\.(?:jpe?g|png|bmp|webp)$/i;

/** A folder of lists with the names that belong to one task: `_attr`, `_ctcc`, or none. */
interface ListFolder {
  readonly folder: string;
  readonly task: string;
  readonly splits: Readonly<Record<string, string>>;
}

async function listsIn(root: string, folder: string): Promise<ListFolder[]> {
  const names = (await readdir(join(root, folder))).sort();
  const tasks = new Map<string, Record<string, string>>();
  for (const name of names) {
    const [, split, task = ''] = LIST.exec(name) ?? [];
    if (split !== undefined) tasks.set(task, { ...tasks.get(task), [split]: folder === '' ? name : `${folder}/${name}` });
  }
  return [...tasks].map(([task, splits]) => ({ folder, task, splits }));
}

/** The second field of a list's first right line; null for a list of another kind. */
async function firstInstruction(path: string): Promise<string | null> {
  const lines = (await readFile(path, 'utf8')).split('\n', 20);
  const match = lines.map((line) => LINE.exec(line)).find((found) => found !== null);
  return match?.[2] ?? null;
}

/** The JSON file beside the lists that has a key. */
async function captionsWith(root: string, folder: string, key: string): Promise<string | null> {
  const names = (await readdir(join(root, folder))).filter((name) => name.endsWith('.json')).sort();
  for (const name of names) {
    const text = await readFile(join(root, folder, name), 'utf8');
    if (text.includes(JSON.stringify(key))) return folder === '' ? name : `${folder}/${name}`;
  }
  return null;
}

async function nodeOf(root: string, { folder, splits }: ListFolder): Promise<Node | null> {
  const word = await firstInstruction(join(root, Object.values(splits)[0]!));
  if (word === null) return null;
  const captions = PICTURE.test(word) ? null : await captionsWith(root, folder, word);
  const instruction = PICTURE.test(word) ? 'image' : captions === null ? 'word' : 'caption';
  const lists = Object.fromEntries(
    Object.entries(splits).map(([split, list]) => [split, [{ list, ...(captions === null ? {} : { captions }) }]]),
  );
  return { use: 'dataset/instruct-reid', options: { root, instruction, lists } };
}

/** Lists of image, instruction, identity and clothes in a folder or in its `datalist`; of several tasks the first by name. */
export async function recognizeInstruct(root: string): Promise<{ readonly node: Node; readonly reason: string } | null> {
  for (const folder of ['', 'datalist']) {
    if (!(await isFolder(join(root, folder)))) continue;
    const found = await listsIn(root, folder);
    for (const lists of found) {
      const node = await nodeOf(root, lists);
      if (!node) continue;
      const others = found.filter((other) => other !== lists).map(({ task }) => task.slice(1) || 'no suffix');
      const more = others.length > 0 ? `; there are lists of other tasks too (${others.join(', ')})` : '';
      return { node, reason: `the lists ${Object.values(lists.splits).join(', ')}${more}` };
    }
  }
  return null;
}
