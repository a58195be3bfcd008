import type { DatasetReader } from '@reidkit/core-tensor';
import { type PictureOptions, readRunRecord, reportRun, runFolder } from '@reidkit/trainer';
import { type EngineChoice, startEngine } from '../engine.ts';
import { makeRegistry } from '../plugins.ts';
import { ProgressLine } from '../progress.ts';

/** Options of `reidkit report`. */
export interface ReportCommandOptions extends EngineChoice {
  readonly data?: string;
  readonly workers?: number;
  /** Run the model on some images for pictures of regions and descriptors. */
  readonly pictures: boolean;
}

/** `reidkit report RUN`. */
export async function reportCommand(path: string, options: ReportCommandOptions): Promise<void> {
  const folder = runFolder(path);
  const { recipe } = await readRunRecord(folder);
  const registry = await makeRegistry(recipe.plugins);
  const node = recipe.evaluation.dataset ?? Object.values(recipe.streams)[0]!.dataset;
  const dataset = await registry.use<DatasetReader>(node).read();
  const line = new ProgressLine();
  const makePictures = async (): Promise<PictureOptions> => ({
    registry, dataset, makeProgram: (await startEngine(options)).makeProgram,
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    onProgress: (done, total) => line.update(`pictures: ${done} of ${total} images`),
  }); // prettier-ignore
  await reportRun(folder, { root: options.data ?? dataset.root, ...(options.pictures ? { pictures: await makePictures() } : {}) });
  console.log(`wrote ${folder.report}`);
}
