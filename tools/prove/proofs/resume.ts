import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@reidkit/core-tensor';
import { hashFile } from '@reidkit/trainer';
import { hold, type Proof } from '../proof.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const cli = ['--conditions=@reidkit/source', '--import', 'tsx', join(root, 'packages/cli/src/cli.ts')];
const RUN = ['baseline', '--size', 'tiny', '--set', 'stages.0.epochs=3', '--checkpoint-every', '7', '--threads', '2'];
const folder = mkdtempSync(join(tmpdir(), 'reidkit-prove-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function reidkit(...args: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [...cli, ...args], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** Milliseconds of an undisturbed run, and the hash of its model. */
let whole: Promise<{ milliseconds: number; hash: string }> | undefined;

async function undisturbed(): Promise<{ milliseconds: number; hash: string }> {
  reidkit('synth', join(folder, 'data'), '--set', 'trainIdentities=60', '--set', 'testIdentities=20', '--set', 'distractors=20');
  const start = performance.now();
  reidkit('train', ...RUN, '--data', join(folder, 'data'), '--out', join(folder, 'whole'));
  return { milliseconds: performance.now() - start, hash: await hashFile(join(folder, 'whole/model.safetensors')) };
}

async function killedAt(moment: number): Promise<Record<string, unknown>> {
  const { milliseconds, hash } = await (whole ??= undisturbed());
  const out = join(folder, `killed-${moment}`);
  // Somewhere between the first steps and the end of training.
  const wait = milliseconds * (0.25 + 0.6 * Random.seed(moment).stream().uniform());
  const child = spawn(process.execPath, [...cli, 'train', ...RUN, '--data', join(folder, 'data'), '--out', out], {
    cwd: root,
    stdio: 'ignore',
  });
  await new Promise((resolve) => setTimeout(resolve, wait));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('close', resolve));
  const wasFinished = existsSync(join(out, 'model.safetensors'));
  if (existsSync(join(out, 'recipe.json'))) reidkit('train', '--resume', out, '--threads', '2');
  else reidkit('train', ...RUN, '--data', join(folder, 'data'), '--out', out);
  const resumed = await hashFile(join(out, 'model.safetensors'));
  hold(resumed === hash, `the model after a kill at ${Math.round(wait)} ms is the same`);
  return { killedAfterMs: Math.round(wait), wasFinished, hash };
}

/** kill -9 at random moments of training, then --resume: the same model. */
export const proof: Proof = {
  summary: 'A run killed with -9 at a random moment and resumed gives the same model as an undisturbed one.',
  minutes: 6,
  cases: [1, 2, 3, 4, 5].map((moment) => ({ id: `moment ${moment}`, run: () => killedAt(moment) })),
};
