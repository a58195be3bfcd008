import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineComponent, type Dataset, type DatasetReader, type FramePerson, type FrameRecord } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { matItems, matRows, matText, type MatValue } from '../../files/mat-values.ts';
import { joinSidecars } from '../../sidecars/join-sidecars.ts';
import { findRoot, type RootSearch } from '../data-root.ts';
import { counted, FindingList, someOf } from '../finding-list.ts';
import { finishDataset } from '../finish-dataset.ts';
import { FrameBoxes, type CornerAndSize } from '../frame-boxes.ts';
import { missingOf } from '../present-files.ts';
import { readAnnotation } from '../read-annotation.ts';
import { searchOptions } from '../search-options.ts';

/** What PRW's folder is known by. */
export const PRW_SEARCH: RootSearch = {
  title: 'PRW',
  folders: ['PRW', 'PRW-v16.04.20', 'prw'],
  needs: ['frames', 'annotations', 'frame_train.mat', 'frame_test.mat', 'query_info.txt'],
};

const UNKNOWN = -2;

/** The variables that an annotation may be in, the best one first. */
const KEYS = ['box_new', 'anno_file', 'anno_previous'];

const options = z.strictObject(searchOptions);

type Options = z.output<typeof options>;

interface Reading {
  readonly root: string;
  readonly name: string;
  readonly findings: FindingList;
  readonly boxes: FrameBoxes;
}

const frameFile = (frame: string): string => `frames/${frame}.jpg`;

/** The camera that a frame's name begins with, from 0. */
function cameraOf(frame: string, { findings }: Reading): number | null {
  const camera = /^c([1-6])s/.exec(frame)?.[1];
  if (camera === undefined) findings.addFile('name-mismatch', frameFile(frame));
  return camera === undefined ? null : Number(camera) - 1;
}

function rowsOf(variables: ReadonlyMap<string, MatValue>): number[][] | undefined {
  const key = KEYS.find((name) => variables.has(name));
  return key === undefined ? undefined : matRows(variables.get(key)!, 5);
}

async function readFrame(frame: string, split: string, reading: Reading): Promise<FrameRecord | null> {
  const { root, findings, boxes } = reading;
  const annotation = `annotations/${frame}.jpg.mat`;
  const file = frameFile(frame);
  const read = await readAnnotation(reading, annotation, (variables) => ({ rows: rowsOf(variables), names: [...variables.keys()] }));
  if (read && !read.rows) {
    const message = `${annotation} has none of ${KEYS.join(', ')}: it has ${someOf(read.names) || 'nothing'}`;
    findings.add({ severity: 'error', rule: 'unreadable-annotation', message, files: [annotation] });
  }
  if (!read?.rows) return null;
  const size = await boxes.size(root, file);
  const persons = read.rows.flatMap(([id, ...raw]): FramePerson[] => {
    const box = boxes.box(raw as unknown as CornerAndSize, { annotation, who: `person ${id}`, size });
    return box ? [{ identity: id === UNKNOWN ? null : id!, box }] : [];
  });
  return { form: 'frame', file, split, camera: cameraOf(frame, reading), persons };
}

async function readSplit(split: string, list: string, reading: Reading): Promise<FrameRecord[]> {
  const variable = `img_index_${split === 'train' ? 'train' : 'test'}`;
  const frames = await readAnnotation(reading, list, (variables) => {
    const named = variables.get(variable) ?? [...variables.values()][0];
    return named ? matItems(named).map((item) => matText(item).replace(/\.jpg$/, '')) : [];
  });
  if (frames?.length === 0) {
    reading.findings.add({ severity: 'error', rule: 'empty-split', message: `${list} lists no frames`, files: [list], count: 0 });
  }
  const records: FrameRecord[] = [];
  for (const frame of frames ?? []) {
    const record = await readFrame(frame, split, reading);
    if (record) records.push(record);
  }
  return records;
}

const QUERY_LINE = /^(-?\d+)((?:\s+-?\d+(?:\.\d*)?(?:e[+-]?\d+)?){4})\s+(\S+)\s*$/i;

/** One record per query: the frame with the one person who is searched for. */
async function readQueries(reading: Reading): Promise<FrameRecord[]> {
  const { root, findings, boxes } = reading;
  const list = 'query_info.txt';
  const records: FrameRecord[] = [];
  const lines = (await readFile(join(root, list), 'utf8')).split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const match = QUERY_LINE.exec(line);
    if (!match) {
      const message = `${list} line ${index + 1}: expected "identity x y width height frame", got ${JSON.stringify(line.slice(0, 80))}`;
      findings.add({ severity: 'error', rule: 'bad-line', message, files: [list] });
      continue;
    }
    const frame = match[3]!.replace(/\.jpg$/, '');
    const file = frameFile(frame);
    const raw = match[2]!.trim().split(/\s+/).map(Number) as unknown as CornerAndSize;
    const who = `line ${index + 1}`;
    const box = boxes.box(raw, { annotation: list, who, isQuery: true, size: await boxes.size(root, file) });
    if (!box) continue;
    records.push({ form: 'frame', file, split: 'query', camera: cameraOf(frame, reading), persons: [{ identity: Number(match[1]), box }] });
  }
  return records;
}

async function read({ root: given, boxes: rule, sidecar: mode }: Options, name: string): Promise<Dataset> {
  const findings = new FindingList();
  const root = await findRoot(PRW_SEARCH, given, findings);
  const boxes = new FrameBoxes(rule);
  const reading: Reading = { root, name, findings, boxes };
  const splits = {
    train: await readSplit('train', 'frame_train.mat', reading),
    gallery: await readSplit('gallery', 'frame_test.mat', reading),
    query: await readQueries(reading),
  };
  for (const file of await missingOf(
    root,
    Object.values(splits).flatMap((records) => records.map((record) => record.file)),
  )) {
    findings.addFile('missing-file', file);
  }
  findings.explain(
    'missing-file',
    'error',
    (files) => `the lists name ${counted(files.length, 'frame')} that cannot be found: ${someOf(files)}`,
  );
  findings.explain('name-mismatch', 'warning', (files) => `No camera in the name of ${counted(files.length, 'frame')}, unlike c1s1_000151.jpg (${someOf(files)}).`); // prettier-ignore
  boxes.explain(findings);
  const joined = await joinSidecars(splits, { root, mode, excluded: new Set() }, findings);
  return finishDataset({ name, root, splits: joined, excluded: [], findings });
}

/**
 * `dataset/prw`: 11,816 frames of six cameras with boxes of 932 people; identity −2 becomes unknown. Queries are frames with the one person who is
 * searched for. Zheng et al., "Person Re-identification in the Wild", CVPR 2017; for academic research.
 */
export const prw = defineComponent({
  summary: 'PRW, person search: frames with boxes, 932 people before six cameras; for academic research.',
  paper: 'https://arxiv.org/abs/1604.02531',
  options,
  build: (chosen): DatasetReader => ({ name: 'prw', read: () => read(chosen, 'prw') }),
});

/**
 * `dataset/person-seg-reid`: PRW with sidecars of masks and captions beside it, one of which must be there. They are not distributed: `reidkit
 * annotate` makes them.
 */
export const personSegReid = defineComponent({
  summary: 'PersonSegReID: PRW with masks and captions from sidecars; PRW is for academic research.',
  options: z.strictObject({ ...searchOptions, sidecar: searchOptions.sidecar.default('require') }),
  build: (chosen): DatasetReader => ({ name: 'person-seg-reid', read: () => read(chosen, 'person-seg-reid') }),
});
