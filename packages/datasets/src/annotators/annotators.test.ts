import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  createRegistry,
  ReidError,
  type AnnotationItem,
  type Annotator,
  type Box,
  type Dataset,
  type DatasetReader,
} from '@reidkit/core-tensor/base';
import { annotatorConformance } from '@reidkit/core-tensor/testing';
import { datasetsPlugin } from '../plugin.ts';
import { encodeGreyPng } from '../synthetic/grey-png.ts';
import { synthesize } from '../synthetic/synthesize.ts';
import { annotate } from './annotate.ts';
import { calibratePartBoxes } from './calibrate-part-boxes.ts';
import { PARSING_LABELS } from './parsing-labels.ts';
import { startChatServer, type ChatServerFixture, type Reply, type SeenQuestion } from './chat-server.fixture.ts';

const registry = createRegistry(datasetsPlugin);
const build = (name: string, options: unknown = {}): Annotator => registry.use<Annotator>({ use: `annotator/${name}`, options });
const folder = mkdtempSync(join(tmpdir(), 'reidkit-annotators-'));
afterAll(() => rmSync(folder, { recursive: true }));

const servers: ChatServerFixture[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
async function serve(reply: (question: SeenQuestion, number: number) => Reply): Promise<ChatServerFixture> {
  const server = await startChatServer(reply);
  servers.push(server);
  return server;
}

const picture = await sharp({ create: { width: 40, height: 80, channels: 3, background: '#804020' } })
  .png()
  .toBuffer();
const item = (more: Partial<AnnotationItem> = {}): AnnotationItem => ({
  file: 'a.png',
  width: 40,
  height: 80,
  known: {},
  bytes: () => Promise.resolve(picture),
  ...more,
});
const inFrame = item({ person: { identity: 3, box: [10, 20, 30, 70] } });

let caches = 0;
const chat = (url: string, more: object = {}): Annotator =>
  build('chat', { url, model: 'm', task: 'captions', cache: join(folder, `cache-${caches++}`), patience: 1, ...more });

async function messageOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (ReidError.is(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe.each(['stripes', 'part-calibration'])('annotator/%s', (name) => {
  const boxes = { head: [0, 0, 40, 79], upper: [5, 20, 35, 44], legs: null } as const;
  const items = [item(), inFrame, item({ file: 'b.png', known: { partBoxes: boxes } })];
  it.each(annotatorConformance(() => build(name), { items }).map((one) => [one.title, one] as const))('%s', (_, one) => one.check());
});

describe('calibratePartBoxes', () => {
  const region: Box = [0, 0, 100, 200];
  it('keeps what can be right and puts stripes in place of the rest', () => {
    const { boxes, replaced, isOrdered } = calibratePartBoxes({ head: [40, 5, 60, 35], upper: [0, 0, 100, 190] }, region);
    const rounded = Object.fromEntries(Object.entries(boxes).map(([part, box]) => [part, box.map(Math.round)]));
    expect(rounded).toEqual({ head: [40, 5, 60, 35], upper: [0, 36, 100, 116], legs: [0, 104, 100, 200] });
    expect([replaced, isOrdered]).toEqual([{ upper: 'height', legs: 'missing' }, true]);
  });

  it('names the rule: outside, extent, height, area', () => {
    const { replaced } = calibratePartBoxes({ head: [200, 0, 300, 30], upper: [10, 40, 11, 90], legs: [0, 0, 100, 20] }, region);
    expect(replaced).toEqual({ head: 'outside', upper: 'extent', legs: 'height' });
    const wide = { height: { head: [0, 1], upper: [0, 1], legs: [0, 1] }, area: 0.5, extent: 2 } as const;
    expect(calibratePartBoxes({ upper: [0, 0, 100, 120] }, region, wide).replaced.upper).toBe('area');
  });

  it('puts swapped corners in order, cuts to the region, and sees parts out of order', () => {
    const { boxes, isOrdered } = calibratePartBoxes(
      { head: [60, 190, 40, 160], upper: [-5, 50, 50, 110], legs: [0, 100, 90, 200] },
      region,
    );
    expect(boxes).toMatchObject({ head: [40, 160, 60, 190], upper: [0, 50, 50, 110] });
    expect(isOrdered).toBe(false);
  });

  it('puts stripes in place of boxes that are not numbers, or outside of the picture', () => {
    const { boxes, replaced } = calibratePartBoxes(
      { head: [NaN, 0, 10, 20], upper: [500, 50, 600, 110], legs: [Infinity, 0, 1, 2] },
      region,
    );
    expect(replaced).toEqual({ head: 'outside', upper: 'outside', legs: 'height' });
    expect(Object.values(boxes).flat().every(Number.isFinite)).toBe(true);
  });
});

describe('annotator/chat', () => {
  it('shows the image and asks in the words of the task; says what it was asked', async () => {
    const server = await serve(() => ({ answer: '"A tall woman in a red coat."' }));
    const annotator = chat(server.url);
    expect(await annotator.annotate(item())).toEqual({ captions: ['A tall woman in a red coat.'] });
    expect(annotator).toMatchObject({ name: 'chat-captions', model: 'm', prompt: 'captions-1', gives: ['captions'] });
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({ model: 'm', text: expect.stringMatching(/^Describe gender/) as string });
    expect(server.seen[0]!.image).toBe(`data:image/png;base64,${picture.toString('base64')}`);
  });

  it('shows the person of a frame alone, and gives boxes in pixels of the frame', async () => {
    const server = await serve(() => ({ answer: 'Here: {"head": [0, 0, 500, 200], "upper": [0, 900, 1000, 200], "legs": null} ok' }));
    const found = await chat(server.url, { task: 'parts', boxes: 'thousand' }).annotate(inFrame);
    expect(found).toEqual({ partBoxes: { head: [10, 20, 20, 30], upper: [10, 30, 30, 65], legs: null } });
    const shown = sharp(Buffer.from(server.seen[0]!.image.split(',')[1]!, 'base64'));
    expect(await shown.metadata()).toMatchObject({ format: 'jpeg', width: 20, height: 50 });
  });

  it('takes the box that covers most of the middle of the picture, of several', async () => {
    const server = await serve(() => ({ answer: '{"head": [[0, 0, 200, 400], [400, 100, 600, 200]], "upper": [[0, 0, 5]], "legs": []}' }));
    const found = await chat(server.url, { task: 'parts', boxes: 'thousand' }).annotate(inFrame);
    expect(found).toEqual({ partBoxes: { head: [18, 25, 22, 30], upper: null, legs: null } });
  });

  it('asks again for an answer that cannot be used, then has nothing to say', async () => {
    const answers = ['I am sorry, I cannot help.', 'Find the person in the grey suit.'];
    const server = await serve((_, number) => ({ answer: answers[number] ?? '' }));
    const annotator = chat(server.url, { task: 'instructions' });
    expect(await annotator.annotate(item())).toEqual({ instruction: { text: 'Find the person in the grey suit.' } });
    expect(await annotator.annotate(item({ bytes: async () => Buffer.concat([picture, Buffer.from([0])]) }))).toBeNull();
    expect(server.seen).toHaveLength(4);
  });

  it('never asks a question twice that was answered', async () => {
    const server = await serve(() => ({ answer: 'A man.' }));
    const cache = join(folder, 'one-cache');
    for (let run = 0; run < 3; run++) await chat(server.url, { cache }).annotate(item());
    expect(server.seen).toHaveLength(1);
    await chat(server.url, { cache, prompt: { text: 'Who?', version: 'mine-1' } }).annotate(item());
    expect(server.seen).toHaveLength(2);
  });

  it('waits for a busy server, and gives up in words', async () => {
    const server = await serve((_, number) => (number < 2 ? { status: number === 0 ? 429 : 503, after: 0 } : { answer: 'A man.' }));
    expect(await chat(server.url).annotate(item())).toEqual({ captions: ['A man.'] });
    const busy = await serve(() => ({ status: 500 }));
    expect(await messageOf(chat(busy.url, { tries: 2 }).annotate(item()))).toMatch(/INTERRUPTED: .* gave no answer in 2 tries: status 500/);
    const silent = await serve(() => 'hold');
    expect(await messageOf(chat(silent.url, { tries: 1, timeout: 50 }).annotate(item()))).toMatch(/no answer in 1 tries: .*timeout/);
  });

  it('stops at once when it is refused', async () => {
    const server = await serve(() => ({ status: 401 }));
    expect(await messageOf(chat(server.url).annotate(item()))).toMatch(
      /INVALID_ARGUMENT: .* refused a question with status 401: {"error":"no"}/,
    );
    expect(server.seen).toHaveLength(1);
  });

  it('keeps to its budget', async () => {
    const server = await serve(() => ({ answer: 'A man.' }));
    const annotator = chat(server.url, { calls: 2 });
    const other = (byte: number): AnnotationItem => item({ bytes: async () => Buffer.concat([picture, Buffer.from([byte])]) });
    await annotator.annotate(other(1));
    await annotator.annotate(other(2));
    expect(await messageOf(annotator.annotate(other(3)))).toContain('The budget of this run is spent: 2 of 2 questions and 200 of');
    const poor = chat(server.url, { tokens: 50 });
    await poor.annotate(other(1));
    expect(await messageOf(poor.annotate(other(2)))).toContain('100 of 50 tokens');
  });
});

describe('annotator/parsing-maps', () => {
  const maps = join(folder, 'maps');
  const labels = (...data: number[]): Buffer => encodeGreyPng({ width: 2, height: 4, data: Uint8Array.from(data) });
  mkdirSync(join(maps, 'train'), { recursive: true });
  writeFileSync(join(maps, 'train/a.png'), labels(0, 2, 5, 9, 18, 99, 16, 0));
  writeFileSync(join(maps, 'train/empty.png'), labels(0, 0, 0, 0, 0, 0, 0, 0));
  const of = (file: string, more: object = {}): AnnotationItem => item({ file, ...more });

  it('gives part numbers for labels, and counts those that nobody knows', async () => {
    const found = await build('parsing-maps', { maps, labels: 'lip' }).annotate(of('train/a.jpg'));
    expect(found).toEqual({
      partMask: { width: 2, height: 4, channels: 1, data: Uint8Array.of(0, 1, 2, 3, 4, 0, 3, 0) },
      quality: 1 - 1 / 8,
    });
    const own = await build('parsing-maps', { maps, labels: ['background', 'bags', 'head'] }).annotate(of('train/a.jpg'));
    expect([...own!.partMask!.data]).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('leaves out images without a map or without a part; a map of another shape is an error', async () => {
    const annotator = build('parsing-maps', { maps, labels: 'atr' });
    expect(await annotator.annotate(of('train/none.jpg'))).toBeNull();
    expect(await annotator.annotate(of('train/empty.jpg'))).toBeNull();
    expect(await messageOf(annotator.annotate(of('train/a.jpg', { width: 80 })))).toMatch(
      /does not fit: it is 4 by 2 .*its image 80 by 80/,
    );
  });

  it('knows a part for each label of LIP, ATR and CIHP', () => {
    expect(Object.values(PARSING_LABELS).map(({ length }) => length)).toEqual([20, 18, 20]);
  });

  it('writes the masks beside the sidecar, where the next reading finds them', async () => {
    const root = join(folder, 'masked');
    mkdirSync(join(root, 'train/7'), { recursive: true });
    writeFileSync(join(root, 'train/7/a.png'), picture);
    mkdirSync(join(maps, 'train/7'), { recursive: true });
    writeFileSync(join(maps, 'train/7/a.png'), labels(0, 2, 5, 9, 18, 99, 16, 0));
    const folderSet = (): Promise<Dataset> => registry.use<DatasetReader>({ use: 'dataset/folder', options: { root } }).read();
    const annotator = build('parsing-maps', { maps, labels: 'lip' });
    await annotate({ dataset: await folderSet(), annotator, out: join(root, 'sidecars/part-masks.jsonl') });
    const { splits, findings } = await folderSet();
    expect(splits.train![0]).toMatchObject({ partMask: 'sidecars/part-masks/train/7/a.png' });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('annotate', () => {
  const read = (root: string): Promise<Dataset> => registry.use<DatasetReader>({ use: 'dataset/synthetic', options: { root } }).read();
  const made = (async () => {
    const root = join(folder, 'people');
    await synthesize({
      out: root,
      options: { trainIdentities: 2, testIdentities: 2, cameras: 2, sidecars: { parts: false, masks: false, garments: false } },
    });
    return root;
  })();

  it('fills a sidecar in the order of the data, which the next reading joins', async () => {
    const root = await made;
    const dataset = await read(root);
    const out = join(root, 'sidecars/part-boxes.jsonl');
    const summary = await annotate({ dataset, annotator: build('stripes'), out, splits: ['train'] });
    const train = dataset.splits.train!.length;
    expect(summary).toMatchObject({ items: train, annotated: train, kept: 0, without: [], isComplete: true });
    expect(readFileSync(out, 'utf8').split('\n', 1)[0]).toBe('{"sidecar":1,"producer":"annotator/stripes 1"}');
    const again = await read(root);
    const [first] = again.splits.train!;
    expect(first).toMatchObject({ partBoxes: { head: [0, 0, expect.any(Number) as number, expect.any(Number) as number] } });
    expect(await annotate({ dataset, annotator: build('stripes'), out, splits: ['train'] })).toMatchObject({ annotated: 0, kept: train });
    rmSync(out);
  });

  it('goes on after a limit, an error and half a line', async () => {
    const root = await made;
    const dataset = await read(root);
    const out = join(root, 'sidecars/limited.jsonl');
    const request = { dataset, annotator: build('stripes'), out, splits: ['train'] };
    expect(await annotate({ ...request, limit: 3 })).toMatchObject({ annotated: 3, isComplete: false });
    expect(existsSync(out)).toBe(false);
    appendFileSync(`${out}.journal`, '{"file":"bounding_box_tr');
    const failing: Annotator = { ...build('stripes'), annotate: () => Promise.reject(new ReidError('INTERRUPTED', 'no more')) };
    expect(await messageOf(annotate({ ...request, annotator: failing }))).toContain('INTERRUPTED: no more');
    expect(await annotate(request)).toMatchObject({ kept: 3, isComplete: true });
    expect(existsSync(`${out}.journal`)).toBe(false);
    const other: Annotator = { ...build('stripes'), producer: 'mine 2' };
    expect(await messageOf(annotate({ ...request, annotator: other }))).toMatch(
      /FILE_EXISTS: .*limited.jsonl was made by annotator\/stripes 1; this is mine 2/,
    );
    rmSync(out);
  });
});
