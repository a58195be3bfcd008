import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FindingList } from './finding-list.ts';
import { readLines } from './read-lines.ts';

const MOST_PROBLEMS = 20;

/** One line of a list whose fields are separated by blanks. */
export interface BlankLine {
  readonly line: number;
  readonly fields: readonly string[];
}

/** What lines must have. */
export interface BlankListRule {
  /** Numbers of fields that are right. */
  readonly fields: readonly number[];
  /** Fields that must be whole numbers, by place. */
  readonly whole: readonly number[];
  /** What a line is, for messages. */
  readonly form: string;
}

/** The lines of a list below the root. Others, and a list that is not there, go to the findings as errors. */
export async function readBlankList(root: string, list: string, rule: BlankListRule, findings: FindingList): Promise<BlankLine[]> {
  const path = join(root, list);
  if (!existsSync(path)) {
    findings.add({ severity: 'error', rule: 'missing-folder', message: `the file ${path} is not there`, files: [list] });
    return [];
  }
  const lines: BlankLine[] = [];
  let wrong = 0;
  for await (const { number, text } of readLines(path)) {
    const fields = text.trim().split(/\s+/);
    const isRight =
      rule.fields.includes(fields.length) && rule.whole.every((place) => fields[place] === undefined || /^-?\d{1,9}$/.test(fields[place]));
    if (isRight) lines.push({ line: number, fields });
    else if (++wrong <= MOST_PROBLEMS) {
      const message = `${list} line ${number}: expected "${rule.form}", got ${JSON.stringify(text.slice(0, 100))}; paths cannot have blanks`;
      findings.add({ severity: 'error', rule: 'bad-line', message, files: [list] });
    }
  }
  if (wrong > MOST_PROBLEMS) {
    findings.add({
      severity: 'error',
      rule: 'bad-line',
      message: `${list}: … and ${wrong - MOST_PROBLEMS} more`,
      files: [list],
      count: wrong,
    });
  }
  return lines;
}
