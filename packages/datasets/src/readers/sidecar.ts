import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeIssues, type CropRecord } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { DatasetError } from './dataset-error.ts';
import { counted, someOf, type FindingList } from './finding-list.ts';
import { missingOf } from './present-files.ts';
import { readLines } from './read-lines.ts';
import { cropFacts } from './record-schema.ts';
import { relativeFile } from './relative-file.ts';

/** Name of the file beside a data set that adds to its records. */
export const SIDECAR_NAME = 'records.jsonl';

const MOST_PROBLEMS = 20;

const entrySchema = z.strictObject({
  file: relativeFile,
  identity: z.number().int().optional(),
  camera: z.number().int().min(0).nullish(),
  split: z.string().optional(),
  form: z.literal('crop').optional(),
  // What only a generator knows; not part of a record.
  occluded: z.unknown().optional(),
  attributes: z.unknown().optional(),
  ...cropFacts,
});

type SidecarEntry = z.output<typeof entrySchema>;

const ENTRY_KEYS = Object.keys(entrySchema.shape);

function parseEntry(text: string): { entry: SidecarEntry } | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { problem: (error as Error).message };
  }
  const parsed = entrySchema.safeParse(json);
  return parsed.success ? { entry: parsed.data } : { problem: describeIssues(parsed.error, ENTRY_KEYS).join(' ') };
}

/** Reads a sidecar by file. Rejects with DATASET_INVALID, naming lines. */
async function readEntries(path: string): Promise<Map<string, SidecarEntry>> {
  const entries = new Map<string, SidecarEntry>();
  const problems: string[] = [];
  for await (const { number, text } of readLines(path)) {
    const parsed = parseEntry(text);
    if ('problem' in parsed) problems.push(`${SIDECAR_NAME} line ${number}: ${parsed.problem}`);
    else if (entries.has(parsed.entry.file)) problems.push(`${SIDECAR_NAME} line ${number}: ${parsed.entry.file} is there twice`);
    else entries.set(parsed.entry.file, parsed.entry);
    if (problems.length >= MOST_PROBLEMS) break;
  }
  if (problems.length === 0) return entries;
  const findings = problems.map((message) => ({ severity: 'error', rule: 'bad-line', message, files: [SIDECAR_NAME] }) as const);
  throw new DatasetError(
    `The sidecar ${path} cannot be read:`,
    findings,
    'each line is a JSON object with "file" and what is known about it.',
  );
}

/** Adds what a sidecar knows to a record; identity and camera come from the file's name and must agree. */
function withFactsOf(record: CropRecord, entry: SidecarEntry, findings: FindingList): CropRecord {
  const { file, identity, camera, split: _split, form: _form, occluded: _occluded, attributes: _attributes, ...facts } = entry;
  const agrees = (identity === undefined || identity === record.identity) && (camera === undefined || camera === record.camera);
  if (!agrees) findings.addFile('sidecar-conflict', `${file} (identity ${identity}, camera ${camera})`);
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return { ...record, ...known };
}

/** What joining a sidecar needs to know. */
export interface SidecarJoin {
  readonly root: string;
  /** `auto` joins a sidecar when there is one. */
  readonly mode: 'auto' | 'require' | 'ignore';
  /** Files that are there and were left out: a sidecar may speak of them. */
  readonly excluded: ReadonlySet<string>;
}

function explainJoin(findings: FindingList): void {
  findings.explain('sidecar-conflict', 'error', (files) => {
    const hint = 'cameras in the sidecar are numbered from 0';
    return `${SIDECAR_NAME} disagrees with ${counted(files.length, 'file name')} about identity or camera: ${someOf(files)}; ${hint}`;
  });
  findings.explain(
    'missing-file',
    'error',
    (files) => `${SIDECAR_NAME} names ${counted(files.length, 'file')} that cannot be found: ${someOf(files)}`,
  );
  findings.explain(
    'sidecar-orphan',
    'warning',
    (files) => `${SIDECAR_NAME} speaks of ${counted(files.length, 'image')} that cannot be found: ${someOf(files)}.`,
  );
  findings.explain(
    'sidecar-gap',
    'warning',
    (files) => `${SIDECAR_NAME} says nothing about ${counted(files.length, 'image')}: ${someOf(files)}.`,
  );
}

/** Joins the data set's sidecar, if there is one, to records; reports entries without an image and images without an entry. */
export async function joinSidecar(
  splits: Readonly<Record<string, readonly CropRecord[]>>,
  { root, mode, excluded }: SidecarJoin,
  findings: FindingList,
): Promise<Record<string, readonly CropRecord[]>> {
  const path = join(root, SIDECAR_NAME);
  if (mode === 'ignore' || (mode === 'auto' && !existsSync(path))) return splits;
  const entries = await readEntries(path);
  const joined = Object.entries(splits).map(([name, records]) => {
    const withFacts = records.map((record) => {
      const entry = entries.get(record.file);
      if (!entry) findings.addFile('sidecar-gap', record.file);
      entries.delete(record.file);
      return entry ? withFactsOf(record, entry, findings) : record;
    });
    return [name, withFacts] as const;
  });
  for (const file of entries.keys()) if (!excluded.has(file)) findings.addFile('sidecar-orphan', file);
  const named = joined.flatMap(([, records]) => records.flatMap(({ mask, partMask, garment }) => [mask, partMask, garment]));
  for (const file of await missingOf(
    root,
    named.filter((path) => path !== undefined),
  ))
    findings.addFile('missing-file', file);
  explainJoin(findings);
  return Object.fromEntries(joined);
}
