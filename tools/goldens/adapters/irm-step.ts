import type { GoldenAdapter } from '../adapter.ts';
import { compareIdle, irmBatch, irmGolden, irmRecipe, irmTowers } from '../irm-case.ts';
import { concatRows, givenStreams, IRM_TERMS, irmStages } from '../irm-terms.ts';
import { tensorSources } from '../tensor-sources.ts';
import { compareGradients, compareSteps, compareWeights, evaluatePass, type RecipeCase, startingWeights, trainRecipe } from '../train-recipe.ts';

export const adapter: GoldenAdapter = {
  family: 'irm-step',
  async run(given) {
    const golden = irmGolden(given);
    const { config } = golden.json;
    const { fusion_blocks: layers, heads, mlp_ratio: mlpRatio, fusion_weights: fusionWeights, classes, task, embed, queue, momentum, alpha, margin } = config;
    const { lr: rate, weight_decay: weightDecay, warmup, iterations: length, steps, task_weight: taskWeight } = config;
    const instruction = task === 'cc' ? 'picture' : 'text';
    const reads = instruction === 'picture' ? ['pictures'] : ['textIds', 'textMask'];
    const whole = irmRecipe(golden, 'code', {
      ...irmTowers(golden),
      fusion: { layers, heads, mlpRatio, weights: fusionWeights === 'release' ? 'tower' : 'own', masksPadding: false },
      matching: { width: embed, clampTemperature: false, memory: { length: queue, momentum }, start: 2, mask: 4 },
      tasks: { main: { classes, instruction } },
      instructionGradient: true,
      descriptor: 'fused',
      extras: true,
    });
    const weight = (name: string, own: number): number => taskWeight * (name === 'triplet' ? alpha : name.startsWith('triplet') ? alpha / 2 : own);
    const [stage] = irmStages(whole, { margin }, weight);
    const recipe = {
      ...whole,
      streams: givenStreams(whole, reads),
      evaluation: { ...whole.evaluation, fields: { given: reads } },
      stages: [
        {
          ...stage!,
          epochs: 1,
          optimizer: { use: 'optimizer/adamw', options: { rate, weightDecay } },
          schedule: { use: 'schedule/cosine', options: { unit: 'step', length, warmup: { length: warmup, factor: 0.01 } } },
        },
      ],
    };
    const batch = (step: number): ReturnType<typeof irmBatch> => irmBatch(golden, step);
    const stageCase: RecipeCase = {
      recipe,
      facts: { data: { classes, cameras: 1, views: 0, records: classes } },
      labels: { main: Array.from({ length: classes }, (_, label) => label) },
      sources: tensorSources({ stepsPerEpoch: steps, batchSize: config.batch_size, batch }),
    };
    const { steps: reported, tensors, built } = await trainRecipe(golden, stageCase);
    // The case's total is the one before the weight of the task.
    compareSteps(golden, reported.map((numbers) => ({ ...numbers, total: numbers.total! / taskWeight })), IRM_TERMS); // prettier-ignore
    compareWeights(golden, tensors);
    compareIdle(golden, tensors);
    for (const [when, numbers] of [['start', startingWeights(golden)], ['final', tensors]] as const) { // prettier-ignore
      const key = `out/${when}/embedding`;
      const seen = await evaluatePass(built, numbers, 'main', batch(0), ['bio.bn', 'clot.bn']);
      golden.report.compare(key, concatRows(seen['bio.bn']!, seen['clot.bn']!), golden.tensor(key), golden.json.loose?.[key]);
    }
    await compareGradients(golden, { ...stageCase, recipe: { ...recipe, stages: recipe.stages.map((one) => ({ ...one, idle: 'skip' as const })) } });
  },
};
