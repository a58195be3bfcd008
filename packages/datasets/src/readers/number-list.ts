import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FindingList } from './finding-list.ts';

/** Whole numbers of a small text file, separated by commas or blanks; what is no number is reported. Rejects as the file system does. */
export async function readNumberList(root: string, list: string, findings: FindingList): Promise<number[]> {
  const words = (await readFile(join(root, list), 'utf8')).split(/[\s,]+/).filter((word) => word !== '');
  const bad = words.filter((word) => !/^\d{1,9}$/.test(word));
  if (bad.length > 0) {
    const message = `${list} is a list of numbers with commas between: "${bad[0]!.slice(0, 40)}" is none`;
    findings.add({ severity: 'error', rule: 'bad-line', message, files: [list], count: bad.length });
  }
  return words.filter((word) => !bad.includes(word)).map(Number);
}
