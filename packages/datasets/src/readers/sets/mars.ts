import { join } from 'node:path';
import { defineComponent, type Dataset, type DatasetReader, type Exclusion, type TrackletRecord } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { matField, matNumbers, matRows } from '../../files/mat-values.ts';
import { joinSidecars } from '../../sidecars/join-sidecars.ts';
import { cropOptions } from '../crop-options.ts';
import { findRoot } from '../data-root.ts';
import { FindingList, someOf } from '../finding-list.ts';
import { finishDataset } from '../finish-dataset.ts';
import { missingOf } from '../present-files.ts';
import { readAnnotation } from '../read-annotation.ts';
import { readLines } from '../read-lines.ts';

/** What MARS is known by. */
export const MARS_SEARCH = {
  title: 'MARS',
  folders: ['mars', 'MARS'],
  needs: [
    'info/train_name.txt',
    'info/test_name.txt',
    'info/tracks_train_info.mat',
    'info/tracks_test_info.mat',
    'info/query_IDX.mat',
    'bbox_train',
    'bbox_test',
  ],
};

interface Track {
  readonly files: readonly string[];
  readonly identity: number;
  readonly camera: number;
}

const NAME = /^(?<identity>\d{4}|00-1)C(?<camera>\d)T\d+F\d+\.jpg$/;
const FOLDER_LETTERS = 4;

async function namesIn(root: string, list: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { text } of readLines(join(root, list))) names.push(text.trim());
  return names;
}

/** Whether images of a track are of the person and camera that its row says. */
function agrees(names: readonly string[], identity: number, camera: number): boolean {
  return names.every((name) => {
    const groups = NAME.exec(name)?.groups;
    if (!groups) return false;
    return (groups.identity === '00-1' ? -1 : Number(groups.identity)) === identity && Number(groups.camera) === camera;
  });
}

/** Tracks of a part: rows of first and last image (numbers from 1 into the list of names), person, camera. */
async function tracksOf(root: string, part: 'train' | 'test', findings: FindingList): Promise<Track[]> {
  const list = `info/${part}_name.txt`;
  const names = await namesIn(root, list);
  const info = `info/tracks_${part}_info.mat`;
  const rows = await readAnnotation({ root, findings }, info, (variables) => matRows(matField(variables, `track_${part}_info`, info), 4));
  const bad: string[] = [];
  const tracks = (rows ?? []).map(([first, end, identity, camera], row) => {
    const images = names.slice(first! - 1, end);
    const isWhole = first! >= 1 && end! >= first! && images.length === end! - first! + 1;
    if (!isWhole || !agrees(images, identity!, camera!)) bad.push(`row ${row + 1}`);
    return { files: images.map((name) => `bbox_${part}/${name.slice(0, FOLDER_LETTERS)}/${name}`), identity: identity!, camera: camera! };
  });
  if (bad.length > 0) {
    const message = `${info}: the images of ${someOf(bad)} are not in ${list}, or of another person or camera`;
    findings.add({ severity: 'error', rule: 'bad-line', message, files: [info], count: bad.length });
  }
  return tracks;
}

const recordOf = ({ files, identity, camera }: Track, split: string): TrackletRecord => ({
  form: 'tracklet',
  files,
  identity,
  camera: camera - 1,
  split,
});

const options = z.strictObject(cropOptions);

async function read({ root: given, sidecar: mode }: z.output<typeof options>): Promise<Dataset> {
  const findings = new FindingList();
  const root = await findRoot(MARS_SEARCH, given, findings);
  const train = await tracksOf(root, 'train', findings);
  const test = await tracksOf(root, 'test', findings);
  const path = 'info/query_IDX.mat';
  const asked = await readAnnotation({ root, findings }, path, (variables) => [...matNumbers(matField(variables, 'query_IDX', path))]);
  const queries = new Set(asked?.map((place) => place - 1));
  const places = new Map(test.map((track, place) => [track, place]));
  const taken = test.filter(({ identity }) => identity >= 0);
  const splits = {
    train: train.filter(({ identity }) => identity >= 0).map((track) => recordOf(track, 'train')),
    query: taken.filter((track) => queries.has(places.get(track)!)).map((track) => recordOf(track, 'query')),
    gallery: taken.filter((track) => !queries.has(places.get(track)!)).map((track) => recordOf(track, 'gallery')),
  };
  const missing = await missingOf(root, Object.values(splits).flat().flatMap(({ files }) => files)); // prettier-ignore
  if (missing.length > 0) {
    const message = `the lists name ${missing.length} images that are not there: ${someOf(missing)}`;
    findings.add({ severity: 'error', rule: 'missing-file', message, count: missing.length, files: missing.slice(0, 100) });
  }
  const excluded: Exclusion[] = [...train, ...test]
    .filter(({ identity }) => identity < 0)
    .flatMap(({ files }) => files.map((file) => ({ file, rule: 'junk: identity -1' })));
  const joined = await joinSidecars(splits, { root, mode, excluded: new Set(excluded.map(({ file }) => file)) }, findings);
  return finishDataset({ name: 'mars', root, splits: joined, excluded, findings });
}

/**
 * `dataset/mars`. Tracklets: bbox_train and bbox_test by person, and the lists in info. Identity −1 is junk, 0 a distractor. Zheng et al.,
 * "MARS: A Video Benchmark for Large-Scale Person Re-identification", ECCV 2016; for academic research.
 */
export const mars = defineComponent({
  summary: 'MARS: tracklets of 1,261 people before six cameras; for academic research.',
  paper: 'https://doi.org/10.1007/978-3-319-46466-4_52',
  options,
  build: (chosen): DatasetReader => ({ name: 'mars', read: () => read(chosen) }),
});
