import { type Descriptors, type HostTensor, type HostTensors } from '@reidkit/core-tensor';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { hostNumbers } from '../golden-tensors.ts';
import { rganetRecipe } from '../rganet-case.ts';
import { pixelsOf, plainFacts, tensorSources } from '../tensor-sources.ts';
import { compareGradients, compareSteps, compareWeights, evaluatePass, type RecipeCase, type RecipeOutcome, startingWeights, trainRecipe } from '../train-recipe.ts';

const TERMS = { ce_regions: 'regionIdentity', tri_regions: 'regionTriplet', ce_global: 'identity', tri_global: 'triplet', total: 'total' };
const BETA: Readonly<Record<string, string>> = { 'over-regions': 'overParts', 'over-centres': 'overCentres', cosine: 'cosine' };

/** Masks of the regions behind the background's, which is what they leave: `[B, N, cells]` → `[B, 1 + N, cells]`. */
function withRest({ data, shape }: HostTensor): number[] {
  const [batch, regions, cells] = shape as [number, number, number];
  return Array.from({ length: batch }, (_, b) => {
    const own = data.subarray(b * regions * cells, (b + 1) * regions * cells);
    const rest = Array.from({ length: cells }, (_unused, cell) => 1 - Array.from({ length: regions }, (_no, n) => own[n * cells + cell]!).reduce((a, x) => a + x, 0));
    return [...rest, ...own];
  }).flat();
}

async function compareStep(golden: GoldenCase, { built }: RecipeOutcome, tensors: HostTensors, step: number, batch: HostTensors): Promise<void> {
  const names = { global: 'global', regions: 'regions', alpha: 'alpha', beta: 'beta', weight: 'weight.softmax' };
  const given = await evaluatePass(built, tensors, 'images', batch, [...Object.values(names), 'regions.masks']);
  for (const [theirs, ours] of Object.entries(names)) golden.report.compare(`out/${step}/${theirs}`, given[ours]!.data, golden.tensor(`out/${step}/${theirs}`));
  golden.report.compare(`out/${step}/masks`, withRest(given['regions.masks']!), golden.tensor(`out/${step}/masks`));
}

async function compareDistances(golden: GoldenCase, { built }: RecipeOutcome, tensors: HostTensors, batch: (key: string) => HostTensors): Promise<void> {
  const side = async (key: string): Promise<Descriptors> => {
    const names = ['global', 'regions', 'alpha', 'beta', 'weight'];
    const given = await evaluatePass(built, tensors, 'images', batch(key), names);
    for (const name of names) golden.report.compare(`out/final/${key}.${name}`, given[name]!.data, golden.tensor(`out/final/${key}.${name}`));
    return { count: given.global!.shape[0]!, tensors: given };
  };
  const distances = await built.scorer.prepare(await side('gallery')).distances(await side('query'));
  golden.report.compare('out/final/distance', distances, golden.tensor('out/final/distance'));
}

export const adapter: GoldenAdapter = {
  family: 'rganet-paper-step',
  async run(golden) {
    const { config } = golden.json;
    const { steps: count, batch_size: batchSize, classes, images, lr: rate, weight_decay: weightDecay, lr_gamma: factor, milestones, margin, regions } = config;
    const { beta, beta_scale: invarianceScale, match_weight: matchWeight, gate: above, memory_momentum: momentum, momentum_on: momentumOn } = config;
    const options = { classes, invariance: BETA[beta], invarianceScale, matchWeight, gate: { above }, momentum, momentumOn };
    const whole = rganetRecipe(golden, 'main', options);
    const recipe = {
      ...whole,
      stages: whole.stages.map((stage) => ({
        ...stage,
        epochs: count,
        needs: [],
        prepare: { memory: stage.prepare.memory! },
        fills: { memory: stage.fills.memory! },
        frozen: [],
        losses: Object.fromEntries(
          Object.entries(stage.losses).map(([name, loss]) => [name, loss.use.endsWith('triplet') ? { ...loss, options: { ...(loss.options as object), margin } } : loss]),
        ),
        optimizer: { use: stage.optimizer.use, options: { rate, weightDecay } },
        schedule: { use: stage.schedule.use, options: { milestones, gamma: factor } },
      })),
    };
    const pictures = (key: string): HostTensors => {
      const pixels = pixelsOf(hostNumbers(golden.tensor(`batch/${key}/image`)));
      return { ...plainFacts(pixels.shape[0]!), images: pixels };
    };
    const batch = (step: number): HostTensors => ({ ...pictures(String(step)), labels: hostNumbers(golden.tensor(`batch/${step}/label`)) });
    const stageCase: RecipeCase = {
      recipe,
      facts: { data: { classes, cameras: 0, views: 0, records: images } },
      labels: { main: Array.from({ length: images as number }, (_, at) => at % classes) },
      sources: tensorSources({ stepsPerEpoch: 1, batchSize, batch, records: () => [pictures('set')] }),
    };
    const after = (steps: number): Promise<RecipeOutcome> => {
      const stages = recipe.stages.map((stage) => ({ ...stage, epochs: steps }));
      return trainRecipe(golden, { ...stageCase, recipe: { ...recipe, stages } });
    };
    const outcome = await after(count);
    const memory = (await outcome.artefacts.get('memory')).value!;
    golden.report.compare('out/start/memory', memory.data, golden.tensor('out/start/memory'));
    compareSteps(golden, outcome.steps, TERMS);
    outcome.steps.forEach((numbers, step) => {
      const opened = Array.from({ length: regions as number }, (_, at) => Math.round(numbers[`gate${at + 1}`]! * batchSize));
      golden.report.compare(`out/${step}/gate_count`, opened, golden.tensor(`out/${step}/gate_count`));
    });
    await compareStep(golden, outcome, { ...outcome.tensors, ...startingWeights(golden), memory }, 0, batch(0));
    for (let step = 1; step <= count; step++) {
      const { tensors } = step === count ? outcome : await after(step);
      golden.report.compare(`out/${step - 1}/memory`, tensors.memory!.data, golden.tensor(`out/${step - 1}/memory`));
      if (step < count) await compareStep(golden, outcome, tensors, step, batch(step));
    }
    compareWeights(golden, outcome.tensors);
    await compareDistances(golden, outcome, outcome.tensors, pictures);
    await compareGradients(golden, stageCase);
  },
};
