import { join, relative, resolve, sep } from 'node:path';
import {
  defineComponent,
  nodeOf,
  ReidError,
  type CropRecord,
  type Dataset,
  type DatasetReader,
  type ReidRecord,
} from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { FindingList } from './finding-list.ts';
import { cameraOf, identitiesOf } from './fingerprint.ts';
import { finishDataset } from './finish-dataset.ts';

const options = z.strictObject({
  sources: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(200).optional().describe('domain of its records; by default the name of the data set'),
        dataset: nodeOf('dataset').describe('the data set'),
        splits: z.array(z.string().min(1)).min(1).optional().describe('which of its splits; by default all'),
      }),
    )
    .min(1)
    .max(100)
    .describe('data sets, in the order in which their identities and cameras are numbered'),
});

/** A data set that was read, and what its records become. */
interface Part {
  readonly domain: string;
  readonly dataset: Dataset;
  readonly splits: readonly string[];
  readonly prefix: string;
  readonly identities: number;
  readonly cameras: number;
  readonly outfits: number;
}

const crops = (records: readonly ReidRecord[]): CropRecord[] => records.filter((record): record is CropRecord => record.form === 'crop');

/** One more than the largest number; negative ones (junk) and unknown ones do not count. */
function endOf(numbers: Iterable<number | null | undefined>): number {
  let end = 0;
  for (const number of numbers) if (number !== null && number !== undefined && number >= end) end = number + 1;
  return end;
}

/** The deepest folder that holds all roots. */
function commonFolder(roots: readonly string[]): string {
  const [first, ...others] = roots.map((root) => resolve(root).split(sep));
  let depth = first!.length;
  for (const steps of others) while (depth > 0 && first!.slice(0, depth).some((step, i) => steps[i] !== step)) depth--;
  if (depth === 0)
    throw new ReidError('DATASET_INVALID', `dataset/combined: no folder holds all of ${roots.join(', ')}.`, {
      hint: 'they must be on one drive.',
    });
  return first!.slice(0, depth).join(sep) || sep;
}

function moved(record: ReidRecord, { domain, prefix, identities, cameras, outfits }: Part): ReidRecord {
  const file = (path: string): string => prefix + path;
  const optional = <K extends string>(key: K, path: string | undefined): Partial<Record<K, string>> =>
    path === undefined ? {} : ({ [key]: file(path) } as Record<K, string>);
  const identity = (number: number): number => (number < 0 ? number : number + identities);
  const named = { domain: record.domain === undefined ? domain : `${domain}/${record.domain}` };
  if (record.form === 'text') return { ...record, ...named, identity: identity(record.identity) };
  const camera = record.camera === null ? null : record.camera + cameras;
  if (record.form === 'tracklet')
    return { ...record, ...named, camera, files: record.files.map(file), identity: identity(record.identity) };
  if (record.form === 'frame') {
    const persons = record.persons.map((person) => ({
      ...person,
      identity: person.identity === null ? null : identity(person.identity),
      ...optional('mask', person.mask),
    }));
    return { ...record, ...named, camera, file: file(record.file), persons };
  }
  return {
    ...record,
    ...named,
    camera,
    file: file(record.file),
    identity: identity(record.identity),
    ...(record.clothes === undefined ? {} : { clothes: record.clothes + outfits }),
    ...optional('mask', record.mask),
    ...optional('partMask', record.partMask),
    ...optional('garment', record.garment),
    ...(record.instruction && 'image' in record.instruction ? { instruction: { image: file(record.instruction.image) } } : {}),
  };
}

function nameCameras(parts: readonly Part[], end: number): string[] {
  const names = Array.from({ length: end }, () => '');
  for (const { domain, dataset, cameras } of parts) {
    for (const record of Object.values(dataset.splits).flat()) {
      const camera = cameraOf(record);
      if (camera !== null) names[camera + cameras] = `${domain} ${dataset.cameraNames?.[camera] ?? camera}`;
    }
  }
  return names;
}

async function partsOf(
  { sources }: z.output<typeof options>,
  readers: readonly DatasetReader[],
): Promise<{ root: string; parts: Part[]; cameras: number }> {
  const datasets: Dataset[] = [];
  for (const reader of readers) datasets.push(await reader.read());
  const root = commonFolder(datasets.map((dataset) => dataset.root));
  const next = { identities: 0, cameras: 0, outfits: 0 };
  const parts = datasets.map((dataset, i): Part => {
    const below = relative(root, dataset.root).split(sep).join('/');
    const { name = dataset.name, splits = Object.keys(dataset.splits) } = sources[i]!;
    const part = { domain: name, dataset, splits, prefix: below === '' ? '' : `${below}/`, ...next };
    const records = Object.values(dataset.splits).flat();
    next.identities += endOf(records.flatMap(identitiesOf));
    next.cameras += endOf(records.map(cameraOf));
    next.outfits += endOf(crops(records).map(({ clothes }) => clothes));
    return part;
  });
  return { root, parts, cameras: next.cameras };
}

function checkParts(parts: readonly Part[], findings: FindingList): void {
  const domains = parts.map(({ domain }) => domain);
  const twice = domains.find((domain, i) => domains.indexOf(domain) !== i);
  if (twice !== undefined)
    findings.add({ severity: 'error', rule: 'repeated-name', message: `two sources are named "${twice}"; give them names` });
  for (const { domain, dataset, splits } of parts) {
    for (const split of splits.filter((name) => !(name in dataset.splits))) {
      const message = `the source "${domain}" has no split "${split}"; it has ${Object.keys(dataset.splits).join(', ')}`;
      findings.add({ severity: 'error', rule: 'missing-split', message });
    }
    for (const finding of dataset.findings.filter(({ severity }) => severity !== 'error'))
      findings.add({ ...finding, message: `${domain}: ${finding.message}` });
  }
}

async function read(chosen: z.output<typeof options>, readers: readonly DatasetReader[]): Promise<Dataset> {
  const { root, parts, cameras } = await partsOf(chosen, readers);
  const findings = new FindingList();
  checkParts(parts, findings);
  const splits: Record<string, ReidRecord[]> = {};
  for (const part of parts) {
    for (const split of part.splits) {
      const into = (splits[split] ??= []);
      for (const record of part.dataset.splits[split] ?? []) into.push(moved(record, part));
    }
  }
  const excluded = parts.flatMap(({ dataset, prefix }) =>
    dataset.excluded.map(({ file, rule }) => ({ file: join(prefix, file).split(sep).join('/'), rule })),
  );
  const version = parts.map(({ domain, dataset }) => `${domain} ${dataset.fingerprint.hash.slice(0, 12)}`).join(', ');
  // Sources have said themselves who is in training and in test, and cannot share people.
  return finishDataset({
    name: 'combined',
    numbersRestart: true,
    root,
    splits,
    excluded,
    findings,
    version,
    cameraNames: nameCameras(parts, cameras),
  });
}

/**
 * `dataset/combined`: several data sets as one. Identities, cameras and outfits of a source are numbered on behind those of the sources before
 * it; each record says in `domain` where it is from.
 */
export const combined = defineComponent({
  summary: 'Several data sets as one: identities and cameras numbered on, sources named as domains.',
  options,
  build: (chosen, use): DatasetReader => {
    const readers = chosen.sources.map(({ dataset }) => use<DatasetReader>(dataset));
    return { name: 'combined', read: () => read(chosen, readers) };
  },
});
