import { ReidError, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { findingsOf } from '../readers/dataset-error.ts';
import { checkContent, type ContentCheckOptions } from './check-content.ts';
import { reportDataset, reportFailure, type DatasetReport } from './dataset-report.ts';

/** How thoroughly a data set is checked. */
export interface DatasetCheckOptions extends ContentCheckOptions {
  /** Also reads and decodes every image: finds unreadable ones and duplicates across splits. */
  readonly deep?: boolean;
}

/**
 * Checks a data set, or what a reader finds: counts beside published ones, what was left out by which rule, histograms, whether queries can
 * be answered. A data set that cannot be read gives a report that says why; only errors that are no ReidError are thrown.
 */
export async function checkDataset(source: Dataset | DatasetReader, options: DatasetCheckOptions = {}): Promise<DatasetReport> {
  let dataset: Dataset;
  try {
    dataset = 'read' in source ? await source.read() : source;
  } catch (error) {
    if (!ReidError.is(error)) throw error;
    return reportFailure(source.name, findingsOf(error) ?? [{ severity: 'error', rule: error.code, message: error.message }]);
  }
  return reportDataset(dataset, options.deep ? await checkContent(dataset, options) : null);
}
