import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onnxBackend } from '@reidkit/backend-onnx';
import { createRegistry, currentBackend, type HostTensor, useBackend } from '@reidkit/core-tensor';
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

/** Trains a preset at the size `ablation`, goes on with a run that was stopped, or takes one that is done. */
function train(name: string, preset: string, seed: number, data: string, ...more: readonly string[]): Trained {
  const out = join(folder, `${name}-${seed}`);
  const start = performance.now();
  if (!existsSync(join(out, 'metrics.json'))) {
    const fresh = ['rganet', '--preset', preset, '--size', 'ablation', '--data', data, '--seed', String(seed), '--out', out, ...more];
    reidkit('train', ...(existsSync(join(out, 'training.safetensors')) ? ['--resume', out] : fresh), '--threads', '2');
  }
  const { mAP, cmc } = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as {
    mAP: number;
    cmc: Readonly<Record<string, number>>;
  };
  return { out, mAP, rank1: cmc['1']!, seconds: Math.round((performance.now() - start) / 1000) };
}

/** Scores of every query and part by a trained run, beside what can be seen of the part. */
async function scoresOf({ out }: Trained, names: readonly string[]): Promise<{ inSight: number[][]; given: Record<string, HostTensor> }> {
  await useBackend(onnxBackend({ threads: 2 }));
  const registry = createRegistry(...builtInPlugins);
  const { record, model, tensors } = await loadRun(out, { registry, backend: currentBackend() });
  const { evaluation: dataset } = await readRunData(record.recipe, registry);
  const records = cropsOf(dataset, 'query');
  const { transforms, batchSize } = record.recipe.evaluation;
  const made = await extract({
    model, tensors, makeProgram: currentBackend().makeProgram, outputs: names, root: dataset.root, records, transforms, batchSize, workers: 1,
  }); // prettier-ignore
  return { inSight: partsInSight(records), given: { ...made.descriptors.tensors } };
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;

/** D3: the whole model beside the baseline on queries that something hides, and whether its weights know what is hidden. */
async function occluded(seed: number): Promise<Record<string, unknown>> {
  const data = dataOf('occluded', seed, OCCLUDED);
  const [baseline, whole] = [train('global', 'global', seed, data), train('paper', 'paper', seed, data)];
  const { inSight, given } = await scoresOf(whole, ['weight', 'weight.mean', 'alpha', 'beta']);
  const share = (name: string): number => {
    const { data: weights, shape } = given[name]!;
    const [rows, columns] = shape as [number, number];
    const squares = Array.from({ length: rows }, (_, row) => {
      const own = Array.from({ length: columns }, (_unused, part) => weights[row * columns + part]! ** 2);
      return own.reduce((sum, square) => sum + square, 0);
    });
    return squares.reduce((total, square) => total + square / (square + 1), 0) / rows;
  };
  return {
    baseline: { mAP: baseline.mAP, rank1: baseline.rank1 },
    rganet: { mAP: whole.mAP, rank1: whole.rank1 },
    trainSeconds: whole.seconds,
    gain: round(whole.mAP - baseline.mAP),
    shareOfRegions: { softmax: round(share('weight')), mean: round(share('weight.mean')) },
    visibleAboveOccluded: Object.fromEntries(
      ['weight', 'alpha', 'beta'].map((name) => [name, round(areaUnderCurve(given[name]!, inSight))]),
    ),
  };
}

/** D4: people who always stand behind the same thing in training; whether α and β rank what it hides below what can be seen. */
async function companions(seed: number): Promise<Record<string, unknown>> {
  const data = dataOf('companions', seed, COMPANIONS);
  const readings = { a: 'overParts', b: 'overCentres', c: 'cosine' };
  const figures: Record<string, unknown> = {};
  for (const [letter, reading] of Object.entries(readings)) {
    const run = train(`companions-${letter}`, 'paper', seed, data, '--set', `model.options.invariance=${reading}`);
    const { inSight, given } = await scoresOf(run, ['alpha', 'beta']);
    figures[letter] = {
      mAP: run.mAP,
      alpha: round(areaUnderCurve(given.alpha!, inSight)),
      beta: round(areaUnderCurve(given.beta!, inSight)),
    };
  }
  return figures;
}

/** Directions that the paper claims, over five seeds of small networks from nothing. A tie is reported as it is. */
export const proof: Proof = {
  summary:
    'RGANet against its baseline on occluded people, and its indicators on occluders that always come with one person, five seeds each.',
  minutes: 60,
  cases: [1, 2, 3, 4, 5].flatMap((seed) => [
    { id: `D3 seed ${seed}`, run: () => occluded(seed) },
    { id: `D4 seed ${seed}`, run: () => companions(seed) },
  ]),
};
