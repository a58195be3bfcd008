import type { Dataset, DatasetReader } from '../kinds/dataset.ts';
import type { Box, ReidRecord } from '../kinds/record.ts';
import { demand, type ConformanceCheck } from './conformance-check.ts';

const SEVERITIES = ['error', 'warning', 'info'];
const isIdentity = (value: number | null): boolean => value === null || Number.isInteger(value);

/** Files that a record names. */
function filesOf(record: ReidRecord): readonly string[] {
  if (record.form === 'text') return [];
  if (record.form === 'tracklet') return record.files;
  const persons = record.form === 'frame' ? record.persons.flatMap(({ mask }) => (mask === undefined ? [] : [mask])) : [];
  const own = record.form === 'crop' ? [record.garment, record.mask, record.partMask].filter((file) => file !== undefined) : [];
  return [record.file, ...own, ...persons];
}

function boxesOf(record: ReidRecord): readonly Box[] {
  if (record.form === 'frame') return record.persons.map(({ box }) => box);
  return record.form === 'crop' ? Object.values(record.partBoxes ?? {}) : [];
}

function identitiesOf(record: ReidRecord): readonly (number | null)[] {
  return record.form === 'frame' ? record.persons.map(({ identity }) => identity) : [record.identity];
}

function demandRecord(split: string, record: ReidRecord): void {
  const what = `A record of "${split}" (${filesOf(record)[0] ?? 'text'})`;
  demand(record.split === split, `${what} says that it belongs to "${record.split}".`);
  for (const file of filesOf(record)) {
    const isRelative = !/^([\\/]|[A-Za-z]:)/.test(file) && !file.includes('\\') && !file.split('/').includes('..');
    demand(isRelative, `${what} names the file "${file}", which is not relative to the root with forward slashes.`);
  }
  for (const [x0, y0, x1, y1] of boxesOf(record)) demand(x0 < x1 && y0 < y1, `${what} has the box [${[x0, y0, x1, y1]}].`);
  demand(identitiesOf(record).every(isIdentity), `${what} has the identity ${identitiesOf(record)}.`);
  if (record.form === 'text') return;
  const { camera } = record;
  demand(camera === null || (Number.isInteger(camera) && camera >= 0), `${what} has the camera ${camera}.`);
}

async function demandFiles({ root, splits }: Dataset): Promise<void> {
  const [{ access }, { isAbsolute, join }] = await Promise.all([import('node:fs/promises'), import('node:path')]);
  demand(isAbsolute(root), `Its root "${root}" is not absolute.`);
  for (const file of new Set(Object.values(splits).flat().flatMap(filesOf))) {
    const isThere = await access(join(root, file)).then(
      () => true,
      () => false,
    );
    demand(isThere, `It names the file "${file}", which is not in "${root}".`);
  }
}

function demandFingerprint({ splits, fingerprint }: Dataset): void {
  demand(/^[0-9a-f]{64}$/.test(fingerprint.hash), `The hash of the fingerprint is "${fingerprint.hash}", no SHA-256.`);
  const [named, counted] = [Object.keys(splits).sort().join(', '), Object.keys(fingerprint.splits).sort().join(', ')];
  demand(named === counted, `The fingerprint counts the splits ${counted || 'none'}, the data set has ${named || 'none'}.`);
  for (const [split, records] of Object.entries(splits)) {
    const said = fingerprint.splits[split]!;
    const identities = new Set(records.flatMap(identitiesOf).filter((identity) => identity !== null)).size;
    const cameras = new Set(records.flatMap((record) => (record.form === 'text' || record.camera === null ? [] : [record.camera]))).size;
    const [mine, theirs] = [{ records: records.length, identities, cameras }, said].map(({ records: r, identities: i, cameras: c }) => `${r} records, ${i} identities, ${c} cameras`); // prettier-ignore
    demand(mine === theirs, `The fingerprint says that "${split}" has ${theirs}; it has ${mine}.`);
  }
}

/** What every dataset reader keeps to, on a folder that it can read. */
export function datasetConformance(make: () => DatasetReader): ConformanceCheck[] {
  return [
    {
      title: 'reads records with relative files, identities, cameras and sound boxes',
      async check() {
        const { splits } = await make().read();
        const all = Object.values(splits).flat();
        demand(all.length > 0, 'It reads no record.');
        for (const [split, records] of Object.entries(splits)) for (const record of records) demandRecord(split, record);
      },
    },
    { title: 'names only files that are there', check: async () => demandFiles(await make().read()) },
    { title: 'counts what it read in its fingerprint', check: async () => demandFingerprint(await make().read()) },
    {
      title: 'reads the same again',
      async check() {
        const [first, second] = [await make().read(), await make().read()];
        demand(first.fingerprint.hash === second.fingerprint.hash, 'A second reading has another fingerprint.');
        demand(JSON.stringify(first.splits) === JSON.stringify(second.splits), 'A second reading has the records in another order.');
      },
    },
    {
      title: 'keeps what it left out apart, with the rule',
      async check() {
        const { splits, excluded, findings } = await make().read();
        const taken = new Set(Object.values(splits).flat().flatMap(filesOf));
        const both = excluded.find(({ file }) => taken.has(file));
        demand(both === undefined, `It says that it left out "${both?.file}", and gives it in a record.`);
        demand(
          excluded.every(({ rule }) => rule !== ''),
          'It leaves files out without naming a rule.',
        );
        const odd = findings.find(({ severity, rule, message }) => !SEVERITIES.includes(severity) || rule === '' || message === '');
        demand(odd === undefined, `It has a finding without severity, rule or message: ${JSON.stringify(odd)}.`);
      },
    },
  ];
}
