import { join } from 'node:path';
import type { CropGathering } from './crop-gathering.ts';
import type { CropSource } from './crop-layout.ts';
import { missingOf } from './present-files.ts';
import { readLines } from './read-lines.ts';

/** A text file that lists the images of a split, one `path label` per line. */
export interface ImageList {
  /** Below the data set's root. */
  readonly list: string;
  /** `folder` is what the paths of the list are relative to. */
  readonly source: CropSource;
  /** Who is in an image: the number behind the path, or what the path says. */
  readonly identityFrom: 'label' | 'path';
}

interface Entry {
  readonly line: number;
  readonly file: string;
  readonly label: number;
}

const ENTRY = /^(?<path>\S.*?)\s+(?<label>\d+)$/;
const MOST_LINES = 20;

const isInside = (path: string): boolean => !path.startsWith('/') && !path.split('/').includes('..');

async function readEntries({ list, source: { folder } }: ImageList, { root, findings }: CropGathering): Promise<Entry[]> {
  const entries: Entry[] = [];
  const bad: string[] = [];
  for await (const { number, text } of readLines(join(root, list))) {
    const groups = ENTRY.exec(text.trim())?.groups;
    const path = groups?.path!.replaceAll('\\', '/');
    if (path === undefined || !isInside(path)) bad.push(`line ${number} ("${text.trim().slice(0, 80)}")`);
    else entries.push({ line: number, file: folder === '' ? path : `${folder}/${path}`, label: Number(groups!.label) });
  }
  if (bad.length > 0) {
    const lines = bad.slice(0, MOST_LINES).join(', ') + (bad.length > MOST_LINES ? ` and ${bad.length - MOST_LINES} more` : '');
    const message = `${list} is a list of "path number": ${lines} cannot be read`;
    findings.add({ severity: 'error', rule: 'bad-line', message, files: [list], count: bad.length });
  }
  return entries;
}

/** Adds the images of a list to what was gathered, and gives their labels; reports lines that cannot be read and files that are not there. */
export async function gatherList(list: ImageList, gathering: CropGathering): Promise<number[]> {
  const entries = await readEntries(list, gathering);
  const missing = new Set(
    await missingOf(
      gathering.root,
      entries.map(({ file }) => file),
    ),
  );
  const absent = entries.filter(({ file }) => missing.has(file));
  if (absent.length > 0) {
    const lines = absent.slice(0, MOST_LINES).map(({ line, file }) => `line ${line}: there is no ${file}`);
    const rest = absent.length > MOST_LINES ? ` and ${absent.length - MOST_LINES} more` : '';
    const message = `${list.list}, ${lines.join('; ')}${rest}`;
    const files = absent.slice(0, 100).map(({ file }) => file);
    gathering.findings.add({ severity: 'error', rule: 'missing-file', message, count: absent.length, files });
  }
  const there = entries.filter(({ file }) => !missing.has(file));
  for (const { file, label } of there) gathering.add(file, list.source, list.identityFrom === 'label' ? label : undefined);
  return there.map(({ label }) => label);
}
