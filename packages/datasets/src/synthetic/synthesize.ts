import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ReidError, parseOptions } from '@reidkit/core-tensor/base';
import { SIDECAR_VERSION } from '../sidecars/sidecar-line.ts';
import { drawShare, taskCount, type Finished } from './draw-share.ts';
import { CROP_FOLDERS, makePlan, type Plan } from './plan.ts';
import { syntheticOptions, type SyntheticInput, type SyntheticOptions } from './synthetic-options.ts';
import { drawInThreads } from './worker-pool.ts';

/** Moves when the same options begin to give other bytes. */
const GENERATOR_VERSION = 1;

/** Pictures that make it worth starting a thread for. */
const LEAST_SHARE = 100;

/** Name of the file at the root of a synthetic data set that says how it was made. */
export const SYNTHETIC_MANIFEST = 'synthetic.json';

/** What was drawn: also the content of `synthetic.json`. */
export interface SyntheticSummary {
  readonly generator: 'reidkit-synthetic';
  readonly version: number;
  readonly options: SyntheticOptions;
  readonly counts: {
    readonly trainIdentities: number;
    readonly testIdentities: number;
    readonly train: number;
    readonly query: number;
    /** With distractors and junk. */
    readonly gallery: number;
    readonly distractors: number;
    readonly junk: number;
    readonly cameras: number;
    readonly garments: number;
    readonly frames: number;
  };
  /** SHA-256 over all JPEG files, in the order of the plan, hexadecimal. */
  readonly hash: string;
}

/** How a synthetic data set is written. */
export interface SynthesizeRequest {
  /** Folder to make. It must not be there, or be empty. */
  readonly out: string;
  /** Defaults are the demo's data set. */
  readonly options?: SyntheticInput;
  /** Threads that draw; 1 draws in this one. By default one per processor, and fewer for few pictures. The result does not depend on it. */
  readonly workers?: number;
  /** Called after pictures were written. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops the drawing; nothing is left behind. */
  readonly signal?: AbortSignal;
}

function checkOptions(options: SyntheticOptions): void {
  const ranges = { trainImages: options.trainImages, galleryImages: options.galleryImages, 'scenes.persons': options.scenes.persons };
  for (const [name, [low, high]] of Object.entries(ranges)) {
    if (low > high) throw new ReidError('INVALID_OPTIONS', `"${name}": the lowest number comes first, got [${low}, ${high}].`);
  }
  if (options.infraredCameras > options.cameras) {
    throw new ReidError(
      'INVALID_OPTIONS',
      `"infraredCameras": ${options.infraredCameras} of ${options.cameras} cameras cannot be infrared.`,
      {
        hint: 'infrared cameras are counted among "cameras".',
      },
    );
  }
  const identities = options.trainIdentities + options.testIdentities;
  if (identities > 9999) {
    throw new ReidError('INVALID_OPTIONS', `${identities} identities do not fit the four digits of Market-1501 file names.`, {
      hint: 'give "trainIdentities" and "testIdentities" at most 9999 together.',
    });
  }
}

async function checkFolder(out: string): Promise<void> {
  const held = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ReidError('FILE_EXISTS', `"${out}" is there and is no folder.`, { hint: 'choose another folder.', cause: error });
  });
  if (held.length > 0) {
    throw new ReidError('FILE_EXISTS', `The folder "${out}" is there and is not empty.`, {
      hint: 'choose another folder, or remove this one.',
    });
  }
}

function foldersOf({ sidecars }: SyntheticOptions, plan: Plan): string[] {
  const splits = Object.keys(CROP_FOLDERS);
  return [
    ...Object.values(CROP_FOLDERS),
    ...(sidecars.masks ? splits.map((split) => `masks/${split}`) : []),
    ...(sidecars.parts ? splits.map((split) => `parts/${split}`) : []),
    ...(plan.garments.length > 0 ? ['garments'] : []),
    ...[...new Set(plan.scenes.map(({ split }) => split))].flatMap((split) => [`frames/${split}`, `frame-masks/${split}`]),
  ];
}

function summarise(options: SyntheticOptions, plan: Plan, finished: readonly Finished[]): SyntheticSummary {
  const count = (holds: (job: Plan['crops'][number]) => boolean): number => plan.crops.filter(holds).length;
  const hash = createHash('sha256');
  for (const picture of finished) hash.update(picture.hash);
  return {
    generator: 'reidkit-synthetic',
    version: GENERATOR_VERSION,
    options,
    counts: {
      trainIdentities: options.trainIdentities,
      testIdentities: options.testIdentities,
      train: count(({ split }) => split === 'train'),
      query: count(({ split }) => split === 'query'),
      gallery: count(({ split }) => split === 'gallery'),
      distractors: count(({ identity }) => identity === 0),
      junk: count(({ identity }) => identity < 0),
      cameras: options.cameras * options.domains.length,
      garments: plan.garments.length,
      frames: plan.scenes.length,
    },
    hash: hash.digest('hex'),
  };
}

async function writeRecords(root: string, plan: Plan, finished: readonly Finished[]): Promise<void> {
  const lines = finished.map(({ record }) => record);
  const crops = lines.slice(0, plan.crops.length);
  const frames = lines.slice(plan.crops.length + plan.garments.length);
  const header = JSON.stringify({ sidecar: SIDECAR_VERSION, producer: `reidkit-synthetic ${GENERATOR_VERSION}` });
  await writeFile(join(root, 'records.jsonl'), [header, ...crops].map((line) => `${line}\n`).join(''));
  if (frames.length > 0) await writeFile(join(root, 'scenes.jsonl'), frames.map((line) => `${line}\n`).join(''));
}

/**
 * Draws synthetic pedestrians and writes them as JPEG files in the layout of Market-1501, with masks, part masks, garments, captions and
 * whole frames beside. The same options give the same bytes whatever the number of workers. The folder appears when it is complete.
 *
 * | path | content |
 * | --- | --- |
 * | `bounding_box_train`, `query`, `bounding_box_test` | crops, `0002_c1s1_000451_00.jpg`; identity 0 are distractors, -1 is junk |
 * | `records.jsonl` | a crop record per line, with attributes and the occluded share: what `dataset/synthetic` joins |
 * | `masks/SPLIT/NAME.png` | 255 on what can be seen of the person |
 * | `parts/SPLIT/NAME.png` | 1 head, 2 upper body, 3 lower body, 4 foot; bags count to the part they hang at |
 * | `garments/OUTFIT.jpg` | the upper garment of an outfit alone |
 * | `frames/SPLIT`, `frame-masks/SPLIT`, `scenes.jsonl` | frames, a mask per person, and a frame record per line for `dataset/jsonl` |
 * | `synthetic.json` | options, counts, version, hash |
 *
 * Throws INVALID_OPTIONS, FILE_EXISTS when the folder is there and holds something, INTERRUPTED when the signal was aborted, and
 * SAVE_FAILED when a file could not be written.
 *
 * @example
 * ```ts
 * import { synthesize } from '@reidkit/datasets';
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const out = join(await mkdtemp(join(tmpdir(), 'reidkit-')), 'people');
 * const options = { trainIdentities: 2, testIdentities: 2, cameras: 2, distractors: 1, junk: 1 };
 * const { counts } = await synthesize({ out, options, workers: 1 });
 * console.assert(counts.query === 4);
 * ```
 */
export async function synthesize(request: SynthesizeRequest): Promise<SyntheticSummary> {
  const { signal, onProgress } = request;
  const out = resolve(request.out);
  const options = parseOptions('dataset/synthetic', syntheticOptions, request.options);
  checkOptions(options);
  await checkFolder(out);
  const plan = makePlan(options);
  const total = taskCount(plan);
  const workers = request.workers ?? Math.min(availableParallelism(), Math.ceil(total / LEAST_SHARE));
  const root = `${out}.partial-${randomUUID().slice(0, 8)}`;
  const finished = new Array<Finished>(total);
  let done = 0;
  const report = (picture: Finished): void => {
    finished[picture.task] = picture;
    onProgress?.(++done, total);
  };
  try {
    await mkdir(dirname(out), { recursive: true });
    for (const folder of foldersOf(options, plan)) await mkdir(join(root, folder), { recursive: true });
    if (workers <= 1) await drawShare({ options, root, first: 0, of: 1 }, report, signal);
    else await drawInThreads({ options, root }, Math.min(workers, Math.max(1, total)), { report, signal });
    if (signal?.aborted) throw new ReidError('INTERRUPTED', `Drawing stopped after ${done} of ${total} pictures; nothing was kept.`);
    const summary = summarise(options, plan, finished);
    await writeRecords(root, plan, finished);
    await writeFile(join(root, SYNTHETIC_MANIFEST), `${JSON.stringify(summary, null, 2)}\n`);
    await rmdir(out).catch(() => undefined); // an empty folder may be there
    await rename(root, out);
    return summary;
  } catch (error) {
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
    if (ReidError.is(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReidError('SAVE_FAILED', `Synthetic pedestrians could not be written to "${out}": ${reason}`, {
      hint: 'check that the disk has room and the folder may be written.',
      cause: error,
    });
  }
}
