import { defineComponent, type CropRecord, type Dataset, type DatasetReader, type Instruction } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { readBlankList, type BlankLine } from '../blank-lists.ts';
import { jsonKind, JsonProblems, readJsonAnnotation } from '../caption-file.ts';
import { joinSidecars } from '../../sidecars/join-sidecars.ts';
import { existingFolder } from '../existing-folder.ts';
import { cropOptions } from '../crop-options.ts';
import { counted, FindingList, someOf } from '../finding-list.ts';
import { finishDataset } from '../finish-dataset.ts';
import { missingOf } from '../present-files.ts';
import { relativeFile } from '../relative-file.ts';

const LINE = { fields: [4, 5], whole: [2, 3, 4], form: 'image instruction identity clothes [camera]' };

const entry = z.strictObject({
  list: relativeFile.describe('the list, below the root: image instruction identity clothes [camera]'),
  images: relativeFile.optional().describe('folder below the root that images and templates are relative to; by default the root'),
  captions: relativeFile.optional().describe('JSON file of captions by key, where instructions are keys'),
});

const options = z.strictObject({
  ...cropOptions,
  lists: z.record(z.string().min(1).max(100), z.array(entry).min(1)).describe('split to the lists that it is made of'),
  instruction: z
    .enum(['caption', 'image', 'word'])
    .describe(
      'what the second field is: a key of the captions, a path of a picture (a garment, a template), or a word that names an instruction',
    ),
});

type Options = z.output<typeof options>;
type Entry = z.output<typeof entry>;

interface Reading {
  readonly root: string;
  readonly findings: FindingList;
  readonly kind: Options['instruction'];
}

/** Captions by key; values that are no texts are said once each. */
async function captionsOf({ captions: file }: Entry, { root, findings }: Reading): Promise<ReadonlyMap<string, string>> {
  if (file === undefined) return new Map();
  const json = await readJsonAnnotation(root, file, findings);
  const problems = new JsonProblems(file, findings);
  if (json !== undefined && jsonKind(json) !== 'object') problems.say('bad-type', 'its top', `expected an object, got ${jsonKind(json)}`);
  const texts = Object.entries((json ?? {}) as Record<string, unknown>).filter(([key, text]) => {
    if (typeof text !== 'string') problems.say('bad-type', key, `expected a text, got ${jsonKind(text)}`);
    return true; // known all the same: one mistake is said once
  });
  problems.finish();
  return new Map(texts.map(([key, text]) => [key, typeof text === 'string' ? text : '']));
}

const below = (folder: string | undefined, file: string): string => (folder === undefined ? file : `${folder}/${file}`);

function instructionOf(word: string, { images }: Entry, kind: Options['instruction']): Instruction {
  if (kind === 'image') return { image: below(images, word) };
  return kind === 'word' ? { bank: word } : { caption: 0 };
}

async function readEntry(split: string, entry: Entry, reading: Reading): Promise<CropRecord[]> {
  const { root, findings, kind } = reading;
  const lines = await readBlankList(root, entry.list, LINE, findings);
  const captions = await captionsOf(entry, reading);
  const recordOf = ({ line, fields }: BlankLine): CropRecord => {
    const [file = '', word = '', identity, clothes, camera] = fields;
    const caption = captions.get(word);
    if (kind === 'caption' && caption === undefined) {
      const where = entry.captions === undefined ? 'the entry names no file of captions' : `${entry.captions} does not have it`;
      const message = `${entry.list} line ${line}: there is no caption "${word}": ${where}`;
      findings.add({ severity: 'error', rule: 'missing-caption', message, files: [entry.list] });
    }
    return {
      form: 'crop',
      file: below(entry.images, file),
      identity: Number(identity),
      camera: camera === undefined ? null : Number(camera),
      split,
      clothes: Number(clothes),
      ...(kind === 'caption' && caption !== undefined ? { captions: [caption] } : {}),
      instruction: instructionOf(word, entry, kind),
    };
  };
  return lines.map(recordOf);
}

const filesOf = ({ file, instruction }: CropRecord): string[] => [
  file,
  ...(instruction && 'image' in instruction ? [instruction.image] : []),
];

/** Leaves out people of identity −1, for whom the published lists take pictures from elsewhere. */
function dropForeign(records: readonly CropRecord[], findings: FindingList): CropRecord[] {
  for (const { file, identity } of records) if (identity < 0) findings.addFile('foreign-root', file);
  findings.explain('foreign-root', 'warning', (files) => `Left out: ${counted(files.length, 'image')} of identity -1, which are of another data set (${someOf(files)}).`); // prettier-ignore
  return records.filter(({ identity }) => identity >= 0);
}

async function read({ root: given, lists, instruction: kind, sidecar: mode }: Options): Promise<Dataset> {
  const findings = new FindingList();
  const root = await existingFolder(given, 'dataset/instruct-reid');
  const reading: Reading = { root, findings, kind };
  const splits: Record<string, CropRecord[]> = {};
  for (const [split, entries] of Object.entries(lists)) {
    const records = (await Promise.all(entries.map((entry) => readEntry(split, entry, reading)))).flat();
    splits[split] = dropForeign(records, findings);
    if (records.length > 0 || findings.hasErrors) continue;
    findings.add({
      severity: 'error',
      rule: 'empty-split',
      message: `the lists of "${split}" have no lines`,
      files: entries.map(({ list }) => list),
    });
  }
  for (const file of await missingOf(root, Object.values(splits).flat().flatMap(filesOf))) findings.addFile('missing-file', file);
  findings.explain(
    'missing-file',
    'error',
    (files) => `the lists name ${counted(files.length, 'picture')} that cannot be found: ${someOf(files)}`,
  );
  const joined = await joinSidecars(splits, { root, mode, excluded: new Set() }, findings);
  return finishDataset({ name: 'instruct-reid', root, splits: joined, excluded: [], findings });
}

/**
 * `dataset/instruct-reid`: the list files of Instruct-ReID and OmniReID, one task at a time. A line without a camera has none, so no rule of
 * cameras applies to it. He et al., "Instruct-ReID" (arXiv 2306.07520); each of its data sets has a licence of its own.
 */
export const instructReid = defineComponent({
  summary: 'Instruct-ReID: lists of image, instruction, identity, clothes and camera, with captions from JSON.',
  paper: 'https://arxiv.org/abs/2306.07520',
  options,
  build: (chosen): DatasetReader => ({ name: 'instruct-reid', read: () => read(chosen) }),
});
