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
import { clipReid } from '@reidkit/recipes';
import { buildRun } from '@reidkit/trainer';
import { builtInPlugins } from 'reidkit';
import type { Case, MakeCase } from '../measure.ts';

const PAPER = { batch: 4, classes: 751, image: [256, 128], projectedWidth: 512 } as const;
const TINY = { batch: 4, classes: 8, image: [64, 32], projectedWidth: 64 } as const;

/** Stage 2 of the recipe as it is, on ready text features; the text side stays away, as it does from the peer. */
export const makeCase: MakeCase = async (_name, { threads, tiny, eager }): Promise<Case> => {
  const { batch, classes, image, projectedWidth } = tiny ? TINY : PAPER;
  const backend = await useBackend(onnxBackend({ threads, eager }));
  const recipe = clipReid({ preset: 'code', size: tiny ? 'tiny' : 'paper' });
  const { text: _text, ...options } = recipe.model.options as Record<string, unknown>;
  recipe.model = { ...recipe.model, options };
  const stage = recipe.stages[1]!;
  recipe.stages = [{ ...stage, prepare: {}, frozen: [] }];
  const facts = { data: { classes, cameras: 6, views: 0, records: 1 } };
  const { model, stages } = buildRun(recipe, facts, createRegistry(...builtInPlugins), { artefacts: ['prompts', 'textFeatures'] });
  const [{ plan, optimizer, ways }] = stages as [(typeof stages)[0]];
  const { reads } = ways[0]!;
  const features = Random.seed(4).normal(classes * projectedWidth).map((x) => x / projectedWidth ** 0.5); // prettier-ignore
  const artefacts = { textFeatures: hostTensor(features, [classes, projectedWidth]) };
  const program = backend.makeProgram(plan.step, {
    ...plan.values(Random.seed(1), { parameters: {}, state: {} }, artefacts),
    isGivenAway: true,
  });
  const shape = [batch, ...image, 3];
  const all: HostTensors = {
    images: hostTensor(Random.seed(2).normal(sizeOf(shape)), shape),
    labels: hostTensor(Int32Array.from({ length: batch }, (_, i) => i >> 1), [batch], 'int32'), // prettier-ignore
    valid: hostTensor(new Uint8Array(batch).fill(1), [batch], 'bool'),
  };
  const inputs = Object.fromEntries([...reads].map((name) => [name, all[name]!]));
  const hyper = optimizer.hyper((rate) => rate);
  let step = 0;
  return {
    run: () => program.run({ batch: inputs, hyper, random: Random.seed(3).fork(step++) }),
    explain: () => program.explain?.(),
    report: (last) => ({ value: (last as StepReport).losses.total }),
    fields: { parameters: countParameters(model).total },
  };
};
