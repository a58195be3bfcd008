import type { Dataset, Finding, Fingerprint, ReidRecord } from '@reidkit/core-tensor/base';
import { cameraOf, countSplit, identitiesOf } from '../readers/fingerprint.ts';
import { checkRetrieval, type RetrievalCheck } from '../readers/retrieval-check.ts';
import type { ContentCheck } from './check-content.ts';
import { publishedCounts, type PublishedCounts } from './published-counts.ts';

/** Records per identity. */
export interface IdentitySpread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
  /** Identities that have so many records: number of records to number of identities. */
  readonly histogram: Readonly<Record<number, number>>;
}

/** What a split holds. */
export interface SplitReport {
  readonly records: number;
  readonly identities: number;
  readonly cameras: number;
  readonly published?: PublishedCounts;
  /** Records per camera; "unknown" for those without one. */
  readonly perCamera: Readonly<Record<string, number>>;
  readonly perIdentity: IdentitySpread;
}

/** What was left out under one rule. */
export interface ExclusionReport {
  readonly rule: string;
  readonly count: number;
  /** The first ten. */
  readonly files: readonly string[];
}

/** Everything that can be said about a data set before hours of training. */
export interface DatasetReport {
  readonly dataset: string;
  readonly root: string | null;
  /** Whether nothing that was found is an error. */
  readonly ok: boolean;
  readonly fingerprint: Fingerprint | null;
  readonly splits: Readonly<Record<string, SplitReport>>;
  /** Where the published counts are from. */
  readonly publishedSource?: string;
  readonly excluded: readonly ExclusionReport[];
  /** Whether queries can be answered under the Market rule; null without query and gallery. */
  readonly retrieval: RetrievalCheck | null;
  readonly findings: readonly Finding[];
  /** What looking into the files gave, where asked for. */
  readonly content: ContentCheck | null;
}

function countBy<T>(values: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function spreadOf(records: readonly ReidRecord[]): IdentitySpread {
  const sizes = [...countBy(records.flatMap(identitiesOf)).values()].sort((a, b) => a - b);
  return {
    least: sizes[0] ?? 0,
    median: sizes[sizes.length >> 1] ?? 0,
    most: sizes.at(-1) ?? 0,
    histogram: Object.fromEntries(countBy(sizes)),
  };
}

function splitReport(dataset: Dataset, split: string): SplitReport {
  const records = dataset.splits[split]!;
  const published = publishedCounts(dataset.name, dataset.fingerprint.version)?.splits[split];
  const cameras = [...countBy(records.map(cameraOf))].sort(([a], [b]) => (a ?? -1) - (b ?? -1));
  const nameOf = (camera: number): string => dataset.cameraNames?.[camera] ?? String(camera);
  return {
    ...countSplit(records),
    ...(published ? { published } : {}),
    perCamera: Object.fromEntries(cameras.map(([camera, count]) => [camera === null ? 'unknown' : nameOf(camera), count])),
    perIdentity: spreadOf(records),
  };
}

function exclusionReports({ excluded }: Dataset): ExclusionReport[] {
  const files = new Map<string, string[]>();
  for (const { rule, file } of excluded) files.set(rule, [...(files.get(rule) ?? []), file]);
  return [...files].map(([rule, all]) => ({ rule, count: all.length, files: all.slice(0, 10) }));
}

function publishedFindings(splits: Readonly<Record<string, SplitReport>>): Finding[] {
  return Object.entries(splits).flatMap(([split, { records, identities, published }]) => {
    if (!published || (published.records === records && published.identities === identities)) return [];
    const message = `Split "${split}" has ${records} records of ${identities} identities; published are ${published.records} of ${published.identities}.`;
    return [{ severity: 'info', rule: 'other-counts', message } as const];
  });
}

const hasError = (findings: readonly Finding[]): boolean => findings.some(({ severity }) => severity === 'error');

/** The report of a data set that could be read. */
export function reportDataset(dataset: Dataset, content: ContentCheck | null): DatasetReport {
  const splits = Object.fromEntries(Object.keys(dataset.splits).map((split) => [split, splitReport(dataset, split)]));
  const findings = [...dataset.findings, ...publishedFindings(splits), ...(content?.findings ?? [])];
  const source = publishedCounts(dataset.name, dataset.fingerprint.version)?.source;
  return {
    dataset: dataset.name,
    root: dataset.root,
    ...(source === undefined ? {} : { publishedSource: source }),
    ok: !hasError(findings),
    fingerprint: dataset.fingerprint,
    splits,
    excluded: exclusionReports(dataset),
    retrieval: checkRetrieval(dataset.splits.query, dataset.splits.gallery),
    findings,
    content,
  };
}

/** The report of a data set that could not be read. */
export function reportFailure(dataset: string, findings: readonly Finding[]): DatasetReport {
  return { dataset, root: null, ok: false, fingerprint: null, splits: {}, excluded: [], retrieval: null, findings, content: null };
}
