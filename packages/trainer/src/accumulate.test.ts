import {
  hostTensor,
  type HostTensors,
  Random,
  referenceBackend,
  useBackend,
  createRegistry,
  corePlugin,
  compile,
  eagerProgram,
  type MakeProgram,
} from '@reidkit/core-tensor';
import { datasetsPlugin } from '@reidkit/datasets';
import { encodersPlugin } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { lossesPlugin } from '@reidkit/losses';
import { baseline, recipesPlugin } from '@reidkit/recipes';
import { beforeAll, expect, it } from 'vitest';
import { buildRun } from './build-run.ts';

beforeAll(() => useBackend(referenceBackend));

const registry = createRegistry(corePlugin, lossesPlugin, encodersPlugin, datasetsPlugin, evalPlugin, recipesPlugin);

/** A tiny stage that averages gradients over so many batches. */
function stageOf(accumulate: number) {
  const recipe = baseline({ preset: 'transreid', size: 'tiny', data: 'nowhere' });
  const encoder = { use: 'encoder/vit', options: { imageSize: [16, 8], patch: 8, width: 8, depth: 1, heads: 2, dropPath: 0.3 } };
  recipe.model = { ...recipe.model, options: { ...(recipe.model.options as object), encoder } };
  recipe.stages[0]!.accumulate = accumulate;
  recipe.stages[0]!.movingAverage = 0.5;
  return buildRun(recipe, { data: { classes: 3, cameras: 2, views: 0, records: 6 } }, registry).stages[0]!;
}

const batch: HostTensors = {
  images: hostTensor(Random.seed(1).normal(6 * 16 * 8 * 3), [6, 16, 8, 3]),
  labels: hostTensor([0, 0, 1, 1, 2, 2], [6], 'int32'),
  valid: hostTensor(new Uint8Array(6).fill(1), [6], 'bool'),
};

const ways: Readonly<Record<string, MakeProgram>> = {
  'operation by operation': eagerProgram,
  recorded: (step, values) => compile(step, { backend: referenceBackend }).program(values),
};

it.each(Object.entries(ways))('two batches that are the same make one update that is the same, %s', async (_way, makeProgram) => {
  const run = async (accumulate: number, updates: readonly number[]): Promise<HostTensors> => {
    const { plan, optimizer } = stageOf(accumulate);
    const program = makeProgram(plan.step, plan.values(Random.seed(2), { parameters: {}, state: {} }));
    for (const update of updates) {
      await program.run({
        batch,
        random: Random.seed(3),
        hyper: { ...optimizer.hyper((rate) => rate), ...(accumulate > 1 ? { update } : {}) },
      });
    }
    const { parameters, state } = await program.read();
    program.dispose();
    const buffers = Object.entries(state).filter(([name]) => !name.startsWith('buffer.'));
    return { ...parameters, ...Object.fromEntries(buffers) };
  };
  const [none, waiting, once, twice] = [await run(1, []), await run(2, [0]), await run(1, [1]), await run(2, [0, 1])];
  for (const [name, { data }] of Object.entries(none)) expect([name, waiting[name]!.data]).toEqual([name, data]);
  for (const [name, { data }] of Object.entries(once)) expect([name, twice[name]!.data]).toEqual([name, data]);
  const sums = (values: HostTensors): HostTensors =>
    Object.fromEntries(Object.entries(values).filter(([name]) => name.startsWith('gradient.')));
  expect(Object.values(sums(waiting)).some(({ data }) => data.some((value) => value !== 0))).toBe(true);
  expect(Object.values(sums(twice)).every(({ data }) => data.every((value) => value === 0))).toBe(true);
});
