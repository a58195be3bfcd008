import {
  corePlugin,
  countParameters,
  createRegistry,
  namedParameters,
  type Model,
  type Optimizer,
  type Recipe,
  type Schedule,
} from '@reidkit/core-tensor';
import { datasetsPlugin } from '@reidkit/datasets';
import { encodersPlugin } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { lossesPlugin } from '@reidkit/losses';
import { describe, expect, it } from 'vitest';
import { recipesPlugin } from '../plugin.ts';
import { muva, type MuvaOptions } from './recipe.ts';

const registry = createRegistry(corePlugin, encodersPlugin, lossesPlugin, datasetsPlugin, evalPlugin, recipesPlugin);

const modelOf = ({ model }: Recipe, classes: number | undefined = 751): Model =>
  registry.use<Model>({ ...model, options: { ...(model.options as object), classes } });

/** What trains in the model file: buffers count nowhere. */
const trained = (recipe: Recipe, classes = 751): number => {
  const shapes = [...namedParameters(modelOf(recipe, classes))].filter(([, { role }]) => role === 'parameter');
  return shapes.reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0);
};

/** The same without what only training needs. */
const atTest = (recipe: Recipe): number => {
  const { text: _text, classes: _classes, prompts: _prompts, ...options } = recipe.model.options as Record<string, unknown>;
  return [...namedParameters(registry.use<Model>({ ...recipe.model, options }))]
    .filter(([path, { role }]) => role === 'parameter' && !path.startsWith('bnneck'))
    .reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0);
};

describe('muva', () => {
  it('has as many parameters as Table 13 says', () => {
    const whole = muva();
    expect(trained(whole)).toBe(161_725_952);
    expect(atTest(whole)).toBe(115_900_416);
    expect(trained(muva({ language: false }))).toBe(117_442_560);
    expect(trained(muva({ parts: [] }))).toBe(126_195_200);
    expect(atTest(muva({ parts: [] }))).toBe(86_141_440 - 1_024);
    expect(trained(muva({ preset: 'paper' }))).toBe(161_725_952 - 2_304);
  });

  it.each([
    [702, 161_224_192],
    [1_041, 164_695_552],
    [767, 161_889_792],
    [2_510, 179_738_112],
    [2_559, 180_239_872],
    [2_220, 176_768_512],
    [2_494, 179_574_272],
  ])('has them for %i identities', (classes, count) => expect(trained(muva(), classes)).toBe(count));

  it('has the rates of the released code', () => {
    const [prompts, image] = muva().stages as [Recipe['stages'][0], Recipe['stages'][0]];
    const rateOf = ({ optimizer, schedule }: Recipe['stages'][0], epoch: number): number => {
      const rates = registry.use<Optimizer>(optimizer).hyper((base) => registry.use<Schedule>(schedule).rate(epoch - 1, base));
      return rates['rate.0']!;
    };
    const table = [
      [1, 7.8e-5],
      [4, 2.82e-4],
      [5, 3.4851e-4],
      [60, 1.755e-4],
      [120, 1e-6],
    ] as const;
    for (const [epoch, rate] of table) expect(rateOf(prompts, epoch) / rate).toBeCloseTo(1, 3);
    const second = [
      [1, 9.5e-7],
      [5, 2.75e-6],
      [9, 4.55e-6],
      [10, 5e-6],
      [29, 5e-6],
      [30, 5e-7],
      [49, 5e-7],
      [50, 5e-8],
      [60, 5e-8],
    ] as const;
    for (const [epoch, rate] of second) expect(rateOf(image, epoch) / rate).toBeCloseTo(1, 6);
    const hyper = registry.use<Optimizer>(image.optimizer).hyper((base) => base);
    expect([hyper['rate.0'], hyper['rate.1']]).toEqual([5e-6, 5e-5]);
  });

  it('reads the paper and the code as they differ', () => {
    const [paper, code] = [muva({ preset: 'paper' }), muva({ preset: 'code' })];
    const losses = ({ stages }: Recipe): unknown => [stages[1]!.losses.imageToText!.options, stages[1]!.losses.identity!.options];
    expect(losses(paper)).toEqual([{ normalize: true, smoothing: 0.1 }, { smoothing: 0 }]);
    expect(losses(code)).toEqual([{ normalize: false, smoothing: 0.1 }, { smoothing: 0.1 }]);
    const modelOptions = ({ model }: Recipe): unknown => model.options;
    expect(modelOptions(paper)).toMatchObject({ neckUpdates: 1, localInit: 'normal', encoder: { options: { addedTokens: 0 } } });
    expect(modelOptions(code)).toMatchObject({ neckUpdates: 2, localInit: 'truncated', encoder: { options: { addedTokens: 3 } } });
  });

  const SWITCHES: MuvaOptions[] = [
    { parts: [] },
    { parts: ['head'] },
    { parts: ['upper', 'legs'] },
    { language: false },
    { language: false, parts: [] },
    { prompts: 'part-agnostic' },
    { prompts: 'bare' },
    { prompts: [267, 525] },
    { partMasks: 'stripes' },
    { predictor: { layerNorm: false, innerResidual: false } },
    { predictor: { heads: 8, accumulates: false } },
    { cropErase: true },
    { maskLoss: 'patch' },
    { maskLoss: 'difference' },
    { maskLoss: 'none' },
    { cellRule: 'full' },
    { lossInput: 'raw' },
    { update: 'mean' },
    { lifetime: 'run' },
    { iteration: 'ids' },
    { sources: ['a', 'b'], target: 'c' },
  ];

  it.each(SWITCHES)('builds with %j in both presets and every size', (switches) => {
    for (const preset of ['paper', 'code']) {
      for (const size of ['paper', 'tiny', 'ablation']) {
        const recipe = muva({ preset, size, ...switches });
        expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe);
        const { total } = countParameters(modelOf(recipe, 5));
        expect(total).toBeGreaterThan(0);
        for (const { losses } of recipe.stages) {
          for (const { use, options } of Object.values(losses))
            registry.resolve({
              use,
              options: { ...((options as object | undefined) ?? {}), ...(use === 'loss/prototype-contrast' ? { classes: 5 } : {}) },
            });
        }
      }
    }
  });

  it('has no other presets and sizes', () => {
    expect(() => muva({ preset: 'papre' })).toThrow('has no preset "papre". Did you mean "paper"?');
    expect(() => muva({ size: 'huge' })).toThrow('It has paper, tiny, ablation.');
  });
});

it('takes masks from a file of cells, and leaves masks where they were when crops move, where asked to', () => {
  const { main } = muva({ cells: 'masks-16x8-centre-released.bin', cropErase: true, maskFollowsCrop: false }).streams;
  expect(main!.fields.partMasks).toMatchObject({
    source: 'cells',
    cells: 'masks-16x8-centre-released.bin',
    height: 16,
    width: 8,
    missing: 0.05,
  });
  expect(main!.transforms).toContainEqual({ use: 'transform/pad-crop', options: { padding: 10, masksFollow: false } });
  expect(() => muva({ cells: '../masks.bin' })).toThrow('is a .bin file below the data set');
});
