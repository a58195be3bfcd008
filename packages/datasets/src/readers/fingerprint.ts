import { createHash } from 'node:crypto';
import type { Fingerprint, ReidRecord, SplitCounts } from '@reidkit/core-tensor/base';

/** JSON with the keys of every object sorted, so that equal values give equal text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}

/** The identities in a record; unknown people are none. */
export function identitiesOf(record: ReidRecord): readonly number[] {
  if (record.form !== 'frame') return [record.identity];
  return record.persons.flatMap(({ identity }) => (identity === null ? [] : [identity]));
}

/** The camera of a record, null where there is none. */
export const cameraOf = (record: ReidRecord): number | null => (record.form === 'text' ? null : record.camera);

/** Number of records, identities and cameras. */
export function countSplit(records: readonly ReidRecord[]): SplitCounts {
  return {
    records: records.length,
    identities: new Set(records.flatMap(identitiesOf)).size,
    cameras: new Set(records.map(cameraOf).filter((camera) => camera !== null)).size,
  };
}

/** Counts and a hash over the sorted list of records: equal for equal lists, whatever order the disk gave. */
export function fingerprint(dataset: string, splits: Readonly<Record<string, readonly ReidRecord[]>>, version?: string): Fingerprint {
  const names = Object.keys(splits).sort();
  const hash = createHash('sha256');
  for (const name of names) for (const line of splits[name]!.map(canonical).sort()) hash.update(line).update('\n');
  return {
    dataset,
    ...(version === undefined ? {} : { version }),
    splits: Object.fromEntries(names.map((name) => [name, countSplit(splits[name]!)])),
    hash: hash.digest('hex'),
  };
}
