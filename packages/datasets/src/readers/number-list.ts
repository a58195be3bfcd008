import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { someOf, type FindingList } from './finding-list.ts';

/** Whole numbers of a small text file, separated by commas or blanks; what is no number is reported. Rejects as the file system does. */
export async function readNumberList(root: string, list: string, findings: FindingList): Promise<number[]> {
  const numbers: number[] = [];
  const bad: string[] = [];
  for (const [i, line] of (await readFile(join(root, list), 'utf8')).split('\n').entries()) {
    for (const word of line.split(/[\s,]+/).filter((part) => part !== '')) {
      if (/^\d{1,9}$/.test(word)) numbers.push(Number(word));
      else bad.push(`line ${i + 1} ("${word.slice(0, 40)}")`);
    }
  }
  if (bad.length > 0) {
    const message = `${list} is a list of numbers with commas between: ${someOf(bad)} cannot be read`;
    findings.add({ severity: 'error', rule: 'bad-line', message, files: [list], count: bad.length });
  }
  return numbers;
}
