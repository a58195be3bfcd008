import type { CropRecord, ReidRecord } from '@reidkit/core-tensor/base';
import { naturalOrder } from './natural-order.ts';

/** People and cameras as they are written: numbers or names. */
type Name = number | string;

/** Records whose people and cameras are not numbered yet. */
export type NamedRecord = Renamed<ReidRecord>;

/** A crop that is not numbered yet. */
export type NamedCrop = Omit<CropRecord, 'identity' | 'camera'> & { readonly identity: Name; readonly camera: Name | null };

type Renamed<R> = R extends { readonly form: 'frame' }
  ? Omit<R, 'camera' | 'persons'> & {
      readonly camera: Name | null;
      readonly persons: readonly (Omit<R extends { persons: readonly (infer P)[] } ? P : never, 'identity'> & {
        readonly identity: Name | null;
      })[];
    }
  : R extends { readonly form: 'text' }
    ? Omit<R, 'identity'> & { readonly identity: Name }
    : Omit<R, 'identity' | 'camera'> & { readonly identity: Name; readonly camera: Name | null };

/** Records with numbers, and the names behind those that were names. */
export interface Numbered {
  readonly records: readonly ReidRecord[];
  readonly identityNames?: readonly string[];
  readonly cameraNames?: readonly string[];
}

const WHOLE = /^-?\d{1,15}$/;

const isWhole = (name: Name): boolean => WHOLE.test(String(name));

const sortedNames = (names: Iterable<Name>): string[] => [...new Set([...names].map(String))].sort(naturalOrder);

function namesOf(record: NamedRecord): Name[] {
  if (record.form !== 'frame') return [record.identity];
  return record.persons.flatMap(({ identity }) => (identity === null ? [] : [identity]));
}

/** Identities stay as they are when all are whole numbers; else each becomes its rank among the sorted names. */
function numberIdentities(records: readonly NamedRecord[]): { number: (name: Name) => number; names?: readonly string[] } {
  const all = new Set(records.flatMap(namesOf));
  if ([...all].every(isWhole)) return { number: Number };
  const names = sortedNames(all);
  const ranks = new Map(names.map((name, rank) => [name, rank]));
  return { number: (name) => ranks.get(String(name))!, names };
}

/** Cameras become ranks among the sorted names, from 0, whatever they are called. */
function numberCameras(records: readonly NamedRecord[]): { number: (name: Name | null) => number | null; names?: readonly string[] } {
  const cameras = records.flatMap((record) => (record.form === 'text' || record.camera === null ? [] : [record.camera]));
  if (cameras.length === 0) return { number: () => null };
  const names = sortedNames(cameras);
  const ranks = new Map(names.map((name, rank) => [name, rank]));
  return { number: (name) => (name === null ? null : ranks.get(String(name))!), names };
}

/** Numbers people and cameras over all records at once. */
export function numberNames(records: readonly NamedRecord[]): Numbered {
  const identities = numberIdentities(records);
  const cameras = numberCameras(records);
  const numbered = records.map((record): ReidRecord => {
    if (record.form === 'text') return { ...record, identity: identities.number(record.identity) };
    if (record.form !== 'frame') return { ...record, identity: identities.number(record.identity), camera: cameras.number(record.camera) };
    const persons = record.persons.map((person) => ({
      ...person,
      identity: person.identity === null ? null : identities.number(person.identity),
    }));
    return { ...record, camera: cameras.number(record.camera), persons };
  });
  return {
    records: numbered,
    ...(identities.names ? { identityNames: identities.names } : {}),
    ...(cameras.names ? { cameraNames: cameras.names } : {}),
  };
}
