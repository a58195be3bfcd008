import { createRegistry, type AnnotationItem, type Annotator } from '@reidkit/core-tensor/base';
import { annotatorConformance } from '@reidkit/core-tensor/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasetsPlugin } from '../plugin.ts';
import { TestFolder } from '../readers/unpacked.fixture.ts';
import { encodeGreyPng } from '../synthetic/grey-png.ts';

const folder = new TestFolder();
afterAll(() => folder.remove());

const png = (width: number, height: number, value: (at: number) => number): Uint8Array =>
  encodeGreyPng({ width, height, data: Uint8Array.from({ length: width * height }, (_, at) => value(at)) });

const item = (file: string): AnnotationItem => ({ file, width: 4, height: 8, known: {}, bytes: async () => new Uint8Array() });
const build = (options: object = {}): Annotator =>
  createRegistry(datasetsPlugin).use<Annotator>({
    use: 'annotator/part-index',
    options: { index: folder.at('parts/index.json'), ...options },
  });

beforeAll(() => {
  const classes = ['background', 'foot', 'head', 'lower body'];
  folder.write({
    'parts/index.json': JSON.stringify({ version: 1, classes, producer: 'parser 1', size: 40, sha256: 'of the list' }),
    'parts/train/a.png': png(4, 8, (at) => Math.floor(at / 8)),
    'parts/train/half.png': png(2, 4, (at) => (at < 4 ? 2 : 0)),
    'parts/train/empty.png': png(4, 8, () => 0),
    'parts/train/wide.png': png(8, 8, () => 1),
    'parts/train/above.png': png(4, 8, (at) => (at === 9 ? 4 : 0)),
  });
});

describe('annotator/part-index', () => {
  it('turns the numbers of its classes into those of part masks, also of maps of half the size', async () => {
    const found = await build().annotate(item('train/a.jpg'));
    // Rows of background, foot, head, lower body.
    expect([...found!.partMask!.data]).toEqual([0, 4, 1, 3].flatMap((part) => Array.from({ length: 8 }, () => part)));
    expect((await build().annotate(item('train/half.jpg')))!.partMask).toMatchObject({ width: 2, height: 4 });
    expect(await build().annotate(item('train/empty.jpg'))).toBeNull();
  });

  it('refuses another shape, a number that is no class, and too many missing maps', async () => {
    await expect(build().annotate(item('train/wide.jpg'))).rejects.toThrow(
      /wide\.png does not fit: it is 8 by 8 \(height by width\), its image 8 by 4/,
    );
    await expect(build().annotate(item('train/above.jpg'))).rejects.toThrow(/above\.jpg has the number 4; .* has classes 0 to 3/);
    const tolerant = build();
    expect([await tolerant.annotate(item('train/x.jpg')), await tolerant.annotate(item('train/y.jpg'))]).toEqual([null, null]);
    await expect(tolerant.annotate(item('train/z.jpg'))).rejects.toThrow(
      /3 images have no map .*, such as train\/z\.jpg; 2 of 40 may be without/,
    );
    await expect(build({ missing: 0 }).annotate(item('train/x.jpg'))).rejects.toMatchObject({ code: 'DATASET_INVALID' });
  });

  it('refuses an index that is none', async () => {
    folder.write({ 'bad/index.json': JSON.stringify({ version: 2, classes: ['head', 'arms'], size: 0 }), 'no/index.json': '[' });
    const error: Error = await build({ index: folder.at('bad/index.json') }).annotate(item('a.jpg')).then(() => new Error(''), (thrown: Error) => thrown); // prettier-ignore
    for (const part of ['version', 'classes', 'size']) expect(error.message).toContain(part);
    await expect(build({ index: folder.at('no/index.json') }).annotate(item('a.jpg'))).rejects.toThrow(/is not JSON/);
    await expect(build({ index: folder.at('nothing.json') }).annotate(item('a.jpg'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  for (const { title, check } of annotatorConformance(() => build(), { items: [item('train/a.jpg')] })) it(title, check);
});
