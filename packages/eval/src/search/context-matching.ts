import { bestMatching } from './best-matching.ts';
import { similarityOf, type SearchedDetections } from './search-scene.ts';

/** How far context matching goes. */
export interface ContextMatching {
  /** Detections, the most similar ones, whose frames are matched. */
  readonly k1: number;
  /** People of the query's frame that are matched, the query among them. */
  readonly k2: number;
}

/** Frames that own one of the most similar detections. */
function touchedFrames(frames: readonly SearchedDetections[], count: number): SearchedDetections[] {
  const all = frames.flatMap((frame) => Array.from(frame.similarity, (similarity) => ({ frame, similarity })));
  all.sort((a, b) => a.similarity - b.similarity);
  return [...new Set(all.slice(-count).map(({ frame }) => frame))];
}

/**
 * Context bipartite graph matching: in every frame with one of the `k1` most similar detections, the people around the query are matched with
 * the people there, and the detection matched to the query gets the largest similarity of any matched pair. Changes `similarity`.
 * @see Li and Miao, "Sequential End-to-end Network for Efficient Person Search" (AAAI 2021), section 3.4; as in its code, the largest edge and
 * not the sum is taken.
 */
export function matchContext(
  frames: readonly SearchedDetections[],
  people: readonly ArrayLike<number>[],
  { k1, k2 }: ContextMatching,
): void {
  const context = people.slice(0, k2);
  for (const { detections, similarity } of touchedFrames(frames, k1)) {
    const weights = context.map((person) => detections.map(({ feature }) => similarityOf(person, feature)));
    const matched = bestMatching((row, column) => weights[row]![column]!, context.length, detections.length);
    const own = matched[0] ?? -1;
    if (own < 0) continue;
    similarity[own] = Math.max(...Array.from(matched.entries(), ([row, column]) => (column < 0 ? -Infinity : weights[row]![column]!)));
  }
}
