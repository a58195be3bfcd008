import { join } from 'node:path';
import type { CropRecord, Dataset, Exclusion } from '@reidkit/core-tensor/base';
import { DatasetError } from './dataset-error.ts';
import { counted, FindingList, someOf } from './finding-list.ts';
import { finishDataset } from './finish-dataset.ts';
import { listImages } from './list-images.ts';
import type { MarketStyleLayout } from './market-style-layout.ts';
import { findRoot } from './market-style-root.ts';
import { joinSidecar, type SidecarJoin } from './sidecar.ts';

/** How a data set in Market-1501's layout is read. */
export interface MarketStyleOptions {
  readonly root: string;
  /** Whether the folder of further distractors joins the gallery. */
  readonly distractors?: boolean;
  readonly sidecar?: SidecarJoin['mode'];
  readonly cameras?: number | undefined;
}

interface SplitReading {
  readonly records: readonly CropRecord[];
  readonly excluded: readonly Exclusion[];
}

type Named = { readonly identity: number; readonly camera: number };

function parseName(file: string, { pattern }: MarketStyleLayout): Named | null {
  const groups = pattern.exec(file.slice(file.lastIndexOf('/') + 1))?.groups;
  return groups ? { identity: Number(groups.identity), camera: Number(groups.camera) } : null;
}

/** The rule that leaves a file out, or null. Numbers out of range are errors: they mean another data set. */
function ruleAgainst(file: string, named: Named | null, layout: MarketStyleLayout, findings: FindingList): string | null {
  if (!named) {
    findings.addFile('name-mismatch', file);
    return `the name does not fit ${layout.example}`;
  }
  if (named.identity < 0) return 'junk: identity -1';
  if (named.camera < 1 || named.camera > (layout.cameras ?? Infinity)) findings.addFile('camera-range', file);
  if (named.identity > (layout.lastIdentity ?? Infinity)) findings.addFile('identity-range', file);
  if (layout.extension && !file.endsWith(layout.extension)) findings.addFile('unused-extension', file);
  return null;
}

async function readSplit(
  split: string,
  folder: string,
  root: string,
  layout: MarketStyleLayout,
  findings: FindingList,
): Promise<SplitReading> {
  const listing = await listImages(root, folder, findings);
  const records: CropRecord[] = [];
  const excluded = [...listing.excluded];
  for (const file of listing.images) {
    const named = parseName(file, layout);
    const rule = ruleAgainst(file, named, layout, findings);
    if (rule === null) records.push({ form: 'crop', file, identity: named!.identity, camera: named!.camera - 1, split });
    else excluded.push({ file, rule });
  }
  if (records.length > 0) return { records, excluded };
  const names = listing.images.slice(0, 3).map((file) => file.slice(folder.length + 1));
  const saw =
    names.length > 0 ? `it has ${counted(listing.images.length, 'image')}, named like ${names.join(', ')}` : 'it has no image files';
  const message = `the folder ${join(root, folder)} has no image with a name like ${layout.example}: ${saw}`;
  findings.add({ severity: 'error', rule: 'empty-split', message, files: [folder], count: 0 });
  return { records, excluded };
}

function explainNames(layout: MarketStyleLayout, findings: FindingList): void {
  findings.explain(
    'name-mismatch',
    'warning',
    (files) => `Left out: ${counted(files.length, 'image')} with a name unlike ${layout.example} (${someOf(files)}).`,
  );
  findings.explain('camera-range', 'error', (files) => {
    const range = layout.cameras === undefined ? 'cameras are numbered from 1' : `${layout.title} has cameras 1 to ${layout.cameras}`;
    return `another camera in ${counted(files.length, 'file name')} (${range}): ${someOf(files)}; data of your own in this layout are read by dataset/market-style`;
  });
  findings.explain('identity-range', 'error', (files) => {
    const range = `${layout.title} has identities up to ${layout.lastIdentity}`;
    return `a larger identity in ${counted(files.length, 'file name')} (${range}): ${someOf(files)}; data of your own in this layout are read by dataset/market-style`;
  });
  findings.explain(
    'unused-extension',
    'warning',
    (files) => `Taken all the same: ${counted(files.length, 'image')} with another extension than ${layout.extension} (${someOf(files)}).`,
  );
}

/** Reads a data set in Market-1501's layout. Rejects with FILE_NOT_FOUND or DATASET_INVALID. */
export async function readMarketStyle(base: MarketStyleLayout, options: MarketStyleOptions): Promise<Dataset> {
  const layout = options.cameras === undefined ? base : { ...base, cameras: options.cameras };
  const findings = new FindingList();
  const root = await findRoot(layout, options.root, findings);
  const wanted = Object.entries(layout.splits);
  if (options.distractors && layout.distractors) wanted.push(['gallery', layout.distractors]);
  const splits: Record<string, readonly CropRecord[]> = {};
  const excluded: Exclusion[] = [];
  for (const [split, folder] of wanted) {
    const reading = await readSplit(split, folder, root, layout, findings);
    splits[split] = [...(splits[split] ?? []), ...reading.records];
    excluded.push(...reading.excluded);
  }
  explainNames(layout, findings);
  if (findings.hasErrors) throw new DatasetError(`${layout.title} at ${root} cannot be used:`, findings.all);
  const join = { root, mode: options.sidecar ?? 'auto', excluded: new Set(excluded.map(({ file }) => file)) };
  const joined = await joinSidecar(splits, join, findings);
  return finishDataset({ name: layout.name, root, splits: joined, excluded, findings });
}
