import type { CropRecord, Finding, ReidRecord } from '@reidkit/core-tensor/base';
import { someOf } from './finding-list.ts';

/** Whether queries can be answered under the Market rule: gallery items of the same identity and camera do not count; unknown is a camera too. */
export interface RetrievalCheck {
  readonly queries: number;
  /** Queries with a true match left. */
  readonly valid: number;
  /** Files of queries whose identity is not in the gallery at all. */
  readonly absent: readonly string[];
  /** Files of queries whose matches are all of the query's own camera. */
  readonly sameCameraOnly: readonly string[];
  /** The one camera of all images, if there is only one. */
  readonly singleCamera: number | null;
  /** Whether no image has a camera. */
  readonly withoutCameras: boolean;
  /** Whether queries and gallery are of different modalities, so that one camera number means two sensors. */
  readonly isCrossModal: boolean;
}

const isCrop = (record: ReidRecord): record is CropRecord => record.form === 'crop';

function isCrossModal(queries: readonly CropRecord[], gallery: readonly CropRecord[]): boolean {
  const asked = new Set(queries.map(({ modality }) => modality));
  return !asked.has(undefined) && gallery.every(({ modality }) => modality !== undefined && !asked.has(modality));
}

/** Looks for true matches of every query; null when there are no queries or no gallery, or they are not crops. */
export function checkRetrieval(query: readonly ReidRecord[] = [], gallery: readonly ReidRecord[] = []): RetrievalCheck | null {
  const queries = query.filter(isCrop);
  const candidates = gallery.filter(isCrop);
  if (queries.length === 0 || candidates.length === 0) return null;
  const camerasOf = new Map<number, Set<number | null>>();
  for (const { identity, camera } of candidates) {
    const cameras = camerasOf.get(identity) ?? new Set();
    camerasOf.set(identity, cameras.add(camera));
  }
  const absent = queries.filter(({ identity }) => !camerasOf.has(identity));
  const sameCameraOnly = queries.filter(({ identity, camera }) => {
    const cameras = camerasOf.get(identity);
    return cameras !== undefined && cameras.size === 1 && cameras.has(camera);
  });
  const cameras = new Set([...queries, ...candidates].map(({ camera }) => camera));
  const [only] = cameras;
  return {
    queries: queries.length,
    valid: queries.length - absent.length - sameCameraOnly.length,
    absent: absent.map(({ file }) => file),
    sameCameraOnly: sameCameraOnly.map(({ file }) => file),
    singleCamera: cameras.size === 1 ? (only ?? null) : null,
    withoutCameras: cameras.size === 1 && only === null,
    isCrossModal: isCrossModal(queries, candidates),
  };
}

function matchFindings(check: RetrievalCheck): Finding[] {
  const { absent, sameCameraOnly, queries } = check;
  const files = [...absent, ...sameCameraOnly];
  if (files.length === 0) return [];
  const causes = [
    ...(absent.length > 0 ? [`${absent.length} because their identity is not in the gallery (${someOf(absent)})`] : []),
    ...(sameCameraOnly.length > 0
      ? [`${sameCameraOnly.length} because all their matches are of the same camera (${someOf(sameCameraOnly)})`]
      : []),
  ];
  const message = `No true match is left under the camera filter for ${files.length} of ${queries} queries: ${causes.join('; ')}. Such queries are not counted in the averages.`;
  const severity = files.length === queries ? 'error' : 'warning';
  return [{ severity, rule: 'no-match-in-gallery', message, count: files.length, files: files.slice(0, 100) }];
}

/** What a retrieval check means, for people. */
export function retrievalFindings(check: RetrievalCheck | null): Finding[] {
  if (!check) return [];
  if (check.singleCamera !== null) {
    const message = `All ${check.queries} queries and the whole gallery are of camera ${check.singleCamera}, so the camera filter removes every true match. Training is possible; evaluate with cameraFilter "none", or give the cameras their true numbers.`;
    const severity = check.isCrossModal ? 'warning' : 'error';
    return [{ severity, rule: 'single-camera', message, count: check.queries }];
  }
  if (check.withoutCameras) {
    const message =
      'No image has a camera, and unknown equals unknown, so the camera filter would remove every true match. Evaluate with cameraFilter "none".';
    return [{ severity: 'warning', rule: 'no-cameras', message, count: check.queries }];
  }
  return matchFindings(check);
}

/** People who are in training and in test. */
export function overlapFindings(splits: Readonly<Record<string, readonly ReidRecord[]>>): Finding[] {
  const people = (records: readonly ReidRecord[] = []): Set<number> =>
    new Set(records.filter(isCrop).flatMap(({ identity }) => (identity > 0 ? [identity] : [])));
  const tested = new Set([...people(splits.query), ...people(splits.gallery)]);
  const shared = [...people(splits.train)].filter((identity) => tested.has(identity)).sort((a, b) => a - b);
  if (shared.length === 0) return [];
  const message = `In training and in test: ${shared.length} of the identities (${someOf(shared.map(String))}); scores would be too good.`;
  return [{ severity: 'warning', rule: 'identity-overlap', message, count: shared.length }];
}
