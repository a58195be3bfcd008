import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ReidError, type CropRecord, type FrameRecord, type TrackletRecord } from '@reidkit/core-tensor/base';
import { encodeRle, rleBox } from '../image/rle.ts';
import { parseRleText, rleText } from '../image/rle-text.ts';
import { FindingList } from '../readers/finding-list.ts';
import { readSidecars } from './find-sidecars.ts';
import { joinSidecars } from './join-sidecars.ts';
import { readSidecar } from './read-sidecar.ts';

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true })));

/** A folder with files; values that are no text become lines of JSON. */
function folderWith(files: Readonly<Record<string, string | readonly unknown[]>>): string {
  const root = mkdtempSync(join(tmpdir(), 'reidkit-sidecars-'));
  made.push(root);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), typeof content === 'string' ? content : content.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
  return root;
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (ReidError.is(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const header = { sidecar: 1, producer: 'test 1' };
const crop: CropRecord = { form: 'crop', file: 'train/a.jpg', identity: 3, camera: 0, split: 'train' };
const frame: FrameRecord = {
  form: 'frame',
  file: 'frames/f.jpg',
  split: 'train',
  camera: 1,
  persons: [
    { identity: 7, box: [1, 2, 30.4, 40] },
    { identity: null, box: [50, 2, 70, 40] },
  ],
};
const runs = { size: [2, 3] as const, counts: rleText(encodeRle([0, 1, 1, 0, 1, 0], { height: 2, width: 3 })) };

describe('sidecars', () => {
  it('of one data set are joined one after the other, to crops and to people in frames', async () => {
    const root = folderWith({
      'train/a.jpg': 'x',
      'masks/a.png': 'x',
      'sidecars/captions.jsonl': [
        header,
        { file: 'train/a.jpg', captions: ['a red coat'], instruction: { text: 'find them' } },
        { file: 'frames/f.jpg', person: { identity: 7 }, captions: ['a hat'] },
      ],
      'sidecars/masks.jsonl': [
        header,
        { file: 'train/a.jpg', mask: 'masks/a.png', partBoxes: { head: [1, 2, 3, 4], legs: null }, quality: 0.5, checked: true },
        { file: 'frames/f.jpg', person: { box: [50, 2, 70, 40] }, maskRuns: runs },
      ],
    });
    const findings = new FindingList();
    const joined = await joinSidecars({ train: [crop, frame] }, { root, mode: 'auto', excluded: new Set() }, findings);
    expect(joined.train).toEqual([
      { ...crop, captions: ['a red coat'], instruction: { text: 'find them' }, mask: 'masks/a.png', partBoxes: { head: [1, 2, 3, 4] } },
      {
        ...frame,
        persons: [
          { ...frame.persons[0], captions: ['a hat'] },
          { ...frame.persons[1], maskRuns: runs },
        ],
      },
    ]);
    expect(findings.all).toEqual([]);
  });

  it('are joined to tracklets: all captions of their images, and what the first image has that says it', async () => {
    const tracklet: TrackletRecord = { form: 'tracklet', files: ['t/1.jpg', 't/2.jpg', 't/3.jpg'], identity: 3, camera: 0, split: 'train' };
    const root = folderWith({
      'sidecars/captions.jsonl': [
        header,
        { file: 't/3.jpg', captions: ['a hat', 'a red coat'], clothes: 9 },
        { file: 't/2.jpg', captions: ['a red coat'], clothes: 4, instruction: { bank: 'traditional' } },
      ],
    });
    const findings = new FindingList();
    const { train } = await joinSidecars({ train: [tracklet] }, { root, mode: 'auto', excluded: new Set() }, findings);
    expect(train).toEqual([{ ...tracklet, captions: ['a red coat', 'a hat'], clothes: 4, instruction: { bank: 'traditional' } }]);
    expect(findings.all).toEqual([]);
  });

  it('say nothing wrongly: orphans, conflicts and missing files are found, all at once', async () => {
    const root = folderWith({
      'sidecars/a.jsonl': [header, { file: 'train/a.jpg', identity: 4, mask: 'masks/none.png' }, { file: 'train/b.jpg', captions: [] }],
    });
    const findings = new FindingList();
    await joinSidecars({ train: [crop] }, { root, mode: 'auto', excluded: new Set() }, findings);
    expect(findings.all.map(({ severity, rule, files }) => [severity, rule, files])).toEqual([
      ['error', 'sidecar-conflict', ['train/a.jpg (identity 4, camera undefined)']],
      ['warning', 'sidecar-orphan', ['train/b.jpg']],
      ['error', 'missing-file', ['masks/none.png']],
    ]);
  });

  it('are refused with every line that is wrong', async () => {
    const root = folderWith({
      'sidecars/a.jsonl': [
        { file: 'a.jpg' },
        { file: '../a.jpg' },
        { file: 'b.jpg', partBoxes: { head: [3, 0, 1, 4] } },
        header,
        { file: 'a.jpg', colour: 1 },
        { file: 'a.jpg' },
      ],
      'sidecars/b.jsonl': [{ sidecar: 2 }],
    });
    const message = await messageOf(readSidecar(join(root, 'sidecars/a.jsonl')));
    expect(message).toContain('a.jsonl line 1: expected a header such as {"sidecar":1} in the first line');
    expect(message).toContain('a.jsonl line 2: "file": is no path below');
    expect(message).toMatch(/a.jsonl line 3: "?partBoxes/);
    expect(message).toContain('a.jsonl line 4: a header in the middle of the file');
    expect(message).toContain('a.jsonl line 5: unknown option "colour"');
    expect(message).toContain('a.jsonl line 6: a.jpg is there twice');
    expect(await messageOf(readSidecar(join(root, 'sidecars/b.jsonl')))).toMatch(/b.jsonl line 1: first line: "?sidecar/);
  });

  it('are needed where they are required', async () => {
    const root = folderWith({ 'a.jpg': 'x' });
    const join = joinSidecars({ train: [crop] }, { root, mode: 'require', excluded: new Set() }, new FindingList());
    expect(await messageOf(join)).toMatch(/FILE_NOT_FOUND: There is no file .*records.jsonl, nor a sidecar in .*sidecars/);
  });

  it('may be written in the formats of the recipes', async () => {
    const root = folderWith({
      'sidecars/boxes.jsonl': [
        { version: 1, producer: 'expert', model: 'm', prompt: 'abc', images: 'def' },
        { path: 'a.jpg', width: 64, height: 128, boxes: { head: [1, 2, 3, 4], legs: null }, score: 0.5, producer: 'expert' },
      ],
      'sidecars/attributes.jsonl': [header, { image: 'a.jpg', attrs: { gender: 'female' } }],
      'sidecars/garments.jsonl': [header, { image: 'a.jpg', box: [1, 2, 3, 4], template: 'templates/a.png' }],
      'sidecars/persons.jsonl': [
        header,
        { frame: 'f.jpg', pid: 7, box: [1, 2, 3, 4], mask: { rle: runs.counts, size: runs.size }, quality: 0.9, annotator: 'x' },
        { frame: 'f.jpg', pid: -2, box: [1, 2, 3, 4], mask: { png: 'm.png' } },
      ],
    });
    const sidecars = await readSidecars(root);
    expect(sidecars.flatMap(({ entries }) => [...entries.values()])).toEqual([
      { file: 'a.jpg', attributes: { gender: 'female' } },
      { file: 'a.jpg', size: [128, 64], partBoxes: { head: [1, 2, 3, 4], legs: null }, producer: 'expert' },
      { file: 'a.jpg', garment: 'templates/a.png', partBoxes: { garment: [1, 2, 3, 4] } },
      { file: 'f.jpg', person: { identity: 7 }, maskRuns: runs, quality: 0.9, producer: 'x' },
      { file: 'f.jpg', person: { box: [1, 2, 4, 6] }, mask: 'm.png' },
    ]);
  });

  it('are as the README shows them', async () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const root = folderWith({ 'sidecars/readme.jsonl': /```jsonl\n([^`]+)```/.exec(readme)![1]! });
    const { header, entries } = await readSidecar(join(root, 'sidecars/readme.jsonl'));
    expect([header?.producer, entries.size]).toEqual(['annotator/chat 1', 5]);
    const { maskRuns } = entries.get('frames/c1s1_000151.jpg#479')!;
    const [height, width] = maskRuns!.size;
    expect(rleBox(parseRleText(maskRuns!.counts, { height, width }))).toEqual([1, 0, 3, 3]);
  });
});
