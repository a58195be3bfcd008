import type { Box } from '@reidkit/core-tensor';
import type { PersonSearchResult, SearchedFrame, SearchQuery } from '@reidkit/eval';
import type { GoldenCase } from './adapter.ts';
import { compareNumber, wholeNumbers } from './retrieval-case.ts';

/** Rows of a tensor `[n, D]` as plain numbers. */
export function rowsOf(golden: GoldenCase, key: string): number[][] {
  const { shape, data } = golden.tensor(key);
  const [rows = 0, width = 0] = shape;
  const numbers = Array.from(data as Float64Array, Number);
  return Array.from({ length: rows }, (_, row) => numbers.slice(row * width, (row + 1) * width));
}

const boxesOf = (golden: GoldenCase, key: string): Box[] => rowsOf(golden, key) as unknown as Box[];

/** The frames of a case with their detections. */
export function framesOf(golden: GoldenCase): SearchedFrame[] {
  const frames = Array.from(wholeNumbers(golden.tensor('in/frame_cam')), (camera) => ({ camera, detections: [] as SearchedFrame['detections'][number][] }));
  const [boxes, features] = [boxesOf(golden, 'in/det_box'), rowsOf(golden, 'in/det_feature')];
  const scores = golden.tensor('in/det_score').data as Float64Array;
  wholeNumbers(golden.tensor('in/det_frame')).forEach((frame, at) => {
    frames[frame]!.detections.push({ box: boxes[at]!, score: scores[at]!, feature: features[at]! });
  });
  return frames;
}

/** True boxes of a case: frame, box and identity. */
export function truthOf(golden: GoldenCase): { readonly frame: number; readonly box: Box; readonly identity: number }[] {
  const boxes = boxesOf(golden, 'in/gt_box');
  const identities = wholeNumbers(golden.tensor('in/gt_pid'));
  return Array.from(wholeNumbers(golden.tensor('in/gt_frame')), (frame, at) => ({ frame, box: boxes[at]!, identity: identities[at]! }));
}

/** The queries of a case; they search all frames. */
export function queriesOf(golden: GoldenCase, frames: readonly SearchedFrame[]): SearchQuery[] {
  const truth = truthOf(golden);
  const identities = wholeNumbers(golden.tensor('in/query_pid'));
  const features = rowsOf(golden, 'in/query_feature');
  return Array.from(wholeNumbers(golden.tensor('in/query_frame')), (frame, at) => ({
    frame,
    camera: frames[frame]!.camera,
    feature: features[at]!,
    truth: truth.filter(({ identity }) => identity === identities[at]),
  }));
}

/** Compares a search with what the case states under a prefix. */
export function compareSearch(golden: GoldenCase, prefix: string, { mAP, top, perQuery }: PersonSearchResult): void {
  golden.report.compare(`${prefix}ap`, perQuery.averagePrecision, golden.tensor(`out/${prefix}ap`));
  const ranks = [1, 5, 10].map(String);
  const rows = Array.from(perQuery.averagePrecision, (_, q) => ranks.map((rank) => perQuery.top[rank]![q]!)).flat();
  golden.report.compare(`${prefix}top`, rows, golden.tensor(`out/${prefix}top1_5_10`));
  compareNumber(golden, `${prefix}mAP`, mAP, `${prefix}mAP`);
  for (const rank of ranks) compareNumber(golden, `${prefix}top${rank}`, top[rank]!, `${prefix}top${rank}`);
}
