import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeMadeUpModel, type LanguageModelRun } from '../language-model-run.ts';
import { hold, type Proof } from '../proof.ts';

const script = fileURLToPath(new URL('../language-model-run.ts', import.meta.url));

type Figures = Readonly<Record<'weightMB' | 'shardMB' | 'loadingMB' | 'boundMB' | 'read256' | 'write32', number>>;

async function measured(run: LanguageModelRun): Promise<Figures> {
  const args = ['--conditions=@reidkit/source', '--import', 'tsx', script, JSON.stringify(run)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 20 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Figures;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'reidkit-language-model-'));
  try {
    await writeMadeUpModel(folder);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Loads at one precision; throws where that takes more memory than the weights and 1.2 of the largest shard. */
async function load(bits?: 4 | 8): Promise<Figures> {
  const figures = await inFolder((folder) => measured({ folder, ...(bits ? { bits } : {}) }));
  hold(figures.loadingMB < figures.boundMB, `loading took ${figures.loadingMB} MB, less than ${figures.boundMB}`);
  return figures;
}

/** A made-up language model loads within its bound, and writes faster with weights of whole numbers. */
export const proof: Proof = {
  summary:
    'A made-up LLaMA of 156 million parameters in shards is loaded in less memory than its weights and 1.2 of the largest shard, as float32, int8 and int4; int8 writes at least twice as fast as float32.',
  minutes: 3,
  cases: [
    { id: 'float32', run: () => load() },
    { id: 'int8', run: () => load(8) },
    { id: 'int4', run: () => load(4) },
    {
      id: 'speed of int8',
      run: () =>
        inFolder(async (folder) => {
          const [plain, small] = [await measured({ folder }), await measured({ folder, bits: 8 })];
          const factor = Math.round((100 * plain.write32) / small.write32) / 100;
          hold(factor >= 2, `int8 writes ${factor} times as fast as float32, at least twice`);
          return { float32: plain.write32, int8: small.write32, factor };
        }),
    },
  ],
};
