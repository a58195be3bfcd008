import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Random } from '@reidkit/core-tensor';
import { hashFile } from '@reidkit/trainer';
import { hold, type Proof } from '../proof.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const cli = ['--conditions=@reidkit/source', '--import', 'tsx', join(root, 'packages/cli/src/cli.ts')];
const RUN = ['baseline', '--size', 'tiny', '--set', 'stages.0.epochs=10', '--checkpoint-every', '7', '--threads', '2'];
const folder = mkdtempSync(join(tmpdir(), 'reidkit-prove-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function reidkit(...args: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [...cli, ...args], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** A run under way: `begun` when its first training checkpoint is there, `ended` when the process has. */
function start(out: string) {
  const child = spawn(process.execPath, [...cli, 'train', ...RUN, '--data', join(folder, 'data'), '--out', out], {
    cwd: root,
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const begun = (async () => {
    while (!existsSync(join(out, 'training.safetensors')) && child.exitCode === null) await sleep(10);
  })();
  return { child, begun, ended };
}

/** Milliseconds of an undisturbed run from its first checkpoint to its end, and the hash of its model. */
let whole: Promise<{ milliseconds: number; hash: string }> | undefined;

async function undisturbed(): Promise<{ milliseconds: number; hash: string }> {
  reidkit('synth', join(folder, 'data'), '--set', 'trainIdentities=60', '--set', 'testIdentities=20', '--set', 'distractors=20');
  const { begun, ended } = start(join(folder, 'whole'));
  await begun;
  const first = performance.now();
  await ended;
  return { milliseconds: performance.now() - first, hash: await hashFile(join(folder, 'whole/model.safetensors')) };
}

async function killedAt(moment: number): Promise<Record<string, unknown>> {
  const { milliseconds, hash } = await (whole ??= undisturbed());
  const out = join(folder, `killed-${moment}`);
  const wait = milliseconds * 0.7 * Random.seed(moment).stream().uniform();
  const { child, begun, ended } = start(out);
  await begun;
  await sleep(wait);
  child.kill('SIGKILL');
  await ended;
  hold(!existsSync(join(out, 'model.safetensors')), `the run was still training ${Math.round(wait)} ms after its first checkpoint`);
  reidkit('train', '--resume', out, '--threads', '2');
  hold(
    (await hashFile(join(out, 'model.safetensors'))) === hash,
    `the model after a kill ${Math.round(wait)} ms after the first checkpoint is the same`,
  );
  return { killedAfterFirstCheckpointMs: Math.round(wait), ofMs: Math.round(milliseconds), hash };
}

/** kill -9 at random moments of training, then --resume: the same model. */
export const proof: Proof = {
  summary: 'A run killed with -9 at a random moment and resumed gives the same model as an undisturbed one.',
  minutes: 6,
  cases: [1, 2, 3, 4, 5].map((moment) => ({ id: `moment ${moment}`, run: () => killedAt(moment) })),
};
