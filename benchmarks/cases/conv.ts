import { onnxBackend } from '@reidkit/backend-onnx';
import { countParameters, createRegistry, corePlugin, hostTensor, Random, sizeOf, type StepReport, useBackend } from '@reidkit/core-tensor';
import { encodersPlugin, RESNET18 } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { datasetsPlugin } from '@reidkit/datasets';
import { lossesPlugin } from '@reidkit/losses';
import { baseline, recipesPlugin } from '@reidkit/recipes';
import { buildRun } from '@reidkit/trainer';
import type { Case, MakeCase } from '../measure.ts';

const PAPER = { batch: 8, classes: 751, image: [256, 128] } as const;
const TINY = { batch: 4, classes: 8, image: [64, 32] } as const;

/** The recipe's own ResNet and step, with the peer's one loss. */
export const makeCase: MakeCase = async (_name, { threads, tiny, eager }): Promise<Case> => {
  const { batch, classes, image } = tiny ? TINY : PAPER;
  const backend = await useBackend(onnxBackend({ threads, eager }));
  const registry = createRegistry(corePlugin, lossesPlugin, encodersPlugin, datasetsPlugin, evalPlugin, recipesPlugin);
  const recipe = baseline({ preset: 'paper' });
  const encoder = { use: 'encoder/resnet', options: { ...(tiny ? RESNET18 : {}), imageSize: image } };
  recipe.model = { ...recipe.model, options: { ...(recipe.model.options as object), encoder } };
  recipe.stages[0]!.losses = { identity: { use: 'loss/cross-entropy', weight: 1, reads: { logits: 'outputs.logits.global' } } };
  const facts = { data: { classes, cameras: 6, views: 0, records: 1 } };
  const { model, stages } = buildRun(recipe, facts, registry);
  const [{ plan, optimizer, ways }] = stages as [(typeof stages)[0]];
  const { reads } = ways[0]!;
  const program = backend.makeProgram(plan.step, { ...plan.values(Random.seed(1), { parameters: {}, state: {} }), isGivenAway: true });
  const shape = [batch, ...image, 3];
  const all = {
    images: hostTensor(Random.seed(2).normal(sizeOf(shape)), shape),
    labels: hostTensor(Int32Array.from({ length: batch }, (_, i) => (i >> 1) % classes), [batch], 'int32'), // prettier-ignore
    valid: hostTensor(new Uint8Array(batch).fill(1), [batch], 'bool'),
  };
  const inputs = Object.fromEntries(Object.entries(all).filter(([name]) => name === 'images' || reads.has(name)));
  const hyper = optimizer.hyper((rate) => rate);
  let step = 0;
  return {
    run: () => program.run({ batch: inputs, hyper, random: Random.seed(3).fork(step++) }),
    explain: () => program.explain?.(),
    report: (last) => ({ value: (last as StepReport).losses.total }),
    fields: { parameters: countParameters(model).total },
  };
};
