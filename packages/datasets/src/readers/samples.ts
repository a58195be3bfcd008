import { dirname, resolve } from 'node:path';
import { defineComponent, describeIssues, type Dataset, type DatasetReader, type Instruction } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { listDataset } from './list-dataset.ts';
import type { NamedRecord } from './number-names.ts';
import { readLines } from './read-lines.ts';
import { relativeFile } from './relative-file.ts';

const options = z.strictObject({
  file: z.string().min(1).describe('samples.jsonl: one image per line'),
  captions: z.string().min(1).optional().describe('captions.jsonl: one caption per line, by key'),
  root: z.string().min(1).optional().describe('folder that images are relative to; by default the list’s own'),
});

const key = z.string().min(1).max(200);

const captionLine = z.strictObject({
  key,
  text: z.string().min(1).max(10_000),
  lang: z.string().max(20).optional(),
  annotator: z.string().max(200).optional(),
});

const sampleLine = z.strictObject({
  image: relativeFile,
  pid: z.number().int(),
  cam: z.number().int().nullish(),
  clothes: z.number().int().min(0).optional(),
  modality: z.enum(['visible', 'infrared']).optional(),
  split: z.string().min(1).max(100),
  dataset: z.string().min(1).max(200),
  instruction: z
    .union([
      z.strictObject({ text: z.string().max(10_000) }),
      z.strictObject({ image: relativeFile }),
      z.strictObject({ caption: key }),
      z.strictObject({ bank: key }),
    ])
    .optional(),
});

type Sample = z.output<typeof sampleLine>;

/** Objects of a file of JSON lines that a schema takes; what is wrong goes to the problems. */
async function readObjects<T>(
  path: string,
  schema: z.ZodType<T>,
  problems: string[],
): Promise<{ readonly line: number; readonly value: T }[]> {
  const values: { line: number; value: T }[] = [];
  for await (const { number, text } of readLines(path)) {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      problems.push(`${path} line ${number}: ${(error as Error).message}`);
      continue;
    }
    const parsed = schema.safeParse(json);
    if (parsed.success) values.push({ line: number, value: parsed.data });
    else problems.push(`${path} line ${number}: ${describeIssues(parsed.error).join(' ')}`);
  }
  return values;
}

async function readCaptions(path: string | undefined, problems: string[]): Promise<ReadonlyMap<string, string>> {
  const captions = new Map<string, string>();
  if (path === undefined) return captions;
  for (const { line, value } of await readObjects(path, captionLine, problems)) {
    if (captions.has(value.key)) problems.push(`${path} line ${line}: the caption "${value.key}" is there twice`);
    captions.set(value.key, value.text);
  }
  return captions;
}

/** The instruction as records have it: a caption by its number. */
const instructionOf = (given: NonNullable<Sample['instruction']>): Instruction => ('caption' in given ? { caption: 0 } : given);

function recordOf({ image, pid, cam, clothes, modality, split, dataset, instruction }: Sample, caption: string | undefined): NamedRecord {
  return {
    form: 'crop',
    file: image,
    identity: pid,
    camera: cam ?? null,
    split,
    domain: dataset,
    ...(clothes === undefined ? {} : { clothes }),
    ...(modality === undefined ? {} : { modality }),
    ...(caption === undefined ? {} : { captions: [caption] }),
    ...(instruction === undefined ? {} : { instruction: instructionOf(instruction) }),
  };
}

async function read({ file, captions: captionFile, root }: z.output<typeof options>): Promise<Dataset> {
  const problems: string[] = [];
  const captions = await readCaptions(captionFile, problems);
  const samples = await readObjects(file, sampleLine, problems);
  const lines = samples.map(({ line, value }) => {
    const wanted = value.instruction && 'caption' in value.instruction ? value.instruction.caption : undefined;
    const caption = wanted === undefined ? undefined : captions.get(wanted);
    if (wanted !== undefined && caption === undefined) problems.push(`${file} line ${line}: there is no caption "${wanted}" in ${captionFile ?? 'any file: none is named'}`); // prettier-ignore
    return { line, record: recordOf(value, caption) };
  });
  return listDataset({ name: 'samples', list: file, root: resolve(root ?? dirname(file)), lines, problems, mayRepeat: true });
}

/** `dataset/samples`: images with instructions from `samples.jsonl`, captions by key from `captions.jsonl`. */
export const samples = defineComponent({
  summary: 'Images with instructions, one per line, and captions by key: several data sets and tasks in one list.',
  options,
  build: (chosen): DatasetReader => ({ name: 'samples', read: () => read(chosen) }),
});
