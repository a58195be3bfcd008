import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Annotation, AnnotationItem, Box, Dataset, ReidRecord } from '@reidkit/core-tensor/base';
import { imageSize } from '../image/image-size.ts';
import { sidecarKey } from '../sidecars/read-sidecar.ts';
import type { SidecarEntry } from '../sidecars/sidecar-line.ts';

/** Something to annotate whose size is not read yet. */
export interface OpenItem {
  readonly key: string;
  readonly about: Pick<SidecarEntry, 'file' | 'person'>;
  readonly box?: Box;
  readonly identity: number | null;
  readonly known: Annotation;
}

const known = (facts: object): Annotation => {
  const { captions, partBoxes, maskRuns } = facts as Annotation;
  return { ...(captions ? { captions } : {}), ...(partBoxes ? { partBoxes } : {}), ...(maskRuns ? { maskRuns } : {}) };
};

function itemsOfRecord(record: ReidRecord): OpenItem[] {
  if (record.form === 'crop') {
    const about = { file: record.file };
    return [{ key: sidecarKey(about), about, identity: record.identity, known: known(record) }];
  }
  if (record.form !== 'frame') return [];
  return record.persons.map((person) => {
    const { identity, box } = person;
    const who = identity === null ? { box: [...box] as [number, number, number, number] } : { identity };
    const about = { file: record.file, person: who };
    return { key: sidecarKey(about), about, box, identity, known: known(person) };
  });
}

/** What there is to annotate in splits of a data set, each image and each person in a frame once, in the order of the records. */
export function annotationItems({ splits }: Dataset, names: readonly string[] = Object.keys(splits)): OpenItem[] {
  const items = names.flatMap((name) => (splits[name] ?? []).flatMap(itemsOfRecord));
  return [...new Map(items.map((item) => [item.key, item])).values()];
}

/** The item as an annotator gets it; null when the image does not tell its size. */
export async function openItem(root: string, { about, box, identity, known: facts }: OpenItem): Promise<AnnotationItem | null> {
  const path = join(root, about.file);
  const size = await imageSize(path);
  if (!size) return null;
  return { file: about.file, ...size, ...(box ? { person: { identity, box } } : {}), known: facts, bytes: () => readFile(path) };
}
