import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HostTensor, readSafetensors } from '@reidkit/core-tensor';
import { muva, type MuvaOptions } from '@reidkit/recipes';
import { partOverlap } from '../part-overlap.ts';
import { hold, type Proof } from '../proof.ts';
import { nearestShare, trainRank } from '../train-rank.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

function reidkit(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'reidkit', '--', ...args], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

interface Metrics {
  readonly mAP: number;
  readonly cmc: Readonly<Record<string, number>>;
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Streets to learn from and a mall to be judged on: other people, backgrounds, light and cameras. Drawn once for each seed. */
function domainsOf(seed: number): { readonly source: string; readonly target: string } {
  const folder = join(tmpdir(), `reidkit-prove-muva-${seed}`);
  const [source, target] = [join(folder, 'street'), join(folder, 'mall')];
  const sides = [
    { path: source, seed, sets: ['domains=["street"]', 'trainIdentities=120', 'testIdentities=20'] },
    { path: target, seed: seed + 1000, sets: ['domains=["mall"]', 'trainIdentities=2', 'testIdentities=60'] },
  ];
  for (const { path, seed: own, sets } of sides) {
    if (existsSync(join(path, 'records.jsonl'))) continue;
    rmSync(path, { recursive: true, force: true });
    reidkit('synth', path, '--seed', String(own), ...[...sets, 'cameras=4', 'distractors=40'].flatMap((set) => ['--set', set]));
  }
  return { source, target };
}

/** Trains a variant on the streets of a seed and judges it in the mall. */
async function train(seed: number, options: MuvaOptions): Promise<Record<string, unknown>> {
  const { source, target } = domainsOf(seed);
  const folder = mkdtempSync(join(tmpdir(), 'reidkit-prove-'));
  try {
    const recipe = join(folder, 'muva.json');
    writeFileSync(recipe, JSON.stringify({ ...muva({ size: 'ablation', data: source, target, ...options }), seed }));
    const out = join(folder, 'run');
    const start = performance.now();
    reidkit('train', recipe, '--out', out, '--threads', '2');
    const trainSeconds = Math.round((performance.now() - start) / 1000);
    const { mAP, cmc } = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as Metrics;
    const hasParts = options.parts?.length !== 0;
    const masks = hasParts ? await partOverlap(out, 'gallery') : undefined;
    return { mAP: rounded(mAP), rank1: rounded(cmc['1']!), trainSeconds, ...(masks ? { masks } : {}) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Share of identities whose sentence is nearest to their own centroid of stage 1. */
async function wordAccuracy(run: string): Promise<number> {
  const read = async (name: string): Promise<HostTensor> => (await readSafetensors(join(run, 'artefacts', `${name}.safetensors`))).tensors.value!; // prettier-ignore
  const [texts, centroids] = [await read('textFeatures'), await read('centroids')];
  return nearestShare(texts, centroids, (text, centroid) => text === centroid);
}

/** Few people, learned by heart: their words tell them apart, the model finds their images again, and their parts. */
async function overfit(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'reidkit-prove-'));
  try {
    const data = join(folder, 'data');
    reidkit('synth', data, '--seed', '5', ...['trainIdentities=8', 'testIdentities=2', 'cameras=2', 'trainImages=[4,4]', 'distractors=2', 'domains=["street","mall"]'].flatMap((set) => ['--set', set])); // prettier-ignore
    const plain = muva({ size: 'ablation', data });
    const [prompts, image] = plain.stages as [(typeof plain.stages)[0], (typeof plain.stages)[0]];
    const main = { ...plain.streams.main!, sampler: { use: 'sampler/pk', options: { identities: 8, images: 4 } } };
    const words = { ...plain.streams.prompts!, sampler: { use: 'sampler/pk', options: { identities: 8, images: 4, only: 'one' } } };
    const long = (length: number): { use: string; options: object } => ({ use: 'schedule/cosine', options: { length, least: 1e-5 } });
    const stages = [
      { ...prompts, epochs: 100, schedule: long(100) },
      { ...image, epochs: 200, schedule: long(200) },
    ];
    const recipe = join(folder, 'muva.json');
    writeFileSync(recipe, JSON.stringify({ ...plain, streams: { main, prompts: words }, stages }));
    const out = join(folder, 'run');
    reidkit('train', recipe, '--out', out, '--threads', '2');
    const masks = await partOverlap(out, 'train');
    const rank1 = await trainRank(out);
    hold(masks.predicted >= 0.8, `masks of training images overlap ${masks.predicted} >= 0.80 with the true ones`);
    hold(rank1 === 1, `rank-1 of training images, found under other cameras, is ${rank1} = 1`);
    return { masks, trainRank1: rank1, textToIdentity: await wordAccuracy(out) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is compared on the domain that no run has seen. */
const VARIANTS: Readonly<Record<string, MuvaOptions>> = {
  whole: {},
  stripes: { partMasks: 'stripes' },
  'one grain': { parts: [] },
  'dice by patch': { maskLoss: 'patch' },
  'logits of each layer alone': { predictor: { accumulates: false } },
};

const SEEDS = [1, 2, 3, 4, 5];

/** MUVA at the size `ablation` over five seeds: each variant trained on one domain, judged on another. */
export const proof: Proof = {
  summary:
    'MUVA, ablation, from nothing: trained on streets, judged in a mall it never saw; with stripes, without parts, with other mask losses.',
  minutes: 60,
  cases: [
    { id: 'overfit', run: overfit },
    ...SEEDS.flatMap((seed) =>
      Object.entries(VARIANTS).map(([name, options]) => ({
        id: `seed ${seed}, ${name}`,
        run: async () => {
          const figures = await train(seed, options);
          const masks = figures.masks as { predicted: number; stripes: number } | undefined;
          if (masks && name === 'whole')
            hold(masks.predicted > masks.stripes, `predicted masks ${masks.predicted} > stripes ${masks.stripes} on the target`);
          return figures;
        },
      })),
    ),
  ],
};
