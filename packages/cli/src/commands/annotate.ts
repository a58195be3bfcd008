import { join } from 'node:path';
import type { Annotator, DatasetReader } from '@reidkit/core-tensor';
import { annotate, recognizeDataset, SIDECAR_FOLDER } from '@reidkit/datasets';
import { applyOptions } from '../apply-options.ts';
import { type EngineChoice, startEngine } from '../engine.ts';
import { interruptible } from '../interruptible.ts';
import { makeRegistry } from '../plugins.ts';
import { ProgressLine } from '../progress.ts';

/** Options of `reidkit annotate`. */
export interface AnnotateOptions extends EngineChoice {
  readonly with: string;
  readonly data: string;
  readonly out?: string;
  /** Checkpoint of an annotator that runs a model. */
  readonly weights?: string;
  readonly split?: readonly string[];
  readonly parallel: number;
  readonly limit?: number;
  readonly set?: readonly string[];
  readonly plugin?: readonly string[];
}

/** Where the answers of models are kept when nothing else is said. */
const ANSWERS = 'answers';

/** `reidkit annotate --with NAME --data FOLDER`. */
export async function annotateCommand(options: AnnotateOptions): Promise<void> {
  const registry = await makeRegistry(options.plugin);
  const dataset = await registry.use<DatasetReader>(await recognizeDataset(options.data)).read();
  const use = options.with.includes('/') ? options.with : `annotator/${options.with}`;
  const kept = use === 'annotator/chat' ? { cache: join(dataset.root, SIDECAR_FOLDER, ANSWERS) } : {};
  const weights = options.weights === undefined ? {} : { weights: options.weights };
  const annotator = registry.use<Annotator>({ use, options: { ...kept, ...weights, ...applyOptions(options.set ?? []) } });
  await annotator.start?.(await startEngine(options));
  const out = options.out ?? join(dataset.root, SIDECAR_FOLDER, `${annotator.name}.jsonl`);
  const line = new ProgressLine();
  const summary = await interruptible((signal) =>
    annotate({
      dataset,
      annotator,
      out,
      signal,
      parallel: options.parallel,
      ...(options.split ? { splits: options.split } : {}),
      ...(options.limit === undefined ? {} : { limit: options.limit }),
      onProgress: (done, total) => line.update(`annotating: ${done} of ${total}`),
    }),
  );
  const { annotated, kept: before, items, without, isComplete } = summary;
  line.done(`annotated ${annotated} of ${items} items, ${before} were there before`);
  if (without.length > 0)
    console.log(`Nothing usable came out for ${without.length}: ${without.slice(0, 5).join(', ')}. They are asked again next time.`);
  console.log(isComplete ? `Wrote ${out}` : `Not finished: run the command again to go on with ${out}`);
}
