import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Backend, type DatasetReader, type Node, type Recipe, ReidError } from '@reidkit/core-tensor';
import { checkDataset, synthesize } from '@reidkit/datasets';
import type { RetrievalSummary } from '@reidkit/eval';
import { baseline } from '@reidkit/recipes';
import { defaultWorkers, evaluateUntrained, type Evaluation, reportRun, runFolder, type TrainResult, writeJson } from '@reidkit/trainer';
import { colourBaseline } from '../colour-baseline.ts';
import { type EngineChoice, startEngine } from '../engine.ts';
import { makeRegistry } from '../plugins.ts';
import { formatSeconds, ProgressLine } from '../progress.ts';
import { trainWithProgress } from './train.ts';

/** Options of `reidkit demo`. */
export interface DemoOptions extends EngineChoice {
  readonly seed: number;
  readonly out: string;
  readonly workers?: number;
  readonly onError?: 'stop' | 'skip';
}

const percent = (value: number | undefined): string => `${(100 * (value ?? 0)).toFixed(1)} %`;

/** Removes what a former demo left; anything else in the folder is left alone. */
async function clear(out: string): Promise<void> {
  if (!existsSync(out)) return;
  if (!existsSync(join(out, 'data', 'synthetic.json'))) {
    throw new ReidError('FILE_EXISTS', `The folder "${out}" exists and was not made by a demo.`, {
      hint: 'choose another folder with --out.',
    });
  }
  await rm(out, { recursive: true });
}

/** The node that reads what the demo drew. */
const syntheticAt = (root: string): Node => ({ use: 'dataset/synthetic', options: { root } });

function onSynthetic(recipe: Recipe, data: string, seed: number): Recipe {
  return { ...recipe, seed, streams: { main: { ...recipe.streams.main!, dataset: syntheticAt(data) } } };
}

interface Timed<T> {
  readonly result: T;
  readonly seconds: number;
}

async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const start = performance.now();
  const result = await work();
  return { result, seconds: Math.round(performance.now() - start) / 1000 };
}

/** Writes the data set and looks at it. */
async function prepare(data: string, { seed }: DemoOptions, line: ProgressLine): Promise<Timed<DatasetReader>> {
  const { result, seconds } = await timed(() =>
    synthesize({
      out: data,
      options: { seed },
      onProgress: (done, total) => line.update(`drawing synthetic pedestrians: ${done} of ${total}`),
    }),
  );
  const { train, query, gallery, testIdentities, cameras, distractors } = result.counts;
  line.done(`drew ${train + query + gallery} pictures in ${formatSeconds(seconds)}: ${data}`);
  console.log(
    `  ${train} to train on; ${query} queries and ${gallery} gallery images of ${testIdentities} other people under ${cameras} cameras, ${distractors} of nobody among them`,
  );
  const registry = await makeRegistry();
  const reader = registry.use<DatasetReader>(syntheticAt(data));
  const check = await checkDataset(reader);
  if (!check.ok) throw new ReidError('DATASET_INVALID', `The synthetic data set does not pass its check: ${check.findings[0]?.message}`);
  return { result: reader, seconds };
}

interface Findings {
  readonly trained: TrainResult;
  readonly untrained: Evaluation;
  readonly colours: RetrievalSummary;
  readonly seconds: { readonly synthesize: number; readonly train: number; readonly evaluate: number };
  readonly images: number;
}

function metricsOf({ trained, untrained, colours, seconds, images }: Findings, backend: Backend, seed: number): Record<string, unknown> {
  const short = ({ mAP, cmc }: RetrievalSummary): Pick<RetrievalSummary, 'mAP' | 'cmc'> => ({ mAP, cmc });
  return {
    ...trained.evaluation.summary,
    untrained: short(untrained.summary),
    colourHistogram: short(colours),
    seconds,
    images,
    backend: backend.name,
    fingerprint: trained.record.fingerprints.evaluation,
    seed,
  };
}

function tell({ trained, untrained, colours }: Findings, out: string): void {
  const { mAP, cmc } = trained.evaluation.summary;
  const folder = runFolder(out);
  console.log(`
                    mAP     rank-1
  trained         ${percent(mAP).padStart(7)}  ${percent(cmc['1']).padStart(7)}
  untrained       ${percent(untrained.summary.mAP).padStart(7)}  ${percent(untrained.summary.cmc['1']).padStart(7)}
  colours alone   ${percent(colours.mAP).padStart(7)}  ${percent(colours.cmc['1']).padStart(7)}

The model was shown people whom it had never seen and asked to find each of them again under other cameras. For ${percent(cmc['1'])} of the
queries the first answer was right (rank-1); mAP says how far up all right answers stand. "Colours alone" compares colour histograms of the middle of the images.

  look at     ${folder.report}
  figures     ${folder.metrics}
  the model   ${folder.model}
  use it      npx reidkit embed ${out} some-person.jpg`);
}

/** `reidkit demo`. */
export async function demoCommand(options: DemoOptions): Promise<void> {
  const { seed, out, workers = defaultWorkers(), onError = 'stop' } = options;
  const line = new ProgressLine();
  await clear(out);
  const backend = await startEngine(options);
  const data = join(out, 'data');
  const drawn = await prepare(data, options, line);
  const dataset = await drawn.result.read();
  const recipe = onSynthetic(baseline({ size: 'tiny' }), data, seed);
  const registry = await makeRegistry();
  const common = { recipe, registry, backend, workers, onError };
  const colours = await timed(() => colourBaseline(dataset, workers));
  const before = await timed(() =>
    evaluateUntrained({
      ...common,
      onProgress: (phase, done, total) => line.update(`before training: ${phase} ${done} of ${total} images`),
    }),
  );
  line.done(`before training: mAP ${percent(before.result.summary.mAP)}; colours alone: mAP ${percent(colours.result.mAP)}`);
  const trained = await trainWithProgress({ ...common, out, besides: ['data'] }, line);
  const { evaluation } = trained;
  const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
  const findings: Findings = {
    trained,
    untrained: before.result,
    colours: colours.result,
    seconds: { synthesize: drawn.seconds, train: round(trained.seconds - evaluation.seconds), evaluate: round(evaluation.seconds) },
    images: Object.values(dataset.splits).reduce((sum, records) => sum + records.length, 0),
  };
  const folder = runFolder(out);
  await writeJson(folder.metrics, metricsOf(findings, backend, seed));
  await reportRun(folder, {
    root: dataset.root,
    pictures: { registry, dataset, workers, makeProgram: backend.makeProgram },
    seconds: { synthesize: findings.seconds.synthesize, train: findings.seconds.train },
    others: [
      {
        name: 'Untrained',
        explanation: 'the same network with its first, random numbers',
        ...before.result.summary,
        curve: before.result.cmc,
      },
      { name: 'Colour histogram', explanation: 'no learning: the colours in the middle of the image', ...colours.result },
    ],
  });
  tell(findings, out);
}
