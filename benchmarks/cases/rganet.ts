import { onnxBackend } from '@reidkit/backend-onnx';
import {
  countParameters,
  createRegistry,
  hostTensor,
  type HostTensors,
  Random,
  sizeOf,
  type StepReport,
  useBackend,
} from '@reidkit/core-tensor';
import { rganet } from '@reidkit/recipes';
import { buildRun } from '@reidkit/trainer';
import { builtInPlugins } from 'reidkit';
import type { Case, MakeCase } from '../measure.ts';

const PAPER = { batch: 4, classes: 702, image: [256, 128] } as const;
const TINY = { batch: 4, classes: 8, image: [96, 48] } as const;

/** The main stage of the recipe as it is, on ready prototypes and memory; the text side stays away, as it does from the peer. */
export const makeCase: MakeCase = async (_name, { threads, tiny, eager }): Promise<Case> => {
  const { batch, classes, image } = tiny ? TINY : PAPER;
  const backend = await useBackend(onnxBackend({ threads, eager }));
  const recipe = rganet({ preset: 'paper', size: tiny ? 'tiny' : 'paper' });
  const { text: _text, ...options } = recipe.model.options as Record<string, unknown>;
  recipe.model = { ...recipe.model, options };
  const losses = Object.fromEntries(Object.entries(recipe.stages[1]!.losses).filter(([, { use }]) => use !== 'loss/watch'));
  recipe.stages = [{ ...recipe.stages[1]!, losses, needs: [], prepare: {}, fills: {}, frozen: [] }];
  const facts = { data: { classes, cameras: 6, views: 0, records: 1 } };
  const { model, stages } = buildRun(recipe, facts, createRegistry(...builtInPlugins));
  const [{ plan, optimizer, ways }] = stages as [(typeof stages)[0]];
  const normal = (seed: number, shape: readonly number[]) => hostTensor(Random.seed(seed).normal(sizeOf(shape)), shape);
  const width = plan.places.get('memory')!.shape;
  const state = { 'buffer.prototypes': normal(4, width), 'buffer.memory': normal(5, width) };
  const program = backend.makeProgram(plan.step, { ...plan.values(Random.seed(1), { parameters: {}, state }), isGivenAway: true });
  const all: HostTensors = {
    images: normal(2, [batch, ...image, 3]),
    labels: hostTensor(Int32Array.from({ length: batch }, (_, i) => i >> 1), [batch], 'int32'), // prettier-ignore
    valid: hostTensor(new Uint8Array(batch).fill(1), [batch], 'bool'),
  };
  const inputs = Object.fromEntries([...ways[0]!.reads].map((name) => [name, all[name]!]));
  const hyper = optimizer.hyper((rate) => rate);
  let step = 0;
  return {
    run: () => program.run({ batch: inputs, hyper, random: Random.seed(3).fork(step++) }),
    explain: () => program.explain?.(),
    report: (last) => ({ value: (last as StepReport).losses.total }),
    fields: { parameters: countParameters(model).total },
  };
};
