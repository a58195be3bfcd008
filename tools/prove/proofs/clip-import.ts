import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { initialState, Random, writeSafetensors } from '@reidkit/core-tensor';
import { Clip, CLIP_TEXT, CLIP_VIT_B16, clipText, clipVision } from '@reidkit/encoders';
import { hold, type Proof } from '../proof.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const peakMemory = fileURLToPath(new URL('../peak-memory.mjs', import.meta.url));

/** Runs the built-from-source command line; gives its seconds and the largest resident size of its process. */
function reidkit(folder: string, ...args: readonly string[]): { seconds: number; peakMb: number; output: string } {
  const peak = join(folder, 'peak.txt');
  const start = performance.now();
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ['--conditions=@reidkit/source', '--import', 'tsx', 'packages/cli/src/cli.ts', ...args],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: { ...process.env, NODE_OPTIONS: `--import ${peakMemory}`, PEAK_MEMORY: peak },
    },
  );
  if (status !== 0) throw new Error(stderr);
  return { seconds: Math.round((performance.now() - start) / 100) / 10, peakMb: Number(readFileSync(peak, 'utf8')), output: stdout };
}

/** A CLIP ViT-B/16 of random numbers under OpenAI's names, as safetensors. */
async function writeClip(path: string): Promise<number> {
  const clip = new Clip({ visual: clipVision(CLIP_VIT_B16), text: clipText(CLIP_TEXT) });
  await writeSafetensors(path, initialState(clip, Random.seed(1)));
  return Math.round(statSync(path).size / 2 ** 20);
}

async function importAndEmbed(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'reidkit-prove-'));
  try {
    const file = join(folder, 'clip.safetensors');
    const fileMb = await writeClip(file);
    const nothing = reidkit(folder, '--version').peakMb;
    const imported = reidkit(folder, 'import', file, '--as', 'clip-vit-b16', '--out', join(folder, 'weights'));
    hold(
      imported.peakMb - nothing < 1.3 * fileMb,
      `import of ${fileMb} MB takes ${imported.peakMb} MB, ${nothing} of which Node takes by itself`,
    );
    const data = join(folder, 'data');
    const few = ['trainIdentities=8', 'testIdentities=16', 'distractors=0', 'junk=0'].flatMap((option) => ['--set', option]);
    reidkit(folder, 'synth', data, ...few);
    const out = join(folder, 'run');
    const noTraining = ['--set', 'stages.0.epochs=0', '--set', 'stages.1.epochs=0'];
    const weights = join(folder, 'weights', 'model.safetensors');
    const run = reidkit(folder, 'train', 'clip-reid', '--data', data, '--out', out, '--initial-weights', weights, '--threads', '2', ...noTraining); // prettier-ignore
    const gallery = join(data, 'bounding_box_test');
    const images = readdirSync(gallery).slice(0, 64).map((name) => join(gallery, name)); // prettier-ignore
    const embedded = reidkit(folder, 'embed', out, ...images, '--threads', '2');
    const lines = embedded.output.trim().split('\n');
    hold(lines.length === 64, `64 descriptors, got ${lines.length}`);
    return { fileMb, imported: { seconds: imported.seconds, peakMb: imported.peakMb }, run: { seconds: run.seconds, peakMb: run.peakMb }, embedded: { images: 64, seconds: embedded.seconds, peakMb: embedded.peakMb } }; // prettier-ignore
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A checkpoint of CLIP's size, imported and used at 256 × 128. */
export const proof: Proof = {
  summary: 'A CLIP ViT-B/16 checkpoint (random numbers) is imported within 1.3 times its size, and embeds 64 images of 256 × 128.',
  minutes: 4,
  cases: [{ id: 'ViT-B/16', run: importAndEmbed }],
};
