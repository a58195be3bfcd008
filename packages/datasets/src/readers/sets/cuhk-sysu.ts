import { defineComponent, type Box, type Dataset, type DatasetReader, type FramePerson, type FrameRecord } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { matField, matItems, matNumbers, matStructs, matText, type MatValue } from '../../files/mat-values.ts';
import { joinSidecars } from '../../sidecars/join-sidecars.ts';
import { findRoot, type RootSearch } from '../data-root.ts';
import { counted, FindingList, someOf } from '../finding-list.ts';
import { finishDataset } from '../finish-dataset.ts';
import { FrameBoxes, type CornerAndSize } from '../frame-boxes.ts';
import { missingOf } from '../present-files.ts';
import { readAnnotation } from '../read-annotation.ts';
import { searchOptions } from '../search-options.ts';

/** What CUHK-SYSU's folder is known by. */
export const CUHK_SYSU_SEARCH: RootSearch = {
  title: 'CUHK-SYSU',
  folders: ['CUHK-SYSU', 'cuhk_sysu', 'cuhk-sysu', 'dataset'],
  needs: ['Image/SSM', 'annotation/Images.mat', 'annotation/pool.mat', 'annotation/test/train_test/Train.mat'],
};

const SIZES = ['TestG50', 'TestG100', 'TestG500', 'TestG1000', 'TestG2000', 'TestG4000'] as const;

const options = z.strictObject({
  ...searchOptions,
  gallery: z.enum(SIZES).default('TestG100').describe('which list of galleries the queries get; the usual one has 100 frames'),
});

type Options = z.output<typeof options>;
type Fields = ReadonlyMap<string, MatValue>;

/** A person in a frame, as annotations name them: p123, and the box. */
interface Scene {
  readonly frame: string;
  readonly person: string;
  readonly raw: readonly number[];
}

/** A query and the frames that it is searched in. */
interface Query extends Scene {
  readonly gallery: readonly string[];
  readonly found: readonly Scene[];
}

const frameFile = (frame: string): string => `Image/SSM/${frame}`;
const textOf = (fields: Fields, name: string, where: string): string => matText(matField(fields, name, where));
const numbersOf = (fields: Fields, where: string): number[] => [...matNumbers(matField(fields, 'idlocate', where))];
const identityOf = (person: string): number => Number(person.replace(/^p/, ''));

/** Frames, persons and boxes of the training list: cells of structs with scenes. */
function trainingScenes(variables: Fields): Scene[] {
  return matItems(matField(variables, 'Train', 'Train.mat')).flatMap((cell) =>
    matStructs(cell).flatMap((entry) => {
      const person = textOf(entry, 'idname', cell.where);
      const scenes = matStructs(matField(entry, 'scene', cell.where));
      return scenes.map((scene) => ({ frame: textOf(scene, 'imname', cell.where), person, raw: numbersOf(scene, cell.where) }));
    }),
  );
}

/** Queries with their galleries; frames without the person have an empty box. */
function queriesOf(variables: Fields, name: string): Query[] {
  const list = matField(variables, name, `${name}.mat`);
  return matStructs(list).map((entry) => {
    const [query] = matStructs(matField(entry, 'Query', list.where));
    const person = textOf(query!, 'idname', list.where);
    const scenes = matStructs(matField(entry, 'Gallery', list.where)).map((scene) => ({
      frame: textOf(scene, 'imname', list.where),
      person,
      raw: numbersOf(scene, list.where),
    }));
    return {
      frame: textOf(query!, 'imname', list.where),
      person,
      raw: numbersOf(query!, list.where),
      gallery: scenes.map(({ frame }) => frameFile(frame)),
      found: scenes.filter(({ raw }) => raw.length === 4),
    };
  });
}

const keyOf = (frame: string, raw: readonly number[]): string => `${frame} ${raw.join(' ')}`;

/** All frames with the boxes in them. */
function imagesOf(variables: Fields): { frame: string; raws: readonly (readonly number[])[] }[] {
  const list = matField(variables, 'Img', 'Images.mat');
  return matStructs(list).map((entry) => ({
    frame: textOf(entry, 'imname', list.where),
    raws: matStructs(matField(entry, 'box', list.where)).map((box) => numbersOf(box, list.where)),
  }));
}

async function read({ root: given, boxes: rule, gallery: galleryName, sidecar: mode }: Options): Promise<Dataset> {
  const findings = new FindingList();
  const root = await findRoot(CUHK_SYSU_SEARCH, given, findings);
  const boxes = new FrameBoxes(rule);
  const place = { root, findings };
  const lists = 'annotation/test/train_test';
  const images = (await readAnnotation(place, 'annotation/Images.mat', imagesOf)) ?? [];
  const pool = new Set(
    await readAnnotation(place, 'annotation/pool.mat', (variables) => matItems(matField(variables, 'pool', 'pool.mat')).map(matText)),
  );
  const train = (await readAnnotation(place, `${lists}/Train.mat`, trainingScenes)) ?? [];
  const queries = (await readAnnotation(place, `${lists}/${galleryName}.mat`, (variables) => queriesOf(variables, galleryName))) ?? [];
  const people = new Map(
    [...train, ...queries, ...queries.flatMap(({ found }) => found)].map(({ frame, raw, person }) => [keyOf(frame, raw), person]),
  );
  const boxOf = async (frame: string, raw: readonly number[], annotation: string, isQuery = false): Promise<Box | null> => {
    const size = await boxes.size(root, frameFile(frame));
    const who = people.get(keyOf(frame, raw)) ?? 'somebody';
    return boxes.box(raw as unknown as CornerAndSize, { annotation, who: `${who} of ${frame}`, isQuery, size });
  };
  const frames: FrameRecord[] = [];
  for (const { frame, raws } of images) {
    const persons: FramePerson[] = [];
    for (const raw of raws) {
      const person = people.get(keyOf(frame, raw));
      const box = await boxOf(frame, raw, 'annotation/Images.mat');
      if (box) persons.push({ identity: person === undefined ? null : identityOf(person), box });
    }
    frames.push({ form: 'frame', file: frameFile(frame), split: pool.has(frame) ? 'gallery' : 'train', camera: null, persons });
  }
  const query: FrameRecord[] = [];
  for (const { frame, raw, person, gallery } of queries) {
    const box = await boxOf(frame, raw, `${lists}/${galleryName}.mat`, true);
    if (!box) continue;
    query.push({
      form: 'frame',
      file: frameFile(frame),
      split: 'query',
      camera: null,
      persons: [{ identity: identityOf(person), box }],
      gallery,
    });
  }
  const splits = {
    train: frames.filter(({ split }) => split === 'train'),
    gallery: frames.filter(({ split }) => split === 'gallery'),
    query,
  };
  const named = [...frames, ...query].flatMap(({ file, gallery = [] }) => [file, ...gallery]);
  for (const file of await missingOf(root, named)) findings.addFile('missing-file', file);
  findings.explain(
    'missing-file',
    'error',
    (files) => `the lists name ${counted(files.length, 'frame')} that cannot be found: ${someOf(files)}`,
  );
  boxes.explain(findings);
  const joined = await joinSidecars(splits, { root, mode, excluded: new Set() }, findings);
  return finishDataset({ name: 'cuhk-sysu', root, splits: joined, excluded: [], findings, version: galleryName });
}

/**
 * `dataset/cuhk-sysu`: 18,184 frames, of which `pool.mat` has the test frames; identities are the numbers in p123, everybody else is unknown. A query
 * is a frame with the one person who is searched for, and carries its own gallery. Xiao et al., "Joint Detection and Identification Feature
 * Learning for Person Search", CVPR 2017; for academic research.
 */
export const cuhkSysu = defineComponent({
  summary: 'CUHK-SYSU, person search: frames with boxes, 8,432 people, a gallery for every query; for academic research.',
  paper: 'https://arxiv.org/abs/1604.01850',
  options,
  build: (chosen): DatasetReader => ({ name: 'cuhk-sysu', read: () => read(chosen) }),
});
