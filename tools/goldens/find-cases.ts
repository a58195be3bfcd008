import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { pathPattern } from '@reidkit/core-tensor';
import { parseJson } from './parse-json.ts';

/** A JSON file that has a family. */
export interface FoundCase {
  /** Path of the file in the folder that was walked, without its ending. */
  readonly title: string;
  readonly name: string;
  /** Absolute folder of the file. */
  readonly folder: string;
  readonly family: string;
  readonly json: Record<string, unknown>;
}

/** A JSON file that could not be read. */
export interface UnreadableFile {
  readonly title: string;
  readonly problem: string;
}

/** What a walk found, in the order of paths. */
export interface FoundCases {
  readonly cases: readonly FoundCase[];
  readonly unreadable: readonly UnreadableFile[];
}

/** A test of case names and families by patterns with `*`, separated by commas. */
export function casePattern(only: string): (found: Pick<FoundCase, 'name' | 'title' | 'family'>) => boolean {
  const tests = only.split(',').map((pattern) => pathPattern(pattern.trim()));
  return ({ name, title, family }) => tests.some((test) => test(name) || test(title) || test(family));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Walks a folder for cases: JSON files with a `family`. Throws when the folder cannot be read. */
export async function findCases(directory: string): Promise<FoundCases> {
  const root = resolve(directory);
  const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.json')).sort();
  const cases: FoundCase[] = [];
  const unreadable: UnreadableFile[] = [];
  for (const file of files) {
    const path = join(root, file);
    const title = relative(root, path).replaceAll('\\', '/').replace(/(\.expected)?\.json$/, '');
    let json: unknown;
    try {
      json = parseJson(await readFile(path, 'utf8'));
    } catch (error) {
      unreadable.push({ title, problem: `${file} cannot be read: ${(error as Error).message}` });
      continue;
    }
    if (!isRecord(json) || typeof json.family !== 'string') continue;
    cases.push({ title, name: basename(title), folder: dirname(path), family: json.family, json });
  }
  return { cases, unreadable };
}
