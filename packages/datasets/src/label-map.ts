import type { ReidRecord } from '@reidkit/core-tensor/base';

/** Labels 0 … C − 1 for identities (or outfits), in numeric order. */
export interface LabelMap {
  /** The identity behind each label: what a checkpoint stores. */
  readonly values: readonly number[];
  /** Label of a value; −1 for one that is not among them. */
  labelOf(value: number | null | undefined): number;
}

/** A label map of the distinct values, in numeric order. */
export function createLabelMap(values: Iterable<number>): LabelMap {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const labels = new Map(sorted.map((value, label) => [value, label]));
  return { values: sorted, labelOf: (value) => (value === null || value === undefined ? -1 : (labels.get(value) ?? -1)) };
}

/**
 * Labels of the identities in a training split; negative identities (junk) get none.
 *
 * @example
 * ```ts
 * import { identityLabels } from '@reidkit/datasets';
 * const crop = (identity: number) => ({ form: 'crop', file: 'x.jpg', identity, camera: 0, split: 'train' }) as const;
 * const labels = identityLabels([crop(30), crop(3), crop(30)]);
 * console.assert(labels.labelOf(3) === 0 && labels.labelOf(30) === 1 && labels.labelOf(4) === -1);
 * ```
 */
export function identityLabels(records: readonly ReidRecord[]): LabelMap {
  return createLabelMap(records.flatMap((record) => ('identity' in record && record.identity >= 0 ? [record.identity] : [])));
}

/** Labels of the outfits in a training split. */
export function clothesLabels(records: readonly ReidRecord[]): LabelMap {
  return createLabelMap(records.flatMap((record) => (record.form === 'crop' && record.clothes !== undefined ? [record.clothes] : [])));
}
