import { resizePositions, type PositionResize } from '@reidkit/encoders';
import type { GoldenCase } from './adapter.ts';
import { hostNumbers } from './golden-tensors.ts';

/** Compares the resized positions of a case, and that they are those of its model. */
export function comparePositions(golden: GoldenCase, resize: PositionResize): void {
  const { data } = resizePositions(hostNumbers(golden.tensor('in/checkpoint_pos_embed')), resize);
  golden.report.compare('resized_pos_embed', data, golden.tensor('out/resized_pos_embed'));
  golden.report.compare('resized_pos_embed as loaded', data, golden.tensor('w/pos_embed'), { atol: 1e-5 });
}
