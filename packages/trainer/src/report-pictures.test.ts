import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Context, corePlugin, createRegistry, currentBackend, type DatasetReader, defineComponent, definePlugin, type ImageEncoder, matMul, type Model, Module, mean, nodeOf, normalInit, normalizeRows, parameter, type Parameter, type Registry, reshape, sigmoid, softmax, SPEC_VERSION, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { datasetsPlugin } from '@reidkit/datasets';
import { encodersPlugin, prototypeMasks } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { lossesPlugin } from '@reidkit/losses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildModel } from './build-run.ts';
import { readJson } from './run-folder.ts';
import { gatherPictures, type PictureOptions } from './report-pictures.ts';
import { reportRun } from './report-run.ts';
import { readRunRecord } from './run-record.ts';
import { type SmallRun, smallRun } from './small-run.fixture.ts';
import { train, type TrainResult } from './train.ts';

const NAMES = ['head', 'legs'];

/** Two parts by prototypes over the patches of an encoder, each with a score: what a recipe with regions gives, as small as it can be. */
class PartsModel extends Module implements Model {
  readonly base: ImageEncoder;
  readonly prototypes: Parameter;
  readonly score: Parameter;
  readonly classifier: Parameter;
  readonly partNames: readonly string[];
  readonly partGrid = [4, 2] as const;
  readonly reads = [];
  readonly gives = {
    training: ['global', 'logits.global'],
    evaluation: ['global', 'regions', 'regions.masks', 'alpha', 'weight'],
  };

  constructor(base: ImageEncoder, names: readonly string[], classes: number) {
    super();
    this.base = base;
    this.partNames = names;
    this.prototypes = parameter([2, base.width], normalInit(1));
    this.score = parameter([1, base.width], normalInit(1));
    this.classifier = parameter([classes, base.width], normalInit(0.1));
  }

  get imageSize(): readonly [number, number] {
    return this.base.imageSize;
  }

  forward({ images }: Tensors, ctx: Context): Tensors {
    const { patches } = this.base.forward(images!, ctx, {});
    const global = mean(patches, 1);
    if (ctx.training) return { global, 'logits.global': matMul(global, this.classifier.value, false, true) };
    const masks = prototypeMasks(patches, this.prototypes.value, { gamma: 4 });
    const regions = matMul(masks, patches);
    const [B, , D] = patches.shape as [number, number, number];
    const alpha = sigmoid(reshape(matMul(normalizeRows(reshape(regions, [B * 2, D])), this.score.value, false, true), [B, 2]));
    return { global, regions, 'regions.masks': masks, alpha, weight: softmax(alpha) };
  }
}

const parts = defineComponent({
  summary: 'Two parts.',
  options: z.strictObject({ encoder: nodeOf('encoder'), names: z.array(z.string()), classes: z.number() }),
  build: ({ encoder, names, classes }, use) => new PartsModel(use<ImageEncoder>(encoder), names, classes),
});

let small: SmallRun;
let registry: Registry;
let run: TrainResult;
let pictures: PictureOptions;

const modelNode = (names: readonly string[]): { use: string; options: object } => ({
  use: 'model/parts',
  options: {
    encoder: { use: 'encoder/vit', options: { imageSize: [32, 16], patch: 8, width: 24, depth: 1, heads: 2 } },
    names,
    classes: { $ref: 'data.classes' },
  },
});

beforeAll(async () => {
  small = await smallRun();
  const mine = definePlugin({ name: 'parts', version: '1.0.0', specVersion: SPEC_VERSION, components: { 'model/parts': parts } });
  registry = createRegistry(corePlugin, lossesPlugin, encodersPlugin, datasetsPlugin, evalPlugin, mine);
  const recipe = small.recipe({ model: modelNode(NAMES) });
  recipe.stages = recipe.stages.map((stage) => ({ ...stage, epochs: 1, losses: { identity: stage.losses.identity! } }));
  recipe.evaluation = { ...recipe.evaluation, scorer: { use: 'scorer/cosine', options: { descriptor: 'global' } } };
  run = await train({ recipe, registry, backend: currentBackend(), out: join(small.folder, 'parts'), workers: 0 });
  const dataset = await registry.use<DatasetReader>(recipe.streams.main!.dataset).read();
  pictures = { registry, dataset, makeProgram: currentBackend().makeProgram, workers: 0 };
});
afterAll(() => small.remove());

describe('pictures of a run', () => {
  it('are the regions of the first random, worst and best queries, and descriptors of people and parts', async () => {
    const record = await readRunRecord(run.folder);
    const { root } = pictures.dataset;
    const gather = (): ReturnType<typeof gatherPictures> =>
      gatherPictures({ folder: run.folder, record, evaluation: run.evaluation, root }, pictures, ({ file, identity, camera }) => ({
        image: { file }, identity, camera,
      })); // prettier-ignore
    const { regions, maps } = await gather();
    expect([regions!.names, regions!.grid]).toEqual([NAMES, [4, 2]]);
    for (const group of ['random', 'worst', 'best'] as const) {
      expect(regions![group].map(({ person }) => person.image)).toEqual(
        run.evaluation.lists[group].slice(0, 4).map(({ query }) => ({ file: (query as { file: string }).file })),
      );
    }
    const [card] = regions!.random;
    expect(card!.imageSize).toEqual([32, 16]);
    // The people are 64 × 128 pixels and only resized.
    expect(Array.from(card!.toOriginal)).toEqual([4, 0, 0, 0, 4, 0]);
    expect(card!.regions.map(({ alpha, beta, weight }) => [typeof alpha, beta, typeof weight])).toEqual([
      ['number', undefined, 'number'],
      ['number', undefined, 'number'],
    ]);
    const [head, legs] = card!.regions.map(({ mask }) => Array.from(mask));
    head!.forEach((value, at) => expect(value + legs![at]!).toBeCloseTo(1, 5));
    expect(card!.regions[0]!.weight! + card!.regions[1]!.weight!).toBeCloseTo(1, 5);
    const [people, byPart] = maps!;
    expect(people!.names).toHaveLength(4);
    expect(people!.rows.every(({ length }) => length === 24)).toBe(true);
    expect([byPart!.names, byPart!.rows.length, byPart!.groups.slice(0, 4)]).toEqual([NAMES, 2 * people!.rows.length, [0, 1, 0, 1]]);
    expect(await gather()).toEqual({ regions, maps });
  });

  it('come onto the page of the run; a broken image costs its pictures only', async () => {
    const { root } = pictures.dataset;
    await reportRun(run.folder, { root, pictures });
    const page = await readFile(run.folder.report, 'utf8');
    expect(page).toContain('id="regions"');
    expect(page).toContain('regions, by part');
    expect(page).toMatch(/α 0\.\d\d/);
    const { query } = run.evaluation.lists.random[0]! as { query: { file: string } };
    await rm(join(root, query.file));
    await reportRun(run.folder, { root, pictures });
    expect(await readFile(run.folder.report, 'utf8')).toContain('image cannot be read');
    await reportRun(run.folder, { root });
    expect(await readFile(run.folder.report, 'utf8')).not.toContain('id="maps"');
  });

  it('are refused for masks that names and grid do not fit', async () => {
    const record = await readRunRecord(run.folder);
    const recipe = {
      ...record.recipe,
      model: { use: 'model/parts', options: { ...(record.recipe.model.options as object), names: ['head'] } },
    };
    expect(buildModel(recipe, registry).model.partNames).toEqual(['head']);
    const evaluation = (await readJson(run.folder.evaluation)) as TrainResult['evaluation'];
    const gathered = gatherPictures(
      { folder: run.folder, record: { ...record, recipe }, evaluation, root: pictures.dataset.root },
      pictures,
      () => {
        throw new Error('no picture is asked for');
      },
    );
    await expect(gathered).rejects.toThrow(/gives regions\.masks \[B, 2, 8\], but its partNames \(1\) and partGrid \(4 x 2\)/);
  });
});
