import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { drawCrop } from './draw-crop.ts';
import { drawGarment, type RgbPicture } from './draw-garment.ts';
import { drawScene } from './draw-scene.ts';
import { encodeGreyPng } from './grey-png.ts';
import { makePlan, type CropJob, type Plan, type SceneJob } from './plan.ts';
import { cropRecord, garmentPath, sceneRecord, scenePath, sidecarPaths } from './records.ts';
import { createStudio, type Studio } from './studio.ts';
import type { SyntheticOptions } from './synthetic-options.ts';

/** One worker's part of a data set: every `of`-th picture, beginning with number `first`. */
export interface Share {
  readonly options: SyntheticOptions;
  /** Folder to write to; its subfolders are there. */
  readonly root: string;
  readonly first: number;
  readonly of: number;
}

/** A finished picture. */
export interface Finished {
  /** Position among all tasks: crops, then garments, then frames. */
  readonly task: number;
  /** Line of the records file, or null for pictures without one. */
  readonly record: string | null;
  /** SHA-256 of the JPEG, hexadecimal. */
  readonly hash: string;
}

/** Pictures that may wait for their encoder while the next is drawn. */
const IN_FLIGHT = 4;

/** Writes pictures below a root. */
interface Writer {
  readonly jpeg: (file: string, picture: RgbPicture) => Promise<string>;
  readonly png: (file: string, mask: { readonly width: number; readonly height: number; readonly data: Uint8Array }) => Promise<void>;
}

function createWriter(root: string, quality: number): Writer {
  sharp.concurrency(1);
  sharp.cache(false);
  return {
    jpeg: async (file, { width, height, rgb }) => {
      const bytes = await sharp(rgb, { raw: { width, height, channels: 3 } })
        .jpeg({ quality })
        .toBuffer();
      await writeFile(join(root, file), bytes);
      return createHash('sha256').update(bytes).digest('hex');
    },
    png: (file, mask) => writeFile(join(root, file), encodeGreyPng(mask)),
  };
}

type Written = Omit<Finished, 'task'>;

async function writeCrop(studio: Studio, job: CropJob, writer: Writer): Promise<Written> {
  const crop = drawCrop(studio, job);
  const { width, height, masks } = crop;
  const { sidecars } = studio.options;
  const paths = sidecarPaths(job);
  const empty = new Uint8Array(width * height);
  const [hash] = await Promise.all([
    writer.jpeg(job.file, crop),
    sidecars.masks && writer.png(paths.mask, { width, height, data: masks?.person ?? empty }),
    sidecars.parts && writer.png(paths.partMask, { width, height, data: masks?.parts ?? empty }),
  ]);
  return { record: JSON.stringify(cropRecord(studio, job, crop)), hash };
}

async function writeScene(studio: Studio, job: SceneJob, writer: Writer): Promise<Written> {
  const scene = drawScene(studio, job);
  const { width, height } = scene;
  const [hash] = await Promise.all([
    writer.jpeg(job.file, scene),
    ...scene.persons.map(({ mask }, k) => writer.png(scenePath(job, k), { width, height, data: mask })),
  ]);
  return { record: JSON.stringify(sceneRecord(studio, job, scene)), hash: hash as string };
}

/** Number of pictures in a plan. */
export const taskCount = (plan: Plan): number => plan.crops.length + plan.garments.length + plan.scenes.length;

/** Draws and writes a share of a data set, reporting each picture. Stops between pictures when the signal is aborted. */
export async function drawShare(share: Share, report: (finished: Finished) => void, signal?: AbortSignal): Promise<void> {
  const { options, root, first, of } = share;
  const studio = createStudio(options);
  const plan = makePlan(options);
  const writer = createWriter(root, options.quality);
  const write = (task: number): Promise<Written> => {
    const crop = plan.crops[task];
    if (crop) return writeCrop(studio, crop, writer);
    const clothes = plan.garments[task - plan.crops.length];
    if (clothes === undefined) return writeScene(studio, plan.scenes[task - plan.crops.length - plan.garments.length]!, writer);
    return writer.jpeg(garmentPath(clothes), drawGarment(studio, clothes)).then((hash) => ({ record: null, hash }));
  };
  const waiting: Promise<void>[] = [];
  try {
    for (let task = first; task < taskCount(plan) && !signal?.aborted; task += of) {
      const job = write(task).then((written) => report({ task, ...written }));
      job.catch(() => undefined); // it is awaited below, maybe a few pictures later
      waiting.push(job);
      if (waiting.length > IN_FLIGHT) await waiting.shift();
    }
    await Promise.all(waiting);
  } finally {
    await Promise.allSettled(waiting); // nothing may be written once the caller clears up
  }
}
