import { onnxBackend } from '@reidkit/backend-onnx';
import { createRegistry, currentBackend, type HostTensors, useBackend } from '@reidkit/core-tensor';
import { createLoader, sequential } from '@reidkit/datasets';
import { stripeMasks } from '@reidkit/encoders';
import { cropsOf, loadRun, modelPass, passStep, readRunData } from '@reidkit/trainer';
import { builtInPlugins } from 'reidkit';

/** How well masks lie on the true ones: intersection over union, mean over images and parts. */
export interface PartOverlap {
  /** Predicted masks above one half. */
  readonly predicted: number;
  /** Share of what is predicted that is true. */
  readonly precision: number;
  /** Equal stripes. */
  readonly stripes: number;
  readonly images: number;
}

/** Sums over images and parts. */
class Tally {
  #sums = { overlap: 0, right: 0, said: 0 };
  #count = 0;

  add(said: Float32Array, truth: Float32Array): void {
    let [both, either, claimed] = [0, 0, 0];
    said.forEach((value, at) => {
      both += value > 0.5 && truth[at]! > 0.5 ? 1 : 0;
      either += value > 0.5 || truth[at]! > 0.5 ? 1 : 0;
      claimed += value > 0.5 ? 1 : 0;
    });
    this.#sums.overlap += either === 0 ? 1 : both / either;
    this.#sums.right += both;
    this.#sums.said += claimed;
    this.#count += 1;
  }

  get overlap(): number {
    return this.#sums.overlap / Math.max(1, this.#count);
  }

  get precision(): number {
    return this.#sums.right / Math.max(1, this.#sums.said);
  }
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Compares the masks that a run predicts on a split of its evaluation data (or of its training data) with those of the true boxes. */
export async function partOverlap(run: string, split: 'train' | 'gallery'): Promise<PartOverlap> {
  await useBackend(onnxBackend({ threads: 2 }));
  const registry = createRegistry(...builtInPlugins);
  const { record, model, tensors } = await loadRun(run, { registry, backend: currentBackend() });
  const { recipe } = record;
  const { streams, evaluation } = await readRunData(recipe, registry);
  const { partMasks } = recipe.streams.main!.fields;
  const dataset = split === 'train' ? streams.main!.dataset : evaluation;
  const isPerson = ({ identity }: { readonly identity: number }): boolean => identity > 0;
  const loader = await createLoader({
    root: dataset.root, records: cropsOf(dataset, split).filter(isPerson), sampler: sequential({ batchSize: 32 }), transforms: recipe.evaluation.transforms,
    seed: 0, workers: 0, fields: { partMasks: partMasks as never },
  }); // prettier-ignore
  const predicts = model.gives.evaluation.includes('regions.masks');
  const output = predicts ? 'regions.masks' : 'descriptor';
  const program = currentBackend().makeProgram(passStep(model, modelPass(model, 'images'), [output]), { parameters: tensors });
  const { parts, height, width } = partMasks!;
  const cells = height * width;
  const stripes = stripeMasks(parts.length, [height, width]).data as Float32Array;
  const [guessed, fixed] = [new Tally(), new Tally()];
  let images = 0;
  for await (const batch of loader.epoch(0)) {
    const {
      images: pictures,
      partMasks: truth,
      partMasksValid: known,
      valid,
    } = batch.tensors as unknown as Record<string, HostTensors[string]>;
    const { outputs } = await program.run({ batch: { images: pictures! } });
    valid!.data.forEach((isValid, image) => {
      if (!isValid) return;
      images += 1;
      for (let part = 0; part < parts.length; part++) {
        const at = image * parts.length + part;
        if (!known!.data[at]) continue;
        const own = (truth!.data as Float32Array).subarray(at * cells, (at + 1) * cells);
        if (predicts) guessed.add((outputs[output]!.data as Float32Array).subarray(at * cells, (at + 1) * cells), own);
        fixed.add(stripes.subarray(part * cells, (part + 1) * cells), own);
      }
    });
  }
  await loader.close();
  program.dispose();
  return { predicted: rounded(guessed.overlap), precision: rounded(guessed.precision), stripes: rounded(fixed.overlap), images };
}
