import { basename } from 'node:path';
import { DatasetError } from '../readers/dataset-error.ts';
import { readLines } from '../readers/read-lines.ts';
import { fromDialect } from './sidecar-dialects.ts';
import { parseSidecarLine, type SidecarEntry, type SidecarHeader } from './sidecar-line.ts';

const MOST_PROBLEMS = 20;

/** A sidecar that was read. */
export interface Sidecar {
  /** Its path. */
  readonly path: string;
  /** Its first line; only `records.jsonl` may be without. */
  readonly header: SidecarHeader | null;
  /** Entries by what they are about. */
  readonly entries: ReadonlyMap<string, SidecarEntry>;
}

/** What an entry is about: an image, or a person in a frame. Two entries about the same are one too many. */
export function sidecarKey({ file, person }: Pick<SidecarEntry, 'file' | 'person'>): string {
  if (!person) return file;
  return 'identity' in person ? `${file}#${person.identity}` : `${file}#[${person.box.map(Math.round).join()}]`;
}

/** What the key is called in messages. */
const saidOf = ({ file, person }: SidecarEntry): string => (person ? `${file} with that person` : file);

/** Takes lines one by one and says what is wrong with each. */
class SidecarLines {
  readonly entries = new Map<string, SidecarEntry>();
  header: SidecarHeader | null = null;
  readonly #needsHeader: boolean;
  #count = 0;

  constructor(needsHeader: boolean) {
    this.#needsHeader = needsHeader;
  }

  /** Null for a line that is right. */
  add(text: string): string | null {
    const line = parseSidecarLine(text, fromDialect);
    const isFirst = this.#count++ === 0;
    if ('problem' in line) return line.problem;
    if ('header' in line) {
      this.header ??= line.header;
      return isFirst ? null : 'a header in the middle of the file';
    }
    const key = sidecarKey(line.entry);
    if (this.entries.has(key)) return `${saidOf(line.entry)} is there twice`;
    this.entries.set(key, line.entry);
    return isFirst && this.#needsHeader ? 'expected a header such as {"sidecar":1} in the first line' : null;
  }
}

/** Reads a sidecar. Rejects with FILE_NOT_FOUND, or with DATASET_INVALID and the problems by line. */
export async function readSidecar(path: string, { needsHeader = true }: { readonly needsHeader?: boolean } = {}): Promise<Sidecar> {
  const name = basename(path);
  const lines = new SidecarLines(needsHeader);
  const problems: string[] = [];
  for await (const { number, text } of readLines(path)) {
    const problem = lines.add(text);
    if (problem !== null) problems.push(`${name} line ${number}: ${problem}`);
    if (problems.length >= MOST_PROBLEMS) break;
  }
  if (problems.length === 0) return { path, header: lines.header, entries: lines.entries };
  const findings = problems.map((message) => ({ severity: 'error', rule: 'bad-line', message, files: [name] }) as const);
  const hint = 'the first line is {"sidecar":1,"producer":…}, each other line an object with "file" and what is known about it.';
  throw new DatasetError(`The sidecar ${path} cannot be read:`, findings, hint);
}
