import { hostTensor, writeSafetensors } from '@reidkit/core-tensor';
import { loadRun, readRunRecord, runFolder } from '@reidkit/trainer';
import { type EngineChoice, startEngine } from '../engine.ts';
import { makeRegistry } from '../plugins.ts';
import { ProgressLine } from '../progress.ts';

/** Options of `reidkit embed`. */
export interface EmbedCommandOptions extends EngineChoice {
  readonly camera?: number;
  readonly out?: string;
  readonly workers?: number;
}

/** `reidkit embed RUN IMAGES…`. */
export async function embedCommand(path: string, images: readonly string[], options: EmbedCommandOptions): Promise<void> {
  const { camera, out, workers } = options;
  const { recipe } = await readRunRecord(runFolder(path));
  const engine = await startEngine(options);
  const run = await loadRun(path, { registry: await makeRegistry(recipe.plugins), backend: engine });
  const line = new ProgressLine();
  const data = await run.embedAll(images, {
    ...(camera === undefined ? {} : { camera }),
    ...(workers === undefined ? {} : { workers }),
    onProgress: (done, total) => line.update(`${done} of ${total} images`),
  });
  const width = data.length / images.length;
  if (out) {
    await writeSafetensors(
      out,
      { descriptors: hostTensor(data, [images.length, width]) },
      { metadata: { files: JSON.stringify(images), recipe: recipe.name } },
    );
    line.done(`wrote ${images.length} descriptors of ${width} numbers to ${out}`);
    return;
  }
  images.forEach((file, i) => console.log(JSON.stringify({ file, descriptor: Array.from(data.subarray(i * width, (i + 1) * width)) })));
}
