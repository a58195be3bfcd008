import { ReidError } from '@reidkit/core-tensor/base';
import type { RetrievalSummary } from './summarize.ts';

/** An evaluation of a model on data that it was or was not trained on. */
export interface DomainResult {
  /** Data sets of training; several for multi-source generalization. */
  readonly sources: readonly string[];
  readonly target: string;
  readonly summary: Pick<RetrievalSummary, 'mAP' | 'cmc'>;
}

/** Figures of one cell: fractions in [0, 1]. */
export interface DomainCell {
  readonly mAP: number;
  readonly rank1: number;
}

/** A table of sources by targets. */
export interface CrossDomainTable {
  readonly targets: readonly string[];
  readonly rows: readonly {
    /** `Market1501 + MSMT17`. */
    readonly sources: string;
    /** By target; null where nothing was evaluated. */
    readonly cells: readonly (DomainCell | null)[];
    /** Mean over the targets that were not trained on; null without any. */
    readonly mean: DomainCell | null;
  }[];
}

const meanOf = (cells: readonly DomainCell[]): DomainCell | null =>
  cells.length === 0
    ? null
    : {
        mAP: cells.reduce((sum, { mAP }) => sum + mAP, 0) / cells.length,
        rank1: cells.reduce((sum, { rank1 }) => sum + rank1, 0) / cells.length,
      };

/**
 * Puts evaluations into a table of training data by test data, in the order in which they first appear. The mean of a row leaves out targets
 * that were trained on, as cross-domain tables do. Throws INVALID_ARGUMENT for two results of one cell.
 */
export function crossDomainTable(results: readonly DomainResult[]): CrossDomainTable {
  const nameOf = (sources: readonly string[]): string => sources.join(' + ');
  const targets = [...new Set(results.map(({ target }) => target))];
  const rows = [...new Set(results.map(({ sources }) => nameOf(sources)))].map((name) => {
    const own = results.filter(({ sources }) => nameOf(sources) === name);
    const found = targets.map((target) => own.filter((result) => result.target === target));
    const twice = found.findIndex((list) => list.length > 1);
    if (twice >= 0) {
      throw new ReidError('INVALID_ARGUMENT', `crossDomainTable got ${found[twice]!.length} results of ${name} on ${targets[twice]}.`, {
        hint: 'average over seeds first, or make one table for each.',
      });
    }
    const cells = found.map(([result]) => (result ? { mAP: result.summary.mAP, rank1: result.summary.cmc['1'] ?? 0 } : null));
    const unseen = cells.filter((cell, at) => cell !== null && !own[0]!.sources.includes(targets[at]!)) as DomainCell[];
    return { sources: name, cells, mean: meanOf(unseen) };
  });
  return { targets, rows };
}
