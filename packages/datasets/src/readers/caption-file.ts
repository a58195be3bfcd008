import { stat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FindingList } from './finding-list.ts';

const MOST_BYTES = 2 ** 28;
const MOST_PROBLEMS = 20;

/** What kind of JSON value something is, for messages. */
export const jsonKind = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** A JSON file of annotations below the root; undefined when it cannot be read, which the findings then say as an error. */
export async function readJsonAnnotation(root: string, file: string, findings: FindingList): Promise<unknown> {
  const fail = (rule: string, message: string): undefined => {
    findings.add({ severity: 'error', rule, message, files: [file] });
  };
  const path = join(root, file);
  const facts = await stat(path).catch(() => null);
  if (!facts) return fail('missing-folder', `the file ${path} is not there`);
  if (facts.size > MOST_BYTES) return fail('unreadable-annotation', `${path} has ${facts.size} bytes; ${MOST_BYTES} are allowed`);
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as unknown;
  } catch (error) {
    return fail('unreadable-annotation', `${path} (${text.length} characters) is no JSON: ${(error as Error).message}`);
  }
}

/** Says what is wrong with values of a JSON file, up to twenty of them. */
export class JsonProblems {
  readonly #file: string;
  readonly #findings: FindingList;
  #errors = 0;

  constructor(file: string, findings: FindingList) {
    this.#file = file;
    this.#findings = findings;
  }

  /** One more problem at a place such as `[3].captions[0]`. */
  say(rule: string, at: string, what: string, severity: 'error' | 'warning' = 'error'): void {
    if (this.#errors++ < MOST_PROBLEMS)
      this.#findings.add({ severity, rule, message: `${this.#file} at ${at}: ${what}`, files: [this.#file] });
  }

  /** How many there were beyond those that were said. */
  finish(): void {
    const rest = this.#errors - MOST_PROBLEMS;
    if (rest > 0)
      this.#findings.add({
        severity: 'error',
        rule: 'bad-type',
        message: `${this.#file}: … and ${rest} more`,
        files: [this.#file],
        count: rest,
      });
  }
}
