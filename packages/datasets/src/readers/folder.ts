import { join } from 'node:path';
import { defineComponent, type Dataset, type DatasetReader, type Exclusion, type ReidRecord } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { SIDECAR_FOLDER } from '../sidecars/find-sidecars.ts';
import { joinSidecars } from '../sidecars/join-sidecars.ts';
import { cropOptions } from './crop-options.ts';
import { DatasetError } from './dataset-error.ts';
import { existingFolder, isFolder } from './existing-folder.ts';
import { counted, FindingList, someOf } from './finding-list.ts';
import { finishDataset } from './finish-dataset.ts';
import { listFolders, listImages } from './list-images.ts';
import { numberNames, type NamedCrop } from './number-names.ts';

const isPattern = (text: string): boolean => {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
};

const options = z.strictObject({
  root: z.string().min(1).describe('the folder'),
  sidecar: cropOptions.sidecar,
  splits: z
    .record(z.string().min(1), z.string())
    .optional()
    .describe('split to folder below the root; by default the folders train, query and gallery if there are any, else all is "train"'),
  pattern: z
    .string()
    .max(1000)
    .refine(isPattern, { error: 'is no regular expression' })
    .optional()
    .describe(
      'regular expression on the file name with the groups identity, camera, clothes, view; without identity the sub folder names it',
    ),
});

type Options = z.output<typeof options>;

const USUAL_SPLITS = ['train', 'query', 'gallery'];

async function splitFolders(root: string, { splits }: Options): Promise<Record<string, string>> {
  if (splits) return splits;
  const there = await listFolders(root);
  const usual = USUAL_SPLITS.filter((name) => there.includes(name));
  return usual.length > 0 ? Object.fromEntries(usual.map((name) => [name, name])) : { train: '' };
}

type Parsed = Pick<NamedCrop, 'identity' | 'camera' | 'clothes' | 'view'>;

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** Identity and facts of an image from its name alone and the name of its own folder. */
function parseFile(name: string, folder: string | null, pattern: RegExp | undefined): Parsed | null {
  const match = pattern?.exec(name);
  if (pattern && !match) return null;
  const groups = match?.groups ?? {};
  const identity = groups.identity ?? folder;
  if (identity === null) return null;
  const clothes = wholeNumber(groups.clothes);
  const view = wholeNumber(groups.view);
  return {
    identity,
    camera: groups.camera ?? null,
    ...(clothes === undefined ? {} : { clothes }),
    ...(view === undefined ? {} : { view }),
  };
}

interface Gathering {
  readonly root: string;
  readonly pattern: RegExp | undefined;
  readonly records: NamedCrop[];
  readonly excluded: Exclusion[];
  readonly findings: FindingList;
}

async function gatherFolder(split: string, folder: string, identity: string | null, gathering: Gathering): Promise<void> {
  const { images, excluded } = await listImages(gathering.root, folder, gathering.findings);
  gathering.excluded.push(...excluded);
  for (const file of images) {
    const parsed = parseFile(file.slice(file.lastIndexOf('/') + 1), identity, gathering.pattern);
    if (parsed) gathering.records.push({ form: 'crop', file, split, ...parsed });
    else {
      gathering.findings.addFile('name-mismatch', file);
      gathering.excluded.push({ file, rule: gathering.pattern ? 'the name does not fit the pattern' : 'not in a folder of an identity' });
    }
  }
}

async function gatherSplit(split: string, folder: string, gathering: Gathering): Promise<void> {
  const path = join(gathering.root, folder);
  if (!(await isFolder(path))) {
    gathering.findings.add({ severity: 'error', rule: 'missing-folder', message: `the folder ${path} is not there`, files: [folder] });
    return;
  }
  const before = gathering.records.length;
  const inside = (await listFolders(path)).filter((name) => name !== SIDECAR_FOLDER);
  await gatherFolder(split, folder, null, gathering);
  for (const name of inside) await gatherFolder(split, folder === '' ? name : `${folder}/${name}`, name, gathering);
  if (gathering.records.length > before) return;
  const saw = inside.length > 0 ? `it has the folders ${someOf(inside)}` : 'it has no folders';
  const want = gathering.pattern ? `with a name that fits ${gathering.pattern.source}` : 'in a folder named after its identity';
  const message = `the folder ${path} has no image ${want}: ${saw}`;
  gathering.findings.add({ severity: 'error', rule: 'empty-split', message, files: [folder], count: 0 });
}

async function read(chosen: Options): Promise<Dataset> {
  const root = await existingFolder(chosen.root, 'dataset/folder');
  const pattern = chosen.pattern === undefined ? undefined : new RegExp(chosen.pattern);
  const findings = new FindingList();
  const gathering: Gathering = { root, pattern, records: [], excluded: [], findings };
  for (const [split, folder] of Object.entries(await splitFolders(root, chosen))) await gatherSplit(split, folder, gathering);
  findings.explain('name-mismatch', 'warning', (files) => {
    const why = pattern ? `with a name that does not fit ${pattern.source}` : 'without a folder named after an identity around it';
    return `Left out: ${counted(files.length, 'image')} ${why} (${someOf(files)}).`;
  });
  if (findings.hasErrors) throw new DatasetError(`The folder ${root} cannot be used as a data set:`, findings.all);
  const { records, ...names } = numberNames(gathering.records);
  const splits: Record<string, ReidRecord[]> = {};
  for (const record of records) (splits[record.split] ??= []).push(record);
  const excluded = new Set(gathering.excluded.map(({ file }) => file));
  const joined = await joinSidecars(splits, { root, mode: chosen.sidecar, excluded }, findings);
  return finishDataset({ name: 'folder', root, splits: joined, excluded: gathering.excluded, findings, ...names });
}

/** `dataset/folder`: a folder per identity, or names that tell. */
export const folder = defineComponent({
  summary: 'Own images: a sub folder per identity, or file names that a pattern takes apart.',
  options,
  build: (chosen): DatasetReader => ({ name: 'folder', read: () => read(chosen) }),
});
