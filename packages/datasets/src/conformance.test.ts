import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { createRegistry, type DatasetReader, type Sampler, type Transform } from '@reidkit/core-tensor/base';
import { datasetConformance, samplerConformance, transformConformance } from '@reidkit/core-tensor/testing';
import { datasetsPlugin } from './plugin.ts';

const registry = createRegistry(datasetsPlugin);

const TRANSFORMS: readonly (readonly [string, unknown])[] = [
  ['transform/resize', { height: 20, width: 11 }],
  ['transform/resize', { shortSide: 9, filter: 'bilinear' }],
  ['transform/flip', {}],
  ['transform/pad-crop', { padding: 3 }],
  ['transform/pad-crop', { padding: 3, masksFollow: false }],
  ['transform/center-crop', { height: 8, width: 5 }],
  ['transform/color-jitter', { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.2 }],
  ['transform/color-jitter', { hue: 0.2, arithmetic: 'floats' }],
  ['transform/solid-erasing', { area: [0.1, 0.3] }],
  ['transform/normalize', { constants: 'clip' }],
  ['transform/random-erasing', {}],
  ['transform/random-erasing', { fill: 'color', law: 'original', attempts: 100 }],
];

describe.each(TRANSFORMS)('%s %j', (use, options) => {
  for (const { title, check } of transformConformance(() => registry.use<Transform>({ use, options }))) it(title, check);
});

const SAMPLERS: readonly (readonly [string, unknown, object])[] = [
  ['sampler/pk', { identities: 3, images: 4 }, { perIdentity: 4 }],
  ['sampler/random', { batchSize: 8 }, {}],
  ['sampler/random', { batchSize: 7, last: 'keep' }, {}],
  ['sampler/identity-balanced', { batchSize: 8 }, {}],
  ['sampler/sequential', { batchSize: 8 }, { isOrdered: true }],
];

describe.each(SAMPLERS)('%s %j', (use, options, promises) => {
  for (const { title, check } of samplerConformance(() => registry.use<Sampler>({ use, options }), promises)) it(title, check);
});

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'reidkit-conformance-'));
  const images = ['bounding_box_train/0001_c1.jpg', 'bounding_box_train/0002_c2.jpg', 'query/0003_c1.jpg', 'bounding_box_test/0003_c2.jpg'];
  const files: Record<string, string> = {
    ...Object.fromEntries(['market', 'synthetic'].flatMap((name) => images.map((image) => [`${name}/${image}`, '']))),
    'market/query/-1_c1.jpg': '',
    'synthetic/records.jsonl': images
      .map((file) => `${JSON.stringify({ file, captions: ['a'], partBoxes: { head: [0, 0, 1, 1] } })}\n`)
      .join(''),
    'folder/anna/1.jpg': '',
    'folder/bo/2.jpg': '',
    'folder/bo/notes.txt': '',
    'list.csv': 'file,identity,camera\nfolder/anna/1.jpg,anna,door\nfolder/bo/2.jpg,bo,\n',
    'list.jsonl': '{"file":"folder/anna/1.jpg","identity":1}\n{"form":"text","text":"a coat","identity":1,"split":"query"}\n',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

const READERS: readonly (readonly [string, () => object])[] = [
  ['dataset/market1501', () => ({ root: join(root, 'market') })],
  ['dataset/market-style', () => ({ root: join(root, 'market') })],
  ['dataset/synthetic', () => ({ root: join(root, 'synthetic') })],
  ['dataset/folder', () => ({ root: join(root, 'folder') })],
  ['dataset/csv', () => ({ file: join(root, 'list.csv') })],
  ['dataset/jsonl', () => ({ file: join(root, 'list.jsonl') })],
];

describe.each(READERS)('%s', (use, options) => {
  for (const { title, check } of datasetConformance(() => registry.use<DatasetReader>({ use, options: options() }))) it(title, check);
});
