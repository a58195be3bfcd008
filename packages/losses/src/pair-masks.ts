import { cast, equal, greaterEqual, logicalAnd, logicalNot, matchShape, reshape, type Tensor } from '@reidkit/core-tensor';

/** Which rows and pairs of a batch a loss is about. */
export interface PairMasks {
  /** Rows with a label that are no padding `[B]`, as truth values. */
  readonly rows: Tensor;
  /** Pairs of one identity, each row with itself too `[B, B]`. */
  readonly same: Tensor;
  /** Pairs of two identities `[B, B]`. */
  readonly different: Tensor;
}

/** Rows that count: a label from 0 on and, where given, `valid [B]`: `[B]` truth values. Throws SHAPE_MISMATCH. */
export function rowsInUse(labels: Tensor, valid?: Tensor): Tensor {
  const labelled = greaterEqual(labels, 0);
  if (!valid) return labelled;
  matchShape('the rows that count', valid.shape, labels.shape);
  return logicalAnd(labelled, cast(valid, 'bool'));
}

/** Pairs by identity: `labels [B]` int32, `valid [B]` → masks. Rows that do not count are in no pair. Throws SHAPE_MISMATCH. */
export function pairMasks(labels: Tensor, valid?: Tensor): PairMasks {
  const { B } = matchShape('pairs of labels', labels.shape, ['B']);
  const rows = rowsInUse(labels, valid);
  const both = logicalAnd(reshape(rows, [B, 1]), reshape(rows, [1, B]));
  const equalLabels = equal(reshape(labels, [B, 1]), reshape(labels, [1, B]));
  return { rows, same: logicalAnd(both, equalLabels), different: logicalAnd(both, logicalNot(equalLabels)) };
}
