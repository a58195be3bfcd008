import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onnxBackend } from '@reidkit/backend-onnx';
import {
  createRegistry, currentBackend, EVALUATION, type HostTensor, hostTensor, initializeParameters, Random, scoped, tensor, useBackend,
} from '@reidkit/core-tensor'; // prettier-ignore
import { type Invariance, PartConfidence } from '@reidkit/encoders';
import { rganet } from '@reidkit/recipes';
import { cropsOf, extract, loadRun, readRunData } from '@reidkit/trainer';
import { builtInPlugins } from 'reidkit';
import { areaUnderCurve, partsInSight } from '../occluded-parts.ts';
import type { Proof } from '../proof.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Data and runs stay, so that a stopped proof goes on where it was. */
const folder = join(tmpdir(), 'reidkit-prove-rganet');

function reidkit(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'reidkit', '--', ...args], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

const SMALL = ['trainIdentities=200', 'testIdentities=80', 'distractors=200'];
const OCCLUDED = [...SMALL, 'occlusion.train=0.3', 'occlusion.query=1', 'occlusion.gallery=0.1'];
const COMPANIONS = [...SMALL, 'companions=train', 'occlusion.query=1', 'occlusion.gallery=0.1'];

function dataOf(kind: string, seed: number, options: readonly string[]): string {
  const data = join(folder, `${kind}-${seed}`);
  if (!existsSync(join(data, 'records.jsonl'))) {
    mkdirSync(folder, { recursive: true });
    reidkit('synth', data, '--seed', String(seed), ...options.flatMap((option) => ['--set', option]));
  }
  return data;
}

interface Trained {
  readonly out: string;
  readonly mAP: number;
  readonly rank1: number;
  readonly seconds: number;
}

/**
 * Trains a preset at the size `ablation`, goes on with a run that was stopped, or takes one that is done; another recipe is
 * another run.
 */
function train(kind: string, preset: string, seed: number, data: string): Trained {
  const recipe = createHash('sha256').update(JSON.stringify(rganet({ preset, size: 'ablation' }))).digest('hex').slice(0, 8); // prettier-ignore
  const out = join(folder, `${kind}-${preset}-${seed}-${recipe}`);
  const start = performance.now();
  if (!existsSync(join(out, 'metrics.json'))) {
    const fresh = ['rganet', '--preset', preset, '--size', 'ablation', '--data', data, '--seed', String(seed), '--out', out];
    reidkit('train', ...(existsSync(join(out, 'training.safetensors')) ? ['--resume', out] : fresh), '--threads', '2');
  }
  const { mAP, cmc } = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as {
    mAP: number;
    cmc: Readonly<Record<string, number>>;
  };
  return { out, mAP, rank1: cmc['1']!, seconds: Math.round((performance.now() - start) / 1000) };
}

/** What a trained run says of the regions of every query, beside what can be seen of them. */
interface Scores {
  readonly inSight: readonly (readonly number[])[];
  readonly given: Readonly<Record<string, HostTensor>>;
  /** The memory of the regions, `[P, E]`. */
  readonly memory: HostTensor;
}

async function scoresOf({ out }: Trained): Promise<Scores> {
  await useBackend(onnxBackend({ threads: 2 }));
  const registry = createRegistry(...builtInPlugins);
  const { record, model, tensors } = await loadRun(out, { registry, backend: currentBackend() });
  const { evaluation: dataset } = await readRunData(record.recipe, registry);
  const records = cropsOf(dataset, 'query');
  const { transforms, batchSize } = record.recipe.evaluation;
  const outputs = ['weight', 'weight.mean', 'alpha', 'regions'];
  const made = await extract({
    model, tensors, makeProgram: currentBackend().makeProgram, outputs, root: dataset.root, records, transforms, batchSize, workers: 1,
  }); // prettier-ignore
  return { inSight: partsInSight(records), given: { ...made.descriptors.tensors }, memory: tensors.memory! };
}

/** Readings of Eq. 6 by the letters that the README gives them. */
const READINGS: Readonly<Record<string, Invariance>> = { a: 'overParts', b: 'overCentres', c: 'cosine' };

/** Nearness of the regions to the memory by one reading, whichever the run was trained with: `[Q, P]`. */
function nearness({ given, memory }: Scores, invariance: Invariance): HostTensor {
  const { data, shape } = given.regions!;
  const [count, parts, width] = shape as [number, number, number];
  const confidence = new PartConfidence({ width, invariance, scale: 20, epsilon: 1e-6 });
  initializeParameters(confidence, Random.seed(1));
  const centres = memory.data as Float32Array;
  const beta = scoped(() => [
    ...confidence.forward(tensor(data as Float32Array, [count, parts, width]), tensor(centres, [parts, width]), EVALUATION).beta.dataSync(),
  ]);
  return hostTensor(beta, [count, parts]);
}

/** How well score, weight and the three nearnesses tell regions in sight from hidden ones: areas under the curve. */
function tellApart(scores: Scores): Record<string, number> {
  const { given, inSight } = scores;
  const areas = { alpha: given.alpha!, weight: given.weight! };
  const betas = Object.entries(READINGS).map(([letter, reading]) => [`beta.${letter}`, nearness(scores, reading)] as const);
  return Object.fromEntries([...Object.entries(areas), ...betas].map(([name, value]) => [name, round(areaUnderCurve(value, inSight))]));
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;

/** Mean share of the distance that regions have between an image and itself. */
function shareOf({ data: weights, shape }: HostTensor): number {
  const [rows, columns] = shape as [number, number];
  const squares = Array.from({ length: rows }, (_, row) => {
    const own = Array.from({ length: columns }, (_unused, part) => weights[row * columns + part]! ** 2);
    return own.reduce((sum, square) => sum + square, 0);
  });
  return round(squares.reduce((total, square) => total + square / (square + 1), 0) / rows);
}

/** D3: the whole model beside the baseline on queries that something hides, and whether its weights know what is hidden. */
async function occluded(seed: number): Promise<Record<string, unknown>> {
  const data = dataOf('occluded', seed, OCCLUDED);
  const [baseline, whole] = [train('occluded', 'global', seed, data), train('occluded', 'paper', seed, data)];
  const scores = await scoresOf(whole);
  return {
    baseline: { mAP: round(baseline.mAP), rank1: baseline.rank1 },
    rganet: { mAP: round(whole.mAP), rank1: whole.rank1 },
    trainSeconds: whole.seconds,
    gain: round(whole.mAP - baseline.mAP),
    shareOfRegions: { softmax: shareOf(scores.given.weight!), mean: shareOf(scores.given['weight.mean']!) },
    visibleAboveOccluded: tellApart(scores),
  };
}

/** D4: people who always stand behind the same thing in training; whether α and β rank what it hides below what can be seen. */
async function companions(seed: number): Promise<Record<string, unknown>> {
  const whole = train('companions', 'paper', seed, dataOf('companions', seed, COMPANIONS));
  return { mAP: round(whole.mAP), trainSeconds: whole.seconds, visibleAboveOccluded: tellApart(await scoresOf(whole)) };
}

/** Directions that the paper claims, over five seeds of small networks from nothing. A tie is reported as it is. */
export const proof: Proof = {
  summary:
    'RGANet against its baseline on occluded people, and its indicators on occluders that always come with one person, five seeds each.',
  minutes: 25,
  cases: [1, 2, 3, 4, 5].flatMap((seed) => [
    { id: `D3 seed ${seed}`, run: () => occluded(seed) },
    { id: `D4 seed ${seed}`, run: () => companions(seed) },
  ]),
};
