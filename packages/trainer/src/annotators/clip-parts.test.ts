import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Annotator, corePlugin, createRegistry, type DatasetReader, hostTensor, type HostTensors, namedParameters, referenceBackend, useBackend, writeSafetensors,
} from '@reidkit/core-tensor'; // prettier-ignore
import { annotatorConformance } from '@reidkit/core-tensor/testing';
import { annotate, createImageDecoder, datasetsPlugin } from '@reidkit/datasets';
import { Clip, clipText, clipVision } from '@reidkit/encoders';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainerPlugin } from '../plugin.ts';
import { smoothShares } from './part-map.ts';

const folder = mkdtempSync(join(tmpdir(), 'reidkit-clip-parts-'));
const registry = createRegistry(corePlugin, datasetsPlugin, trainerPlugin);
afterAll(() => rmSync(folder, { recursive: true }));

const W = 8;
const PATCH = 8;
const COLOURS = { white: [255, 255, 255], red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255] } as const;
const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[MASK]', ...Object.keys(COLOURS), '[SEP]'];
const MEAN = [0.48145466, 0.4578275, 0.40821073];
const DEVIATION = [0.26862954, 0.26130258, 0.27577711];

/** What a layer norm makes of a colour's first numbers. */
function patternOf(colour: readonly number[]): number[] {
  const row = Array.from({ length: W }, (_, k) => (k < 3 ? (colour[k]! / 255 - MEAN[k]!) / DEVIATION[k]! : 0));
  const mean = row.reduce((sum, x) => sum + x, 0) / W;
  const deviation = Math.sqrt(row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / W);
  return row.map((x) => (x - mean) / deviation);
}

/** A CLIP made by hand: a patch says its colour, a text the colours that it names. */
function clipOfColours(): HostTensors {
  const visual = clipVision({ imageSize: [64, 64], patch: PATCH, width: W, depth: 1, heads: 1, projectedWidth: W });
  const text = clipText({ width: W, depth: 1, heads: 1, summaryWidth: W, length: 8, vocabulary: VOCABULARY.length });
  const clip = new Clip({ visual, text });
  const eye = (rows: number, at = 0): Float32Array =>
    Float32Array.from({ length: rows * W }, (_, i) => (Math.floor(i / W) - at === i % W ? 1 : 0));
  const numbers: Record<string, Float32Array> = {
    'visual.conv1.weight': Float32Array.from({ length: W * 3 * PATCH ** 2 }, (_, i) => (Math.floor(i / (3 * PATCH ** 2)) === Math.floor(i / PATCH ** 2) % 3 && i < 9 * PATCH ** 2 ? PATCH ** -2 : 0)), // prettier-ignore
    'visual.proj': eye(W),
    text_projection: eye(W),
    'token_embedding.weight': Float32Array.from(VOCABULARY.flatMap((word) => (word in COLOURS ? patternOf(COLOURS[word as keyof typeof COLOURS]) : Array.from({ length: W }, () => 0)))), // prettier-ignore
  };
  const tensors: Record<string, HostTensors[string]> = {};
  for (const [path, { shape }] of namedParameters(clip)) {
    const size = shape.reduce((product, length) => product * length, 1);
    const known =
      numbers[path] ?? (path.endsWith('attn.in_proj_weight') ? eye(3 * W, 2 * W) : path.endsWith('out_proj.weight') ? eye(W) : undefined);
    const isNorm = /\bln_\w+\.weight$/.test(path);
    tensors[path] = hostTensor(known ?? new Float32Array(size).fill(isNorm ? 1 : 0), shape);
  }
  return tensors;
}

const options = {
  weights: join(folder, 'clip.safetensors'),
  tokenizer: join(folder, 'vocab.txt'),
  imageSize: [64, 32],
  templates: ['{}'],
  phrases: { background: ['white'], head: ['red'], upper: ['green'], legs: ['blue'] },
  smoothing: 0,
};
const build = (changes: object = {}): Annotator =>
  registry.use<Annotator>({ use: 'annotator/clip-parts', options: { ...options, ...changes } });

/** A picture as a BMP file of 24 bits, whose rows go upwards; its width is a multiple of 4. */
function bitmap(width: number, height: number, colourAt: (x: number, y: number) => readonly number[]): Buffer {
  const file = Buffer.alloc(54 + width * height * 3);
  file.write('BM', 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let i = 0; i < width * height; i++) {
    const [red, green, blue] = colourAt(i % width, height - 1 - Math.floor(i / width)) as [number, number, number];
    file.set([blue, green, red], 54 + 3 * i);
  }
  return file;
}

/** Who is drawn: head, body and legs as bands of one colour each, between white margins. */
function draw(name: string, bands: readonly (keyof typeof COLOURS)[]): void {
  const [width, height] = [64, 128];
  mkdirSync(join(folder, 'people/7'), { recursive: true });
  const picture = bitmap(width, height, (x, y) => COLOURS[x < 16 || x >= 48 ? 'white' : bands[Math.floor((y * bands.length) / height)]!]);
  writeFileSync(join(folder, `people/7/${name}.bmp`), picture);
}

beforeAll(async () => {
  await useBackend(referenceBackend);
  await writeSafetensors(options.weights, clipOfColours());
  writeFileSync(options.tokenizer, VOCABULARY.join('\n'));
  draw('a', ['red', 'green', 'green', 'blue']);
  draw('nobody', ['white', 'white']);
});

describe('annotator/clip-parts', () => {
  it('finds the parts that its phrases name, and writes them as part numbers', async () => {
    const annotator = build();
    await annotator.start!(referenceBackend);
    const dataset = await registry.use<DatasetReader>({ use: 'dataset/folder', options: { root: join(folder, 'people') } }).read();
    const out = join(folder, 'people/sidecars/clip-parts.jsonl');
    const summary = await annotate({ dataset, annotator, out });
    expect(summary).toMatchObject({ items: 2, annotated: 1, isComplete: true });
    expect(summary.without).toHaveLength(1);
    const [header, line] = readFileSync(out, 'utf8').trim().split('\n').map((text) => JSON.parse(text)); // prettier-ignore
    expect(header).toMatchObject({ producer: 'bootstrap: annotator/clip-parts 1', model: expect.stringMatching(/^CLIP with a vision transformer.*, SHA-256 [0-9a-f]{16}$/) }); // prettier-ignore
    expect(build({ gamma: 20 }).prompt).not.toBe(header.prompt);
    expect(line.quality).toBeGreaterThan(0.8); // edges between bands are shared
    const decoder = await createImageDecoder();
    const mask = await decoder.decodeMask(readFileSync(join(folder, 'people', line.partMask)), 'mask');
    expect([mask.width, mask.height]).toEqual([64, 128]);
    const at = (x: number, y: number): number => mask.data[y * 64 + x]!;
    expect([at(32, 8), at(32, 48), at(32, 80), at(32, 120), at(4, 60), at(60, 60)]).toEqual([1, 2, 2, 3, 0, 0]);
  });

  it('says which file is no whole CLIP, and that it must be started', async () => {
    const half = join(folder, 'half.safetensors');
    const { 'text_projection': _, ...rest } = clipOfColours(); // prettier-ignore
    await writeSafetensors(half, rest);
    await expect(build({ weights: half }).start!(referenceBackend)).rejects.toMatchObject({ code: 'CHECKPOINT_MISMATCH' });
    await writeSafetensors(half, { 'layer.weight': hostTensor(new Float32Array(4), [4]) });
    await expect(build({ weights: half }).start!(referenceBackend)).rejects.toThrow(/expected a whole CLIP with a vision transformer/);
    await expect(build({ weights: join(folder, 'none.pt') }).start!(referenceBackend)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const item = { file: 'a.png', width: 8, height: 8, known: {}, bytes: async () => new Uint8Array() };
    await expect(build().annotate(item)).rejects.toMatchObject({ code: 'UNINITIALIZED' });
    expect(() => build({ phrases: { head: ['red'] } })).toThrow(/expected phrases for "background" and for a part/);
  });

  describe('keeps to what annotators do', () => {
    const started = build();
    beforeAll(() => started.start!(referenceBackend));
    const path = join(folder, 'people/7/a.bmp');
    const item = { file: '7/a.bmp', width: 64, height: 128, known: {}, bytes: async () => readFileSync(path) };
    it.each(annotatorConformance(() => started, { items: [item] }))('$title', ({ check }) => check());
  });
});

describe('smoothShares', () => {
  it('keeps the sum over parts, spreads one cell over nine, and counts what is inside at edges', () => {
    const data = new Float32Array(2 * 5 * 4).fill(0, 0, 20).fill(1, 20);
    data[2 * 4 + 1] = 1;
    data[20 + 2 * 4 + 1] = 0;
    const once = smoothShares({ parts: 2, height: 5, width: 4, data }, 1).data;
    expect(once[2 * 4 + 1]).toBeCloseTo(1 / 9, 6);
    expect(once[2 * 4]).toBeCloseTo(1 / 6, 6);
    for (let cell = 0; cell < 20; cell++) expect(once[cell]! + once[20 + cell]!).toBeCloseTo(1, 6);
  });
});
