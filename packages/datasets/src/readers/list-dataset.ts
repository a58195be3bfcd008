import type { Dataset, ReidRecord } from '@reidkit/core-tensor/base';
import { joinSidecars } from '../sidecars/join-sidecars.ts';
import { DatasetError } from './dataset-error.ts';
import { FindingList, someOf } from './finding-list.ts';
import { finishDataset } from './finish-dataset.ts';
import { numberNames, type NamedRecord } from './number-names.ts';
import { missingOf } from './present-files.ts';

const MOST_PROBLEMS = 20;

/** What a reader of list files gathers line by line. */
export interface ListReading {
  readonly name: string;
  /** The list file, for messages. */
  readonly list: string;
  /** Absolute path that files are relative to. */
  readonly root: string;
  /** Line and record, in the order of the list. */
  readonly lines: readonly { readonly line: number; readonly record: NamedRecord }[];
  /** Lines that could not be read, in words. */
  readonly problems: readonly string[];
  /** Whether an image may stand in several lines, such as with several instructions. */
  readonly mayRepeat?: boolean;
}

/** Files that a record needs. */
function filesOf(record: NamedRecord): readonly string[] {
  if (record.form === 'text') return [];
  if (record.form === 'tracklet') return record.files;
  if (record.form === 'frame') return [record.file];
  const picture = record.instruction && 'image' in record.instruction ? record.instruction.image : undefined;
  return [record.file, record.mask, record.partMask, record.garment, picture].filter((file) => file !== undefined);
}

/** Names list, line and file of what is not there. */
async function missingFiles({ root, lines, list }: ListReading): Promise<string[]> {
  const named = lines.flatMap(({ record }) => filesOf(record));
  const missing = new Set(await missingOf(root, named));
  if (missing.size === 0) return [];
  return lines.flatMap(({ line, record }) => {
    const absent = filesOf(record).filter((file) => missing.delete(file)); // said once per file
    return absent.map((file) => `${list} line ${line}: there is no file ${file} in ${root}`);
  });
}

function repeatedFiles({ lines, list, mayRepeat = false }: ListReading): string[] {
  if (mayRepeat) return [];
  const seen = new Map<string, number>();
  return lines.flatMap(({ line, record }) => {
    if (record.form !== 'crop') return [];
    const key = `${record.split} ${record.file}`;
    const before = seen.get(key);
    seen.set(key, before ?? line);
    return before === undefined ? [] : [`${list} line ${line}: ${record.file} is in split "${record.split}" already, by line ${before}`];
  });
}

function addProblems(findings: FindingList, rule: string, problems: readonly string[]): void {
  for (const message of problems.slice(0, MOST_PROBLEMS)) findings.add({ severity: 'error', rule, message });
  const rest = problems.length - MOST_PROBLEMS;
  if (rest > 0) findings.add({ severity: 'error', rule, message: `… and ${rest} more of this kind`, count: problems.length });
}

function bySplit(records: readonly ReidRecord[]): Record<string, ReidRecord[]> {
  const splits: Record<string, ReidRecord[]> = {};
  for (const record of records) (splits[record.split] ??= []).push(record);
  return splits;
}

/** The data set behind a list of records. Rejects with DATASET_INVALID, naming list, lines and files. */
export async function listDataset(reading: ListReading): Promise<Dataset> {
  const { name, root, lines, list, problems } = reading;
  const findings = new FindingList();
  addProblems(findings, 'bad-line', problems);
  addProblems(findings, 'missing-file', await missingFiles(reading));
  addProblems(findings, 'repeated-file', repeatedFiles(reading));
  if (lines.length === 0 && problems.length === 0) {
    findings.add({ severity: 'error', rule: 'empty-split', message: `${list} has no records`, files: [list] });
  }
  if (findings.hasErrors) throw new DatasetError(`The list ${list} cannot be used:`, findings.all);
  const { records, ...names } = numberNames(lines.map(({ record }) => record));
  const splits = bySplit(records);
  if (Object.keys(splits).length === 1) {
    const message = `All records are in the split "${someOf(Object.keys(splits))}"; evaluation needs the splits query and gallery.`;
    findings.add({ severity: 'info', rule: 'single-split', message });
  }
  const joined = await joinSidecars(splits, { root, mode: 'auto', excluded: new Set(), withOwn: false }, findings);
  return finishDataset({ name, root, splits: joined, excluded: [], findings, ...names });
}
