import {
  add,
  argMax,
  cast,
  equal,
  greater,
  logicalAnd,
  matchShape,
  max,
  mul,
  reshape,
  sub,
  sum,
  transpose,
  type Tensor,
} from '@reidkit/core-tensor';

/** Shares that differ by less are equal: they are counts of pixels, divided. */
const EQUAL = 1e-6;

/**
 * The part that most of each place belongs to: `masks [B, P, h, w]` (shares in [0, 1]), `valid [B, P]` → `[B, h · w]` int32, part p as p + 1,
 * 0 for the background, which also wins ties, −1 in images of which no part is known. Throws SHAPE_MISMATCH.
 */
export function partLabels(masks: Tensor, valid: Tensor): Tensor {
  const { B, P, h, w } = matchShape('part masks', masks.shape, ['B', 'P', 'h', 'w']);
  matchShape('which part masks are valid', valid.shape, [B, P]);
  const shares = transpose(reshape(masks, [B, P, h! * w!]), [0, 2, 1]);
  const most = max(shares, 2, true);
  const background = sub(1, sum(shares, 2));
  const asMuch = sum(cast(greater(shares, sub(most, EQUAL)), 'int32'), 2);
  const wins = logicalAnd(greater(reshape(most, [B, h! * w!]), add(background, EQUAL)), equal(asMuch, 1));
  const labels = mul(add(cast(argMax(shares, 2), 'int32'), 1), cast(wins, 'int32'));
  const known = cast(greater(sum(cast(valid, 'int32'), 1, true), 0), 'int32');
  return sub(mul(labels, known), sub(1, known));
}
