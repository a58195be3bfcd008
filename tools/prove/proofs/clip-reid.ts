import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hold, type Proof } from '../proof.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

function reidkit(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'reidkit', '--', ...args], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

interface Metrics {
  readonly mAP: number;
  readonly cmc: Readonly<Record<string, number>>;
}

/** Draws people of a seed, trains both stages on them, and gives the figures. */
function train(seed: number, ...more: readonly string[]): Record<string, unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'reidkit-prove-'));
  try {
    reidkit('synth', join(folder, 'data'), '--seed', String(seed));
    const start = performance.now();
    const out = join(folder, 'run');
    reidkit('train', 'clip-reid', '--size', 'tiny', '--data', join(folder, 'data'), '--out', out, '--seed', String(seed), '--threads', '2', ...more); // prettier-ignore
    const trainSeconds = Math.round((performance.now() - start) / 1000);
    const { mAP, cmc } = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as Metrics;
    hold(trainSeconds < 600, `both stages take ${trainSeconds} s < 600 s`);
    hold(mAP >= 0.5, `mAP ${mAP} >= 0.50`);
    return { mAP, rank1: cmc['1'], trainSeconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without the text losses: the same run with their weight at 0. */
const WITHOUT_TEXT = ['--set', 'stages.1.losses.imageToText.weight=0'];

/** Both stages of CLIP-ReID at the size `tiny`, with and without the text loss. */
export const proof: Proof = {
  summary:
    'CLIP-ReID, tiny, from nothing: both stages on synthetic people, with and without the image-to-text loss, and its other presets.',
  minutes: 25,
  cases: [
    ...[1, 2, 3].flatMap((seed) => [
      { id: `seed ${seed}`, run: async () => train(seed) },
      { id: `seed ${seed}, without text`, run: async () => train(seed, ...WITHOUT_TEXT) },
    ]),
    ...['code-sie-olp', 'code-rn50'].map((preset) => ({ id: `preset ${preset}`, run: async () => train(1, '--preset', preset) })),
  ],
};
