import { ReidError, type Box } from '@reidkit/core-tensor/base';
import { boxOverlap } from './box-overlap.ts';
import type { Detection, SearchedDetections, SearchQuery } from './search-scene.ts';
import type { Scored } from './stepped-precision.ts';

/** Somebody who was found. */
type Found = Pick<Detection, 'box' | 'score'>;

/** A frame with the people found in it. */
export interface FrameOf<T extends Found> {
  /** −1 for unknown. */
  readonly camera: number;
  readonly detections: readonly T[];
}

/** How frames are searched. */
export interface FrameSearch<T extends Found> {
  /** Confidence below which a detection does not count. */
  readonly minScore: number;
  readonly ownCamera: 'searched' | 'left out';
  /** How much a detection of a frame looks like the query. */
  readonly similarity: (frame: number, position: number) => number;
  /** Changes similarities before they are compared. */
  readonly adjust?: (searched: readonly SearchedDetections<T>[]) => void;
}

/** A detection as it was judged. */
export interface JudgedDetection extends Scored {
  readonly frame: number;
  /** Position among the detections of its frame. */
  readonly position: number;
}

/** The overlap that a detection needs: half, or less for boxes so small that ten pixels are much. */
function neededOverlap([x0, y0, x1, y1]: Box): number {
  const [width, height] = [x1 - x0, y1 - y0];
  return Math.min(0.5, (width * height) / ((width + 10) * (height + 10)));
}

/** Positions from the most similar on; of equal ones the later first, as the reference sorts. */
export const bySimilarity = (similarity: Float64Array): number[] =>
  Array.from(similarity.keys()).sort((a, b) => similarity[b]! - similarity[a]! || b - a);

/** The detection that finds the person: the most similar one that lies on the true box; −1 if none does. */
function findingDetection({ detections, similarity }: SearchedDetections<Found>, truth: Box): number {
  const needed = neededOverlap(truth);
  return bySimilarity(similarity).find((at) => boxOverlap(detections[at]!.box, truth) >= needed) ?? -1;
}

function framesOf(query: Omit<SearchQuery, 'feature'>, frames: readonly FrameOf<Found>[], ownCamera: 'searched' | 'left out'): number[] {
  const listed = query.gallery ?? Array.from(frames.keys());
  return listed.filter((at) => {
    if (!frames[at]) {
      throw new ReidError('INVALID_ARGUMENT', `A query lists frame ${at} to search; expected 0 to ${frames.length - 1}.`);
    }
    return at !== query.frame && (ownCamera === 'searched' || frames[at].camera !== query.camera);
  });
}

function searchedIn<T extends Found>(
  frames: readonly FrameOf<T>[],
  at: number,
  { minScore, similarity }: FrameSearch<T>,
): SearchedDetections<T> {
  const { detections } = frames[at]!;
  const positions = Array.from(detections.keys()).filter((position) => detections[position]!.score >= minScore);
  return {
    frame: at,
    positions,
    detections: positions.map((position) => detections[position]!),
    similarity: Float64Array.from(positions, (position) => similarity(at, position)),
  };
}

/** Detections of all searched frames with what they are, and the share of true frames with the person found; undefined without any. */
export function searchFrames<T extends Found>(
  query: Omit<SearchQuery, 'feature'>,
  frames: readonly FrameOf<T>[],
  search: FrameSearch<T>,
): { readonly items: readonly JudgedDetection[]; readonly recall: number } | undefined {
  const searchable = framesOf(query, frames, search.ownCamera);
  const truth = new Map(query.truth.map(({ frame, box }) => [frame, box]));
  const present = searchable.filter((at) => truth.has(at)).length;
  if (present === 0) return undefined;
  const searched = searchable.map((at) => searchedIn(frames, at, search)).filter(({ detections }) => detections.length > 0);
  search.adjust?.(searched);
  let found = 0;
  const items = searched.flatMap((frame) => {
    const box = truth.get(frame.frame);
    const finding = box ? findingDetection(frame, box) : -1;
    if (finding >= 0) found++;
    return Array.from(frame.similarity, (score, at) => ({
      score,
      right: at === finding,
      frame: frame.frame,
      position: frame.positions[at]!,
    }));
  });
  return { items, recall: found / present };
}
