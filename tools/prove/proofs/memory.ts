import { onnxBackend } from '@reidkit/backend-onnx';
import { corePlugin, createRegistry, hostTensor, type HostTensors, Random, tensorMemory, useBackend } from '@reidkit/core-tensor';
import { datasetsPlugin } from '@reidkit/datasets';
import { encodersPlugin } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { lossesPlugin } from '@reidkit/losses';
import { baseline, recipesPlugin } from '@reidkit/recipes';
import { buildRun } from '@reidkit/trainer';
import { hold, type Proof } from '../proof.ts';

/** Trains the tiny baseline for so many steps on batches of so many images; throws where tensors or memory are left behind. */
export async function steps(count: number, { images = 32, eager = false } = {}): Promise<Record<string, unknown>> {
  const backend = await useBackend(onnxBackend({ threads: 2, eager }));
  const registry = createRegistry(corePlugin, lossesPlugin, encodersPlugin, datasetsPlugin, evalPlugin, recipesPlugin);
  const facts = { data: { classes: 240, cameras: 6, views: 0, records: 1 } };
  const { model, stages } = buildRun(baseline({ size: 'tiny' }), facts, registry);
  const [{ plan, optimizer }] = stages as [(typeof stages)[0]];
  const program = backend.makeProgram(plan.step, plan.values(Random.seed(1), { parameters: {}, state: {} }));
  const [height, width] = model.imageSize;
  const batch: HostTensors = {
    images: hostTensor(Random.seed(2).normal(images * height * width * 3), [images, height, width, 3]),
    labels: hostTensor(Int32Array.from({ length: images }, (_, i) => i >> 2), [images], 'int32'), // prettier-ignore
    valid: hostTensor(new Uint8Array(images).fill(1), [images], 'bool'),
  };
  const hyper = optimizer.hyper((rate) => rate);
  const megabytes = async (): Promise<number> => {
    globalThis.gc?.();
    await new Promise(setImmediate); // arrays that the engine made are freed after the collection that found them
    return process.memoryUsage().rss / 2 ** 20;
  };
  // Garbage is collected after every step: left to itself it would come and go by some 50 MB, and hide what is left behind.
  const seen = new Map<number, { tensors: number; megabytes: number }>();
  for (let step = 1; step <= count; step++) {
    await program.run({ batch, hyper, random: Random.seed(step) });
    const resident = await megabytes();
    const mark = [10, 100, count].find((end) => step > end - 10 && step <= end);
    if (mark === undefined) continue;
    const megabytesNow = Math.min(resident, seen.get(mark)?.megabytes ?? Infinity);
    seen.set(mark, { tensors: tensorMemory().numTensors, megabytes: Math.round(10 * megabytesNow) / 10 });
  }
  const [first, warm, last] = [seen.get(10)!, seen.get(100)!, seen.get(count)!];
  hold(first.tensors === last.tensors, `as many tensors after step ${count} (${last.tensors}) as after step 10 (${first.tensors})`);
  hold(last.megabytes - first.megabytes < 20, `resident memory grew by ${(last.megabytes - first.megabytes).toFixed(1)} MB, less than 20`);
  return { tensors: last.tensors, megabytesAt10: first.megabytes, megabytesAt100: warm.megabytes, megabytesAtEnd: last.megabytes };
}

/** Training steps leave no tensor and no memory behind. */
export const proof: Proof = {
  summary:
    'A thousand training steps of the tiny baseline, and two hundred operation by operation: as many tensors at the end as after ten, resident memory flat.',
  minutes: 8,
  cases: [
    { id: '1000 compiled steps', run: () => steps(1000) },
    { id: '200 eager steps', run: () => steps(200, { eager: true }) },
  ],
};
