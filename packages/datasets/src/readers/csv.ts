import { createReadStream, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, type CsvError } from 'csv-parse';
import { defineComponent, describeIssues, didYouMean, ReidError, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { listDataset } from './list-dataset.ts';
import type { NamedRecord } from './number-names.ts';
import { recordLine } from './record-schema.ts';

const FIELDS = [
  'file',
  'identity',
  'camera',
  'split',
  'view',
  'clothes',
  'modality',
  'domain',
  'caption',
  'garment',
  'mask',
  'partMask',
] as const;

type Field = (typeof FIELDS)[number];

const options = z.strictObject({
  file: z.string().min(1).describe('the CSV file, with a first line of column names'),
  root: z.string().min(1).optional().describe('folder that files are relative to; by default the list’s own'),
  delimiter: z.string().length(1).default(',').describe('character between columns'),
  columns: z.partialRecord(z.enum(FIELDS), z.string().min(1)).default({}).describe('column name of each field that is called otherwise'),
});

type Options = z.output<typeof options>;

/** One data row with its line in the file. */
interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

const LARGEST_ROW = 1_000_000;

/** Field to column name. Throws DATASET_INVALID when a needed column is not there. */
function columnsOf(header: readonly string[], { columns, file }: Options): Map<Field, string> {
  const found = new Map<Field, string>();
  const problems: string[] = [];
  for (const field of FIELDS) {
    const name = columns[field] ?? field;
    const isNeeded = field === 'file' || field === 'identity' || columns[field] !== undefined;
    if (header.includes(name)) found.set(field, name);
    else if (isNeeded) problems.push(`there is no column "${name}" for the field "${field}".${didYouMean(name, header)}`);
  }
  if (problems.length === 0) return found;
  throw new ReidError('DATASET_INVALID', `${file} has the columns ${header.join(', ')}; ${problems.join(' ')}`, {
    hint: 'name the columns: columns: { file: "path", identity: "pid" }.',
  });
}

const NUMBERS: ReadonlySet<Field> = new Set(['view', 'clothes']);

function valueOf(field: Field, text: string): [string, unknown] {
  if (field === 'caption') return ['captions', [text]];
  return [field, NUMBERS.has(field) && text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : text];
}

function parseRow(row: Row, columns: ReadonlyMap<Field, string>): { record: NamedRecord } | { problem: string } {
  const entries = [...columns].flatMap(([field, column]) => {
    const text = row.record[column] ?? '';
    return text === '' ? [] : [valueOf(field, text)];
  });
  const parsed = recordLine.safeParse(Object.fromEntries(entries));
  return parsed.success ? { record: parsed.data as NamedRecord } : { problem: describeIssues(parsed.error).join(' ') };
}

async function read(chosen: Options): Promise<Dataset> {
  const file = resolve(chosen.file);
  if (!existsSync(file)) throw new ReidError('FILE_NOT_FOUND', `There is no file ${file}.`);
  const lines: { line: number; record: NamedRecord }[] = [];
  const problems: string[] = [];
  let columns: Map<Field, string> | undefined;
  const parser = createReadStream(file).pipe(
    parse({
      delimiter: chosen.delimiter,
      columns: (header: string[]) => {
        columns = columnsOf(header, chosen);
        return header;
      },
      bom: true,
      trim: true,
      info: true,
      skip_empty_lines: true,
      max_record_size: LARGEST_ROW,
    }),
  );
  try {
    for await (const row of parser as AsyncIterable<Row>) {
      const parsed = parseRow(row, columns!);
      if ('record' in parsed) lines.push({ line: row.info.lines, record: parsed.record });
      else problems.push(`${chosen.file} line ${row.info.lines}: ${parsed.problem}`);
    }
  } catch (error) {
    if (ReidError.is(error)) throw error;
    problems.push(`${chosen.file} line ${(error as CsvError & { lines?: number }).lines ?? '?'}: ${(error as Error).message}`);
  }
  return listDataset({ name: 'csv', list: chosen.file, root: resolve(chosen.root ?? dirname(file)), lines, problems });
}

/** `dataset/csv`: crops in a table with columns for file, identity and what else is known. */
export const csv = defineComponent({
  summary: 'Crops listed in a CSV file with columns for file, identity, camera, split and more.',
  options,
  build: (chosen): DatasetReader => ({ name: 'csv', read: () => read(chosen) }),
});
