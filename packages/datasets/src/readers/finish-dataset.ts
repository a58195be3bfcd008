import type { Dataset, Exclusion, ReidRecord } from '@reidkit/core-tensor/base';
import { DatasetError } from './dataset-error.ts';
import { explainLinks } from './list-images.ts';
import type { FindingList } from './finding-list.ts';
import { fingerprint } from './fingerprint.ts';
import { naturalOrder } from './natural-order.ts';
import { checkRetrieval, overlapFindings, retrievalFindings } from './retrieval-check.ts';

/** What a reader gathered. */
export interface GatheredDataset {
  readonly name: string;
  readonly root: string;
  readonly splits: Readonly<Record<string, readonly ReidRecord[]>>;
  readonly excluded: readonly Exclusion[];
  readonly findings: FindingList;
  readonly version?: string;
  readonly identityNames?: readonly string[];
  readonly cameraNames?: readonly string[];
  readonly clothesNames?: readonly string[];
  /** Whether errors are only reported, because the caller asked to go on with the rest. */
  readonly goesOn?: boolean;
  /** Whether people of training and of test are numbered apart, so that equal numbers are other people. */
  readonly numbersRestart?: boolean;
}

function fileOf(record: ReidRecord): string {
  if (record.form === 'text') return `${record.identity} ${record.text}`;
  return record.form === 'tracklet' ? record.files[0]! : record.file;
}

/**
 * The data set from what a reader gathered: sorted, with its fingerprint and with what can be said about evaluating on it. Throws
 * DATASET_INVALID with every error found while reading.
 */
export function finishDataset({ findings, goesOn = false, numbersRestart = false, ...gathered }: GatheredDataset): Dataset {
  explainLinks(findings);
  if (findings.hasErrors && !goesOn) throw new DatasetError(`${gathered.name} at ${gathered.root} cannot be used:`, findings.all);
  const splits = Object.fromEntries(
    Object.entries(gathered.splits).map(([name, records]) => [name, [...records].sort((a, b) => naturalOrder(fileOf(a), fileOf(b)))]),
  );
  return {
    ...gathered,
    splits,
    fingerprint: fingerprint(gathered.name, splits, gathered.version),
    findings: [
      ...findings.all,
      ...retrievalFindings(checkRetrieval(splits.query, splits.gallery)),
      ...(numbersRestart ? [] : overlapFindings(splits)),
    ],
  };
}
