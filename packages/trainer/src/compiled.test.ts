import { onnxBackend } from '@reidkit/backend-onnx';
import {
  type Backend, corePlugin, createRegistry, eagerProgram, hostTensor, type HostTensors, type Node, Random, referenceBackend, sizeOf, useBackend,
} from '@reidkit/core-tensor'; // prettier-ignore
import { datasetsPlugin } from '@reidkit/datasets';
import { encodersPlugin } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { lossesPlugin } from '@reidkit/losses';
import { baseline, recipesPlugin } from '@reidkit/recipes';
import { afterAll, describe, expect, it } from 'vitest';
import { buildRun } from './build-run.ts';

afterAll(() => useBackend(referenceBackend));

const registry = createRegistry(corePlugin, lossesPlugin, encodersPlugin, datasetsPlugin, evalPlugin, recipesPlugin);
const SIZE = [64, 32] as const;
const STEPS = 20;

const encoders: Readonly<Record<string, Node>> = {
  ViT: { use: 'encoder/vit', options: { imageSize: SIZE, patch: 8, width: 16, depth: 2, heads: 2, dropPath: 0.2, cameras: 2 } },
  ResNet: { use: 'encoder/resnet', options: { block: 'basic', layers: [1, 1, 1, 1], planes: 2, imageSize: SIZE } },
};
const optimizers: Readonly<Record<string, Node>> = {
  Adam: { use: 'optimizer/adam', options: { rate: 1e-4, weightDecay: 5e-4 } },
  SGD: { use: 'optimizer/sgd', options: { rate: 1e-3, momentum: 0.9, weightDecay: 1e-4, clip: { norm: 5 } } },
};

function stageOf(encoder: Node, optimizer: Node) {
  const recipe = baseline({ size: 'tiny', data: 'nowhere' });
  recipe.model = { ...recipe.model, options: { ...(recipe.model.options as object), encoder } };
  recipe.stages[0]!.optimizer = optimizer;
  return buildRun(recipe, { data: { classes: 4, cameras: 2, views: 0, records: 8 } }, registry).stages[0]!;
}

function batchOf(step: number, reads: ReadonlySet<string>): HostTensors {
  const shape = [8, ...SIZE, 3];
  const all: HostTensors = {
    images: hostTensor(Random.seed(1).fork(step % 3).normal(sizeOf(shape)), shape),
    labels: hostTensor([0, 0, 1, 1, 2, 2, 3, 3], [8], 'int32'),
    cameras: hostTensor([0, 1, 0, 1, 1, 0, 0, 1], [8], 'int32'),
    valid: hostTensor(new Uint8Array(8).fill(1), [8], 'bool'),
  }; // prettier-ignore
  return Object.fromEntries(Object.entries(all).filter(([name]) => name === 'images' || reads.has(name)));
}

async function lossesOf(backend: Backend, encoder: Node, optimizer: Node): Promise<number[]> {
  await useBackend(backend);
  const { plan, optimizer: built, ways } = stageOf(encoder, optimizer);
  const program = backend.makeProgram(plan.step, plan.values(Random.seed(2), { parameters: {}, state: {} }));
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const report = await program.run({
      batch: batchOf(step, ways[0]!.reads),
      random: Random.seed(3).fork(step),
      hyper: built.hyper((rate) => rate),
    });
    losses.push(report.losses.total!);
  }
  program.dispose();
  return losses;
}

const cases = Object.keys(encoders).flatMap((encoder) => Object.keys(optimizers).map((optimizer) => [encoder, optimizer] as const));

describe.each(cases)('%s, BN neck, cross-entropy and triplet, trained by %s', (encoder, optimizer) => {
  const run = (backend: Backend): Promise<number[]> => lossesOf(backend, encoders[encoder]!, optimizers[optimizer]!);

  it('compiled is operation by operation is the reference, for 20 steps, and the same bits each time', async () => {
    const compiled = await run(onnxBackend({ threads: 2 }));
    expect(await run(onnxBackend({ threads: 2 }))).toEqual(compiled);
    const eager = await run(onnxBackend({ threads: 2, eager: true }));
    const reference = await run({ ...referenceBackend, makeProgram: eagerProgram });
    expect(new Set(reference).size).toBe(STEPS);
    const worst = (a: readonly number[], b: readonly number[]): number =>
      Math.max(...a.map((value, i) => Math.abs(value - b[i]!) / Math.abs(b[i]!)));
    expect({ compiledToReference: worst(compiled, reference) < 1e-5, compiledToEager: worst(compiled, eager) < 1e-5 }).toEqual({
      compiledToReference: true,
      compiledToEager: true,
    });
  });
});
