import { basename, join } from 'node:path';
import {
  ReidError,
  type CropRecord,
  type FramePerson,
  type FrameRecord,
  type ReidRecord,
  type TrackletRecord,
} from '@reidkit/core-tensor/base';
import { counted, someOf, type FindingList } from '../readers/finding-list.ts';
import { missingOf } from '../readers/present-files.ts';
import { findSidecars, readSidecars, SIDECAR_NAME, type SidecarChoice } from './find-sidecars.ts';
import { sidecarKey, type Sidecar } from './read-sidecar.ts';
import type { SidecarEntry } from './sidecar-line.ts';

/** What joining sidecars needs to know. */
export interface SidecarJoin extends SidecarChoice {
  readonly root: string;
  /** `auto` joins sidecars when there are any. */
  readonly mode: 'auto' | 'require' | 'ignore';
  /** Files that are there and were left out: a sidecar may speak of them. */
  readonly excluded: ReadonlySet<string>;
}

/** Entries of one sidecar that no record has asked for yet. */
class OpenSidecar {
  readonly name: string;
  readonly #entries: Map<string, SidecarEntry>;
  readonly #taken = new Set<string>();
  /** Whether it is about every record: then records that it does not know are worth a word. */
  readonly isAboutAll: boolean;

  constructor({ path, entries }: Sidecar) {
    this.name = basename(path);
    this.#entries = new Map(entries);
    this.isAboutAll = this.name === SIDECAR_NAME;
  }

  take(key: string): SidecarEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry) this.#taken.add(key);
    return entry;
  }

  get orphans(): string[] {
    return [...this.#entries].filter(([key]) => !this.#taken.has(key)).map(([, { file }]) => file);
  }
}

type Facts = Partial<Pick<CropRecord, 'mask' | 'maskRuns' | 'partMask' | 'garment'>>;

const KEPT = ['view', 'clothes', 'modality', 'domain', 'captions', 'garment', 'mask', 'maskRuns', 'partMask', 'instruction'] as const;
const KEPT_OF_TRACKLET = ['view', 'clothes', 'modality', 'domain', 'instruction'] as const;
const KEPT_OF_PERSON = ['captions', 'mask', 'maskRuns'] as const;

/** The facts of an entry that a record has a place for. */
function factsOf(entry: SidecarEntry, keys: readonly (keyof SidecarEntry)[]): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  for (const key of keys) if (entry[key] !== undefined) facts[key] = entry[key];
  if (entry.partBoxes) facts.partBoxes = Object.fromEntries(Object.entries(entry.partBoxes).filter(([, box]) => box !== null));
  return facts;
}

function withCropFacts(record: CropRecord, entry: SidecarEntry, conflict: (what: string) => void): CropRecord {
  const { file, identity, camera } = entry;
  const agrees = (identity === undefined || identity === record.identity) && (camera === undefined || camera === record.camera);
  if (!agrees) conflict(`${file} (identity ${identity}, camera ${camera})`);
  return { ...record, ...factsOf(entry, KEPT) };
}

function joinFrame(record: FrameRecord, sidecar: OpenSidecar): FrameRecord {
  const persons = record.persons.map((person): FramePerson => {
    const byBox = sidecarKey({ file: record.file, person: { box: [...person.box] } });
    const byIdentity = person.identity === null ? undefined : sidecarKey({ file: record.file, person: { identity: person.identity } });
    const entry = (byIdentity === undefined ? undefined : sidecar.take(byIdentity)) ?? sidecar.take(byBox);
    return entry ? { ...person, ...factsOf(entry, KEPT_OF_PERSON) } : person;
  });
  return { ...record, persons };
}

function joinCrop(record: CropRecord, sidecar: OpenSidecar, findings: FindingList): CropRecord {
  const entry = sidecar.take(record.file);
  if (!entry) {
    if (sidecar.isAboutAll) findings.addFile(`sidecar-gap ${sidecar.name}`, record.file);
    return record;
  }
  return withCropFacts(record, entry, (what) => findings.addFile(`sidecar-conflict ${sidecar.name}`, what));
}

/** What is said of the images of a tracklet: all captions, each once, and of the rest what the first image has that says it. */
function joinTracklet(record: TrackletRecord, sidecar: OpenSidecar): TrackletRecord {
  const entries = record.files.flatMap((file) => sidecar.take(file) ?? []);
  const said = entries.reduceRight<Partial<SidecarEntry>>((facts, entry) => ({ ...facts, ...entry }), {});
  const facts = Object.fromEntries(KEPT_OF_TRACKLET.flatMap((key) => (said[key] === undefined ? [] : [[key, said[key]]])));
  const captions = [...new Set(entries.flatMap((entry) => entry.captions ?? []))];
  return { ...record, ...facts, ...(captions.length > 0 ? { captions } : {}) };
}

function joinRecord<R extends ReidRecord>(record: R, sidecar: OpenSidecar, findings: FindingList): R {
  if (record.form === 'crop') return joinCrop(record, sidecar, findings) as R;
  if (record.form === 'tracklet') return joinTracklet(record, sidecar) as R;
  return record.form === 'frame' ? (joinFrame(record, sidecar) as R) : record;
}

/** Files that records name because of sidecars. */
function namedFiles(record: ReidRecord): string[] {
  const of = ({ mask, partMask, garment }: Facts): string[] => [mask, partMask, garment].filter((file) => file !== undefined);
  if (record.form === 'crop') return of(record);
  return record.form === 'frame' ? record.persons.flatMap(of) : [];
}

/** What the rules of one sidecar mean, under the rule's name without the file's. */
function explainSidecar(name: string, findings: FindingList): void {
  const sentences = {
    'sidecar-conflict': ['error', (files: readonly string[]) => `${name} disagrees with ${counted(files.length, 'file name')} about identity or camera: ${someOf(files)}; cameras in the sidecar are numbered from 0`],
    'sidecar-orphan': ['warning', (files: readonly string[]) => `${name} speaks of ${counted(files.length, 'image')} that cannot be found: ${someOf(files)}.`],
    'sidecar-gap': ['warning', (files: readonly string[]) => `${name} says nothing about ${counted(files.length, 'image')}: ${someOf(files)}.`],
  } as const; // prettier-ignore
  for (const [rule, [severity, sentence]] of Object.entries(sentences)) findings.explain(`${rule} ${name}`, severity, sentence);
}

/**
 * Joins the sidecars of a data set, if there are any, to its records: by relative path, and in frames by identity or box. Where two speak of the
 * same, the later one counts. Entries without an image go to the findings, and so do images that `records.jsonl` does not know.
 */
export async function joinSidecars<R extends ReidRecord>(
  splits: Readonly<Record<string, readonly R[]>>,
  { root, mode, excluded, ...choice }: SidecarJoin,
  findings: FindingList,
): Promise<Record<string, readonly R[]>> {
  if (mode === 'ignore') return splits;
  if (mode === 'require' && (await findSidecars(root, choice)).length === 0) {
    throw new ReidError('FILE_NOT_FOUND', `There is no file ${join(root, SIDECAR_NAME)}, nor a sidecar in ${join(root, 'sidecars')}.`, {
      hint: 'reidkit annotate makes sidecars.',
    });
  }
  let joined: Record<string, readonly R[]> = splits;
  for (const sidecar of (await readSidecars(root, choice)).map((read) => new OpenSidecar(read))) {
    joined = Object.fromEntries(
      Object.entries(joined).map(([split, records]) => [split, records.map((record) => joinRecord(record, sidecar, findings))]),
    );
    for (const file of sidecar.orphans) if (!excluded.has(file)) findings.addFile(`sidecar-orphan ${sidecar.name}`, file);
    explainSidecar(sidecar.name, findings);
  }
  for (const file of await missingOf(root, Object.values(joined).flat().flatMap(namedFiles)))
    findings.addFile('missing-file sidecars', file);
  findings.explain(
    'missing-file sidecars',
    'error',
    (files) => `${SIDECAR_NAME} names ${counted(files.length, 'file')} that cannot be found: ${someOf(files)}`,
  );
  return joined;
}
