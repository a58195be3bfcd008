import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  hostTensor,
  namedParameters,
  openCheckpoint,
  readSafetensors,
  sizeOf,
  writeSafetensors,
  type CheckpointFile,
  type CheckpointValue,
  type HostTensors,
  type Module,
} from '@reidkit/core-tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OSNET, OSNET_IBN, OSNET_X0_5 } from '../osnet-presets.ts';
import { osnet } from '../osnet.ts';
import { RESNET50_IBN_A } from '../resnet-presets.ts';
import { resnet } from '../resnet.ts';
import { VIT_BASE_PATCH16_PASS, VIT_SMALL_PATCH16 } from '../vit-presets.ts';
import { vit } from '../vit.ts';
import { checkNames } from './check-names.ts';
import { clipFromHuggingFace, clipToHuggingFace, isClipFromHuggingFace } from './clip-hf-numbers.ts';
import { CLIP_HF_TABLE } from './clip-hf.ts';
import { findWeights } from './find-weights.ts';
import { importCheckpoint } from './import-checkpoint.ts';
import type { KeyTable } from './key-table.ts';
import { KEY_TABLES } from './key-tables.ts';
import { mapNames, theirNames } from './map-names.ts';
import { namePattern } from './name-pattern.ts';
import { ARCHITECTURES } from './presets.ts';
import { recognizeCheckpoint } from './recognize.ts';

const GOLDENS = fileURLToPath(new URL('../../../../goldens/models/', import.meta.url));

/** The weights of a case. */
async function weightsOf(name: string): Promise<HostTensors> {
  const { tensors } = await readSafetensors(`${GOLDENS}${name}.safetensors`);
  return Object.fromEntries(Object.entries(tensors).flatMap(([key, value]) => (key.startsWith('w/') ? [[key.slice(2), value]] : [])));
}
const under = (prefix: string, numbers: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [prefix + name, value]));

/** A file that holds tensors of these shapes. */
function fileOf(shapes: Readonly<Record<string, readonly number[]>>, metadata: Record<string, string> = {}): CheckpointFile {
  const tensors = new Map(Object.entries(shapes).map(([name, shape]) => [name, { type: 'F32' as const, shape, bytes: 4 * sizeOf(shape) }]));
  const values = { dict: new Map([...tensors.keys()].map((name): [string, CheckpointValue] => [name, { tensor: name }])) };
  const nothing = (): never => {
    throw new Error('no numbers');
  };
  return {
    path: 'test',
    format: 'safetensors',
    files: [],
    tensors,
    metadata,
    values,
    read: nothing,
    readBytes: nothing,
    close: async () => undefined,
  };
}
const shapesOf = (numbers: HostTensors): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(numbers).map(([name, { shape }]) => [name, shape]));
const recognize = (numbers: HostTensors): ReturnType<typeof recognizeCheckpoint> => recognizeCheckpoint(fileOf(shapesOf(numbers)));

describe('a pattern of names', () => {
  it('fills its holes with one part each, and back', () => {
    const pattern = namePattern('layer{}.blocks.{}.weight');
    expect(pattern.match('layer2.blocks.10.weight')).toEqual(['2', '10']);
    expect(pattern.fill(['2', '10'])).toBe('layer2.blocks.10.weight');
    expect([pattern.match('layer2.blocks.1.0.weight'), pattern.match('layer2.blocks.10.weights')]).toEqual([undefined, undefined]);
    expect([pattern.stem, namePattern('a.b').stem]).toEqual(['layer{}.blocks.{}', '']);
  });
});

/** Names of a layout with two of everything that is numbered. */
const namesOf = ({ layout }: KeyTable): string[] =>
  Object.keys({ ...layout.tensors, ...layout.optional }).flatMap((pattern) =>
    pattern.includes('{}') ? ['0', '1'].map((part) => namePattern(pattern).fill([part])) : [pattern],
  );

describe.each(KEY_TABLES.map((table) => [table.id, table] as const))('the table %s', (_id, table) => {
  it('is one-to-one', () => {
    const ours = (table.renames ?? []).map((rename) => rename.ours);
    const theirs = (table.renames ?? []).flatMap((rename) => rename.theirs);
    expect([new Set(ours).size, new Set(theirs).size]).toEqual([ours.length, theirs.length]);
    if (table.renames) expect([...ours].sort()).toEqual(Object.keys({ ...table.layout.tensors, ...table.layout.optional }).sort());
    const names = namesOf(table);
    const inFile = names.flatMap((name) => theirNames(table, name));
    expect(new Set(inFile).size).toBe(inFile.length);
    const sizes = new Map(inFile.map((name) => [name, { type: 'F32' as const, shape: [2, 2] }]));
    const back = mapNames(table, sizes);
    expect([[...back.tensors.keys()].sort(), back.problems, back.ignored]).toEqual([[...names].sort(), [], []]);
  });

  it('gives every name one place', () => {
    const patterns = Object.keys({ ...table.layout.tensors, ...table.layout.optional }).map((text) => namePattern(text));
    for (const name of namesOf(table)) expect([name, patterns.filter(({ match }) => match(name)).length]).toEqual([name, 1]);
  });

  it('is told from the others by its marks', () => {
    const names = namesOf(table).flatMap((name) => theirNames(table, name));
    expect(recognizeCheckpoint(fileOf(Object.fromEntries(names.map((name) => [name, [1]])))).id).toBe(table.id);
  });
});

describe("Hugging Face's names of CLIP", () => {
  it("hold the same numbers as OpenAI's, both ways", async () => {
    const [openai, theirs] = await Promise.all([weightsOf('clip-full'), weightsOf('clip-full-hf')]);
    const mapped = clipFromHuggingFace(theirs);
    expect(Object.keys(mapped).sort()).toEqual(Object.keys(openai).sort());
    for (const [name, value] of Object.entries(openai)) expect(mapped[name]).toEqual(value);
    const back = clipToHuggingFace(openai);
    expect(Object.keys(back).sort()).toEqual(Object.keys(theirs).sort());
    for (const [name, value] of Object.entries(theirs)) expect(back[name]).toEqual(value);
    expect([isClipFromHuggingFace(theirs), isClipFromHuggingFace(openai)]).toEqual([true, false]);
  });

  it('say which part of a stacked projection is missing or of another shape', () => {
    const part = (letter: string): string => `vision_model.encoder.layers.0.self_attn.${letter}_proj.weight`;
    const numbers = { [part('q')]: hostTensor([1, 2], [1, 2]), [part('k')]: hostTensor([1, 2], [1, 2]) };
    expect(() => clipFromHuggingFace(numbers)).toThrow(
      `missing "${part('v')}", part of "visual.transformer.resblocks.0.attn.in_proj_weight"`,
    );
    expect(() => clipFromHuggingFace({ ...numbers, [part('v')]: hostTensor([1]) })).toThrow('differ');
  });

  it('leave out the positions that old files carry', () => {
    expect(clipFromHuggingFace({ 'text_model.embeddings.position_ids': hostTensor([1]), other: hostTensor([2]) })).toEqual({
      other: hostTensor([2]),
    });
  });
});

describe('recognition', () => {
  it.each<[string, string, (numbers: HostTensors) => HostTensors]>([
    ['clip-full', 'clip-vit', (numbers) => numbers],
    ['clip-full-hf', 'clip-hf', (numbers) => numbers],
    ['clipreid-model-eval', 'clip-reid-vit', (numbers) => numbers],
    ['vit-timm', 'vit', (numbers) => numbers],
    ['vit-timm', 'vit', (numbers) => under('module.backbone.', numbers)],
    ['vit-transreid', 'transreid', (numbers) => under('base.', numbers)],
    ['vit-pass', 'pass', (numbers) => numbers],
  ])('of %s finds %s without a complaint', async (golden, id, change) => {
    const { report, ...found } = recognize(change(await weightsOf(golden)));
    expect([found.id, report.missing, report.unexpected, report.misshapen]).toEqual([id, [], [], []]);
  });

  it('finds the two parts of ALBEF and of a residual CLIP in what the goldens have of them', async () => {
    const [vision, bert] = await Promise.all([weightsOf('vit-albef'), weightsOf('albef-mlm')]);
    const albef = recognize({
      ...under('visual_encoder.', vision),
      ...under('text_encoder.', bert),
      ...under('visual_encoder_m.', vision),
    });
    expect([albef.id, albef.report.missing, albef.report.unexpected]).toEqual(['albef', [], []]);
    const [tower, whole] = await Promise.all([weightsOf('clip-rn'), weightsOf('clip-full')]);
    const text = Object.fromEntries(Object.entries(whole).filter(([name]) => !name.startsWith('visual.')));
    const clip = recognize({ ...text, ...under('visual.', tower) });
    expect([clip.id, clip.report.missing, clip.report.unexpected]).toEqual(['clip-resnet', [], []]);
    expect(clip.report.sizes).toMatchObject({ stem: 2, layer1: 2, layer2: 1 });
  });

  it.each([
    ['resnet18', 'resnet-basic'],
    ['resnet50', 'resnet-bottleneck'],
  ])('of torchvision %s knows which it is', async (name, id) => {
    const fixture = new URL('../__fixtures__/torchvision-resnet-names.json', import.meta.url);
    const shapes = (JSON.parse(await readFile(fixture, 'utf8')) as Record<string, Record<string, number[]>>)[name]!;
    const found = recognizeCheckpoint(fileOf({ ...shapes, 'fc.weight': [1000, 512] }));
    expect([found.id, found.architecture?.id, found.report.missing, found.report.unexpected, found.report.misshapen]).toEqual([
      id,
      name,
      [],
      [],
      [],
    ]);
    expect(found.report.ignored).toContain('fc.weight');
    const inBaseline = recognizeCheckpoint(
      fileOf({ ...Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [`base.${key}`, shape])), 'bottleneck.weight': [512] }),
    );
    expect([inBaseline.id, inBaseline.architecture?.id]).toEqual([`reid-${id}`, name]);
  });

  it('reads sizes from shapes and names the published architecture', async () => {
    const sizes = { W: 768, P: 16, N: 197, H: 3072, E: 512, C: 512, G: 2048, L: 77, V: 49408 };
    const clip = KEY_TABLES.find(({ id }) => id === 'clip-vit')!;
    const shapes = Object.fromEntries(
      Object.entries(clip.layout.tensors).flatMap(([pattern, shape]) => {
        const lengths = shape
          .split(' ')
          .filter(Boolean)
          .map((dimension) => {
            const [, factor, letter] = /^(\d*)([A-Z]?)$/.exec(dimension)!;
            return Number(factor || 1) * (letter ? sizes[letter as 'W'] : 1);
          });
        return Array.from({ length: 12 }, (_, i) => [namePattern(pattern).fill([String(i)]), lengths]);
      }),
    );
    const { architecture, report } = recognizeCheckpoint(fileOf(shapes));
    expect(architecture?.id).toBe('clip-vit-b16');
    expect(report.sizes).toEqual({
      width: 768,
      patch: 16,
      depth: 12,
      tokens: 197,
      textWidth: 512,
      textDepth: 12,
      length: 77,
      vocabulary: 49408,
      projectedWidth: 512,
    });
  });

  it('tells all that is missing, unexpected and misshapen at once', async () => {
    const { 'visual.proj': proj, 'visual.transformer.resblocks.1.ln_1.bias': _gone, ...rest } = await weightsOf('clip-full');
    const { report } = recognize({ ...rest, 'visual.proj': hostTensor(proj!.data.slice(20), [31, 20]), extra: hostTensor([1]) });
    expect(report.missing).toEqual(['visual.transformer.resblocks.1.ln_1.bias']);
    expect(report.unexpected).toEqual(['extra']);
    expect(report.misshapen).toEqual([{ name: 'visual.proj', sentence: '"visual.proj" expected [32, 20], got [31, 20]' }]);
  });

  it('knows a run of reidkit by its note, and leaves what it does not know as it is', () => {
    expect(recognizeCheckpoint(fileOf({ 'base.cls_token': [1] }, { recipe: 'baseline' }))).toMatchObject({
      id: 'reidkit',
      title: expect.stringContaining('baseline'),
    });
    expect(recognizeCheckpoint(fileOf({ weight: [1] })).id).toBe('unknown');
  });

  it('finds the weights in what a training script saves', async () => {
    const file = await openCheckpoint(`${GOLDENS}checkpoints/nested.pth`);
    const { at, stripped, names } = findWeights(file);
    await file.close();
    expect([at, stripped, names.get('visual.proj')]).toEqual(['state_dict', 'module.', 'state_dict.module.visual.proj']);
    expect(recognizeCheckpoint(file)).toMatchObject({ id: 'clip-vit', report: { missing: [], unexpected: [], misshapen: [] } });
  });
});

describe('checkNames', () => {
  const layout = {
    id: 'test',
    tensors: { 'layers.{}.a': 'W 2W', 'layers.{}.b': 'h', 'layers.{}.c': '3h 4', scale: '' },
    sizes: { width: 'W', depth: '#layers.{}' },
  };

  it('asks for every layer up to the largest, and for lengths that agree inside of it', () => {
    const shapes = new Map<string, number[]>([
      ['layers.0.a', [3, 6]], ['layers.0.b', [5]], ['layers.0.c', [15, 4]],
      ['layers.2.a', [3, 7]], ['layers.2.b', [7]], ['layers.2.c', [21, 4]],
      ['scale', []],
    ]); // prettier-ignore
    expect(checkNames(layout, shapes)).toEqual({
      missing: ['layers.1.a', 'layers.1.b', 'layers.1.c'],
      unexpected: [],
      ignored: [],
      misshapen: [{ name: 'layers.2.a', sentence: '"layers.2.a" expected [3, 6], got [3, 7]' }],
      sizes: { width: 3, depth: 3 },
    });
  });

  it('does not fill memory for a layer number out of the blue', () => {
    expect(checkNames(layout, new Map([['layers.999999999999.b', [1]]])).missing.length).toBeLessThan(4000);
  });
});

describe('architectures', () => {
  it('have names of their own and belong to layouts that there are', () => {
    expect(new Set(ARCHITECTURES.map(({ id }) => id)).size).toBe(ARCHITECTURES.length);
    const layouts = new Map(KEY_TABLES.map(({ layout }) => [layout.id, layout]));
    for (const { id, layouts: own, sizes } of ARCHITECTURES) {
      for (const name of own)
        expect([id, name, Object.keys(layouts.get(name)!.sizes)]).toEqual([
          id,
          name,
          expect.arrayContaining(name === 'clip-reid-resnet' ? ['stem'] : Object.keys(sizes).filter((size) => size !== 'tokens')),
        ]);
    }
  });
});

describe('importCheckpoint', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reidkit-import-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("writes Hugging Face's CLIP under our names, from a file of any kind", async () => {
    const [openai, theirs] = await Promise.all([weightsOf('clip-full'), weightsOf('clip-full-hf')]);
    await writeSafetensors(join(folder, 'hf.safetensors'), theirs);
    const file = await openCheckpoint(join(folder, 'hf.safetensors'));
    const out = join(folder, 'ours.safetensors');
    const { recognition, written, problems } = await importCheckpoint(file, out);
    await file.close();
    const { tensors, metadata } = await readSafetensors(out);
    expect([recognition.id, written.length, problems, metadata.table]).toEqual(['clip-hf', Object.keys(openai).length, [], 'clip-hf']);
    for (const [name, value] of Object.entries(openai)) expect(tensors[name]).toEqual(value);
  });

  it('keeps half precision as it is', async () => {
    const file = await openCheckpoint(`${GOLDENS}checkpoints/torchscript.pt`);
    const out = join(folder, 'script.safetensors');
    await importCheckpoint(file, out);
    const copy = await openCheckpoint(out);
    expect([copy.tensors.get('visual.proj')!.type, copy.tensors.has('input_resolution')]).toEqual(['F16', false]);
    expect(await copy.readBytes('visual.proj')).toEqual(await file.readBytes('visual.proj'));
    await file.close();
    await copy.close();
  });

  it('refuses a file that is not whole, naming everything, and takes what fits when told to', async () => {
    const { 'visual.proj': proj, 'visual.ln_post.bias': _gone, ...rest } = await weightsOf('clip-full');
    await writeSafetensors(join(folder, 'part.safetensors'), {
      ...rest,
      'visual.proj': hostTensor(proj!.data.slice(20), [31, 20]),
      extra: hostTensor([1]),
    });
    const file = await openCheckpoint(join(folder, 'part.safetensors'));
    const out = join(folder, 'part-out.safetensors');
    await expect(importCheckpoint(file, out)).rejects.toThrow(
      /missing "visual\.ln_post\.bias"[\s\S]*unexpected "extra"[\s\S]*"visual\.proj" expected \[32, 20\], got \[31, 20\]/,
    );
    await expect(readFile(out)).rejects.toThrow('ENOENT');
    const { written, problems } = await importCheckpoint(file, out, { loose: true });
    await file.close();
    expect([written.includes('extra'), written.includes('visual.proj'), problems.length]).toEqual([false, false, 3]);
  });

  it('refuses another architecture than was asked for', async () => {
    const file = await openCheckpoint(`${GOLDENS}checkpoints/zip.pth`);
    await expect(importCheckpoint(file, join(folder, 'x'), { as: 'clip-vit-b16' })).rejects.toThrow(
      'width of "clip-vit-b16" is 768, here it is 16',
    );
    await expect(importCheckpoint(file, join(folder, 'x'), { as: 'resnet50' })).rejects.toThrow(
      '"resnet50" is of the form resnet-bottleneck',
    );
    await expect(importCheckpoint(file, join(folder, 'x'), { as: 'clip' })).rejects.toMatchObject({ code: 'UNKNOWN_NAME' });
    await file.close();
  });
});

describe('the table of Hugging Face', () => {
  it('covers every tensor of the layout', () => {
    expect(CLIP_HF_TABLE.renames!.length).toBe(Object.keys(CLIP_HF_TABLE.layout.tensors).length);
  });
});

describe('our own encoders', () => {
  it.each<[string, () => Module, string]>([
    ['osnet', () => osnet(OSNET), 'osnet-x1-0'],
    ['osnet', () => osnet(OSNET_IBN), 'osnet-x1-0'],
    ['osnet', () => osnet(OSNET_X0_5), 'osnet-x0-5'],
    ['resnet-ibn-a', () => resnet(RESNET50_IBN_A), 'resnet50-ibn-a'],
    ['vit', () => vit(VIT_SMALL_PATCH16), 'vit-s16'],
    ['pass', () => vit(VIT_BASE_PATCH16_PASS), 'pass-vit-b16'],
  ])('of %s have the names and shapes of its table', (id, make, architecture) => {
    const shapes = Object.fromEntries([...namedParameters(make())].map(([path, { shape }]) => [path, shape]));
    const { report, ...found } = recognizeCheckpoint(fileOf(shapes));
    expect([found.id, found.architecture?.id, report.missing, report.unexpected, report.misshapen]).toEqual([id, architecture, [], [], []]);
  });
});
