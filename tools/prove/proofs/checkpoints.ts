import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpoint, ReidError } from '@reidkit/core-tensor';
import fc from 'fast-check';
import { mutatedCheckpoints, patch, patched, readMutated } from '../../../packages/core-tensor/src/files/mutated-checkpoints.fixture.ts';
import { hold, type Proof } from '../proof.ts';

const GOLDENS = fileURLToPath(new URL('../../../goldens/models/checkpoints', import.meta.url));
const REAL = [
  'zip.pth',
  'zip-protocol4.pth',
  'torchscript.pt',
  'nested.pth',
  'odd.pth',
  'legacy.pth',
  'odd-legacy.pth',
  'nested-namespace.pth',
];
const FILES = 10_000;
const MOST_SECONDS = 2;
const MOST_MEGABYTES = 256;

/** Most memory that this process ever held, in megabytes. */
const peak = (): number => process.resourceUsage().maxRSS / 1024;

async function fuzz(seed: number, files: number): Promise<{ endings: Record<string, number>; slowest: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'reidkit-prove-'));
  const endings: Record<string, number> = {};
  let slowest = 0;
  const one = fc.asyncProperty(mutatedCheckpoints, async (mutated) => {
    const start = performance.now();
    const ending = await readMutated(mutated, folder);
    slowest = Math.max(slowest, (performance.now() - start) / 1000);
    endings[ending] = (endings[ending] ?? 0) + 1;
  });
  try {
    await fc.assert(one, { numRuns: files, seed });
  } finally {
    await rm(folder, { recursive: true });
  }
  return { endings, slowest };
}

/** Files that PyTorch wrote, with some bytes changed and checksums left aside, so that changed pickles are read too. */
async function fuzzReal(seed: number, files: number): Promise<{ endings: Record<string, number>; slowest: number }> {
  const sources = REAL.map((name) => readFileSync(join(GOLDENS, name)));
  const folder = await mkdtemp(join(tmpdir(), 'reidkit-prove-'));
  const path = join(folder, 'mutated.pth');
  const endings: Record<string, number> = {};
  let slowest = 0;
  const input = fc.record({
    source: fc.nat(sources.length - 1),
    inFront: fc.boolean(),
    patches: fc.array(patch, { minLength: 1, maxLength: 4 }),
  });
  const one = fc.asyncProperty(input, async ({ source, inFront, patches }) => {
    const bytes = patches.reduce<Buffer>(
      (file, { at, ...rest }) => patched(file, { ...rest, at: inFront ? at % 6000 : at }).bytes,
      sources[source]!,
    );
    await writeFile(path, bytes);
    const start = performance.now();
    const ending = await readAll(path);
    slowest = Math.max(slowest, (performance.now() - start) / 1000);
    endings[ending] = (endings[ending] ?? 0) + 1;
  });
  try {
    await fc.assert(one, { numRuns: files, seed });
  } finally {
    await rm(folder, { recursive: true });
  }
  return { endings, slowest };
}

/** Reads every tensor; anything but a ReidError is thrown on. */
async function readAll(path: string): Promise<'read' | 'refused'> {
  try {
    const file = await openCheckpoint(path, { checksums: false });
    try {
      for (const name of file.tensors.keys()) await file.read(name);
    } finally {
      await file.close();
    }
    return 'read';
  } catch (error) {
    if (!ReidError.is(error)) throw error;
    return 'refused';
  }
}

type Fuzz = typeof fuzz;

async function run(attack: Fuzz, seed: number): Promise<Record<string, unknown>> {
  await attack(seed + 1, 200); // loads what is loaded once
  const before = peak();
  const { endings, slowest } = await attack(seed, FILES);
  const grown = Math.round(peak() - before);
  hold(slowest < MOST_SECONDS, `the slowest file took ${slowest.toFixed(2)} s, less than ${MOST_SECONDS}`);
  hold(grown < MOST_MEGABYTES, `memory grew by ${grown} MB, less than ${MOST_MEGABYTES}`);
  return { files: FILES, ...endings, slowestSeconds: Number(slowest.toFixed(3)), grownMegabytes: grown };
}

/** Changed checkpoint files, of every container. */
export const proof: Proof = {
  summary:
    'Ten thousand changed checkpoints end in a ReidError or a correct read: no crash, no wrong number in a tensor that the change does not touch.',
  minutes: 4,
  cases: [
    { id: 'every container, seed 1', run: () => run(fuzz, 1) },
    { id: 'files of PyTorch, seed 1', run: () => run(fuzzReal, 1) },
  ],
};
