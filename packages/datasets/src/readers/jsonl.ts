import { dirname, resolve } from 'node:path';
import { defineComponent, describeIssues, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { listDataset } from './list-dataset.ts';
import type { NamedRecord } from './number-names.ts';
import { isSidecarHeader } from '../sidecars/sidecar-line.ts';
import { readLines } from './read-lines.ts';
import { recordLine } from './record-schema.ts';

const options = z.strictObject({
  file: z.string().min(1).describe('the JSONL file: one record per line'),
  root: z.string().min(1).optional().describe('folder that files are relative to; by default the list’s own'),
});

function parseRecord(text: string): { record: NamedRecord } | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { problem: (error as Error).message };
  }
  const parsed = recordLine.safeParse(json);
  return parsed.success ? { record: parsed.data as NamedRecord } : { problem: describeIssues(parsed.error).join(' ') };
}

async function read(chosen: z.output<typeof options>): Promise<Dataset> {
  const file = resolve(chosen.file);
  const lines: { line: number; record: NamedRecord }[] = [];
  const problems: string[] = [];
  for await (const { number, text } of readLines(file)) {
    if (number === 1 && isSidecarHeader(text)) continue;
    const parsed = parseRecord(text);
    if ('record' in parsed) lines.push({ line: number, record: parsed.record });
    else problems.push(`${chosen.file} line ${number}: ${parsed.problem}`);
  }
  return listDataset({ name: 'jsonl', list: chosen.file, root: resolve(chosen.root ?? dirname(file)), lines, problems });
}

/** `dataset/jsonl`: any records, one JSON object per line: crops, frames, tracklets, texts. */
export const jsonl = defineComponent({
  summary: 'Records of any form, one JSON object per line.',
  options,
  build: (chosen): DatasetReader => ({ name: 'jsonl', read: () => read(chosen) }),
});
