import { type Box, type CropRecord, type FrameRecord, type GalleryScene, type QueryScene, ReidError } from '@reidkit/core-tensor';
import type { Detections } from '@reidkit/datasets';

/** People of frames as the images that descriptors are made of, and where they were. */
export interface FramePeople<Scene> {
  /** Each person's box, cut out of its frame. */
  readonly records: readonly CropRecord[];
  /** What is known of those whose image could be read, in their order. */
  sceneOf(read: readonly CropRecord[]): Scene;
}

/** Identity that stands for somebody unknown: no query has it. */
const UNKNOWN = -1;

const crop = ({ file, split, camera }: FrameRecord, identity: number | null, box: Box): CropRecord => ({
  form: 'crop',
  file,
  split,
  camera,
  identity: identity ?? UNKNOWN,
  cut: box,
});

const placesOf = (frames: readonly FrameRecord[]): Map<string, number> => new Map(frames.map(({ file }, at) => [file, at]));

/** Positions of records among others, by the objects themselves. */
function positionsOf(records: readonly CropRecord[]): (read: readonly CropRecord[]) => number[] {
  const places = new Map(records.map((record, at) => [record, at]));
  return (read) => read.map((record) => places.get(record)!);
}

interface Found {
  readonly record: CropRecord;
  readonly frame: number;
  readonly score: number;
}

const trulyThere = (frames: readonly FrameRecord[]): Found[] =>
  frames.flatMap((frame, at) => frame.persons.map(({ identity, box }) => ({ record: crop(frame, identity, box), frame: at, score: 1 })));

const detected = (frames: readonly FrameRecord[], detections: Detections): Found[] =>
  frames.flatMap((frame, at) => {
    const { boxes, scores } = detections.frames.get(frame.file) ?? { boxes: [], scores: [] };
    return boxes.map((box, i) => ({ record: crop(frame, null, box), frame: at, score: scores[i]! }));
  });

/** The people of a gallery of frames: those who were detected, or the true ones. Throws DATASET_INVALID when there are none. */
export function galleryPeople(frames: readonly FrameRecord[], detections?: Detections): FramePeople<GalleryScene> {
  const found = detections ? detected(frames, detections) : trulyThere(frames);
  if (found.length === 0) {
    throw new ReidError('DATASET_INVALID', `Nobody was found in ${frames.length} frames of the gallery.`, {
      hint: detections ? `the detections name frames such as "${[...detections.frames.keys()][0]}", the data "${frames[0]?.file}".` : 'are these frames annotated?', // prettier-ignore
    });
  }
  const records = found.map(({ record }) => record);
  const positions = positionsOf(records);
  return {
    records,
    sceneOf(read) {
      const kept = positions(read).map((at) => found[at]!);
      return {
        cameras: Int32Array.from(frames, ({ camera }) => camera ?? -1),
        frames: Int32Array.from(kept, ({ frame }) => frame),
        boxes: kept.map(({ record }) => record.cut!),
        scores: Float32Array.from(kept, ({ score }) => score),
        truth: frames.flatMap(({ persons }, frame) => persons.map(({ identity, box }) => ({ frame, identity, box }))),
      };
    },
  };
}

/** The people of queries: everybody with an identity in each frame. Throws DATASET_INVALID when there are none. */
export function queryPeople(queries: readonly FrameRecord[], gallery: readonly FrameRecord[]): FramePeople<QueryScene> {
  const asked = queries.flatMap((query) =>
    query.persons.flatMap(({ identity, box }) => (identity === null ? [] : [{ query, record: crop(query, identity, box) }])),
  );
  if (asked.length === 0) {
    throw new ReidError('DATASET_INVALID', `Nobody in ${queries.length} frames of the queries has an identity to search for.`);
  }
  const places = placesOf(gallery);
  const searchedBy = ({ gallery: listed }: FrameRecord): number[] | undefined => listed?.flatMap((file) => places.get(file) ?? []);
  const records = asked.map(({ record }) => record);
  const positions = positionsOf(records);
  return {
    records,
    sceneOf(read) {
      const kept = positions(read).map((at) => asked[at]!.query);
      return { frames: Int32Array.from(kept, ({ file }) => places.get(file) ?? -1), searched: kept.map(searchedBy) };
    },
  };
}

/** Which boxes were searched, in a sentence for results. */
export function inWords(gallery: readonly FrameRecord[], detections?: Detections): string {
  if (!detections) return 'People in frames: the true boxes, so nothing is said about finding people.';
  const known = gallery.filter(({ file }) => detections.frames.has(file)).length;
  const without = known < gallery.length ? ` ${gallery.length - known} of ${gallery.length} frames have none.` : '';
  const others = detections.frames.size > known ? ` ${detections.frames.size - known} frames of the file are not in the gallery.` : '';
  return `People in frames: ${detections.count} boxes of ${detections.detector ?? 'a detector'}, SHA-256 ${detections.hash.slice(0, 16)}.${without}${others}`;
}
