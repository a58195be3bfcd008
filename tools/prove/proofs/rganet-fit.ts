import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxBackend } from '@reidkit/backend-onnx';
import {
  argMax, cast, createRegistry, currentBackend, defineComponent, div, equal, greater, type LogEvent, type Logger, type Loss, maximum, mul, type Node, type Recipe, reshape, SPEC_VERSION, stopGradient, sum,
  useBackend,
} from '@reidkit/core-tensor'; // prettier-ignore
import { synthesize } from '@reidkit/datasets';
import { partLabels } from '@reidkit/losses';
import { rganet } from '@reidkit/recipes';
import { train } from '@reidkit/trainer';
import { builtInPlugins } from 'reidkit';
import { z } from 'zod';
import { hold, type Proof } from '../proof.ts';
import { trainRank } from '../train-rank.ts';

/** Share of the places on a body whose highest score is that of the right part. */
const accuracy = defineComponent({
  summary: 'Share of the places on a body whose highest score is that of the right part.',
  options: z.strictObject({}),
  build: (): Loss => ({
    reads: { logits: 'outputs.maskLogits', masks: 'batch.partMasks', valid: 'batch.partMasksValid' },
    compute: ({ logits, masks, valid }) => {
      const labels = partLabels(masks!, valid!);
      const counted = cast(greater(labels, 0), 'float32');
      const found = reshape(argMax(stopGradient(logits!), 2), labels.shape);
      return div(sum(mul(cast(equal(cast(found, 'int32'), labels), 'float32'), counted)), maximum(sum(counted), 1));
    },
  }),
});

const ENCODER: Node = {
  use: 'encoder/clip-vision',
  options: { imageSize: [64, 32], patch: 4, width: 32, depth: 2, heads: 4, projectedWidth: 64 },
};

interface Logged {
  readonly first: Readonly<Record<string, number>>;
  readonly last: Readonly<Record<string, number>>;
}

/** Trains a changed recipe on eight people with eight images each, and says what the first and the last steps of a stage logged. */
async function fit(
  stage: string,
  change: (recipe: Recipe) => Recipe,
  look: (out: string) => Promise<number> = async () => 0,
): Promise<Logged & { readonly seen: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'reidkit-prove-'));
  try {
    const data = join(folder, 'data');
    const options = { seed: 5, trainIdentities: 8, testIdentities: 2, cameras: 2, trainImages: [4, 4] as [number, number], distractors: 2 };
    await synthesize({ out: data, options, workers: 1 });
    const plain = rganet({ preset: 'paper', size: 'ablation', data });
    const small = { ...plain, model: { ...plain.model, options: { ...(plain.model.options as object), encoder: ENCODER } } };
    const masks = { parts: ['head', 'upper body', 'lower body', 'foot'], height: 16, width: 8 };
    const streams = Object.fromEntries(Object.entries(small.streams).map(([name, stream]) => [name, { ...stream, fields: { partMasks: masks } }])); // prettier-ignore
    await useBackend(onnxBackend({ threads: 2 }));
    const registry = createRegistry(...builtInPlugins, {
      name: 'fit',
      version: '0.0.0',
      specVersion: SPEC_VERSION,
      components: { 'loss/part-accuracy': accuracy },
    });
    const out = join(folder, 'run');
    const steps: Readonly<Record<string, number>>[] = [];
    const keep = ({ kind, stage: at, numbers }: LogEvent): void => void (kind === 'step' && at === stage && steps.push(numbers));
    const loggers = async (): Promise<Logger[]> => [{ log: keep, close: async () => undefined }];
    await train({
      recipe: change({ ...small, streams: streams as Recipe['streams'] }),
      registry,
      backend: currentBackend(),
      out,
      workers: 1,
      loggers,
    });
    return { first: steps[0]!, last: steps.at(-1)!, seen: await look(out) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;
const plainly = (stream: Recipe['streams'][string]): Recipe['streams'][string] => ({
  ...stream,
  transforms: stream.transforms.filter(({ use }) => /resize|normalize/.test(use)),
});
const cosine = (length: number): Node => ({ use: 'schedule/cosine', options: { length, least: 1e-5 } });

/** The second stage, behind a short first one: every image's own person is nearest, and little is left of the losses. */
async function overfit(epochs: number): Promise<Record<string, unknown>> {
  const { first, last, seen } = await fit(
    'main',
    (recipe) => ({
      ...recipe,
      streams: {
        main: { ...plainly(recipe.streams.main!), sampler: { use: 'sampler/pk', options: { identities: 8, images: 8 } } },
        parts: plainly(recipe.streams.parts!),
      },
      stages: recipe.stages.map((stage) => {
        const length = stage.name === 'main' ? epochs : 20;
        const { segmentation: _masks, ...losses } = stage.losses;
        return {
          ...stage,
          losses: stage.name === 'main' ? losses : stage.losses,
          epochs: length,
          schedule: cosine(length),
          evaluateEvery: 0,
        };
      }),
    }),
    (out) => trainRank(out, 'global.bn'),
  );
  const share = round(last.total! / first.total!);
  hold(seen === 1, `rank-1 of training images is ${seen} = 1`);
  hold(share < 0.1, `the loss falls to ${share} < 0.1 of what it was, from ${round(first.total!)} to ${round(last.total!)}`);
  return { trainRank1: seen, lossAtStart: round(first.total!), lossAtEnd: round(last.total!), share };
}

/** The first stage: what learned words alone find on towers of random numbers, and what they find when the image side learns too. */
async function words(contexts: number, trainable: readonly string[]): Promise<Record<string, unknown>> {
  const epochs = 100;
  const { last } = await fit('prompts', (recipe) => ({
    ...recipe,
    model: { ...recipe.model, options: { ...(recipe.model.options as object), contexts, text: { use: 'encoder/clip-text', options: { width: 64, depth: 2, heads: 4, summaryWidth: 64, length: 24, hasWords: false } } } }, // prettier-ignore
    streams: { ...recipe.streams, parts: plainly(recipe.streams.parts!) },
    stages: recipe.stages.map((stage) =>
      stage.name === 'main'
        ? { ...stage, epochs: 0 }
        : {
            ...stage,
            losses: { ...stage.losses, cells: { use: 'loss/part-accuracy', weight: 0, options: {}, reads: {} } },
            trainable: ['prompt.ctx', ...trainable],
            produces: { prompts: ['prompt.*', 'background', ...trainable] },
            optimizer: { use: 'optimizer/adam', options: { rate: 1e-2 } },
            epochs,
            schedule: cosine(epochs),
          },
    ),
  }));
  return { contexts, cellAccuracy: round(last.cells!), segmentation: round(last.segmentation!) };
}

/** What RGANet can learn by heart. */
export const proof: Proof = {
  summary: 'RGANet on eight people with eight images each: the main stage by heart, and what words alone find in random towers.',
  minutes: 3,
  cases: [
    { id: 'overfit', run: () => overfit(150) },
    { id: 'words alone, 8', run: () => words(8, []) },
    { id: 'words alone, 16', run: () => words(16, []) },
  ],
};
