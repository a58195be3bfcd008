import type { GoldenAdapter } from '../adapter.ts';
import { irmBatch, irmGolden, irmRecipe } from '../irm-case.ts';
import { tensorSources } from '../tensor-sources.ts';
import { compareGradients, compareSteps, compareWeights, evaluatePass, type RecipeCase, startingWeights, trainRecipe } from '../train-recipe.ts';
import { concatRows, givenStreams, IRM_TERMS, irmStages } from '../irm-terms.ts';

export const adapter: GoldenAdapter = {
  family: 'irm-paper-step',
  async run(given) {
    const golden = irmGolden(given);
    const { config } = golden.json;
    const { gate_per_head: perHead, gate_tanh: bounded, instruction_norm: sideNorm, fusion_blocks: layers, heads, mlp_ratio: mlpRatio, classes } = config;
    const { margin, pair_weight: pairWeight, distance, clamp_beta: clampBeta, lr: rate, lr_start: from, warmup, weight_decay: weightDecay, steps } = config;
    const whole = irmRecipe(golden, 'paper', {
      editing: { use: 'adapter/gated-side-attention', options: { gate: perHead ? 'head' : 'layer', bounded, sideNorm } },
      fusion: { layers, heads, mlpRatio },
      tasks: { main: { classes, instruction: 'given' } },
    });
    const [stage] = irmStages(whole, { margin, pairWeight, distance: distance === 'squared' ? 'squared' : 'euclid', clampBeta });
    const recipe = {
      ...whole,
      streams: givenStreams(whole, ['instructions', 'instructionsMask']),
      evaluation: { ...whole.evaluation, fields: { given: ['instructions', 'instructionsMask'] } },
      stages: [
        {
          ...stage!,
          epochs: 1,
          optimizer: { use: 'optimizer/adamw', options: { rate, weightDecay } },
          schedule: { use: 'schedule/constant', options: { unit: 'step', warmup: { length: warmup, from } } },
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
    compareSteps(golden, reported, IRM_TERMS);
    compareWeights(golden, tensors);
    for (const [when, numbers] of [['start', startingWeights(golden)], ['final', tensors]] as const) { // prettier-ignore
      const seen = await evaluatePass(built, numbers, 'main', batch(0), ['global', 'bio.bn', 'clot.bn']);
      golden.report.compare(`out/${when}/feature`, seen.global!.data, golden.tensor(`out/${when}/feature`));
      const key = `out/${when}/embedding`;
      golden.report.compare(key, concatRows(seen['bio.bn']!, seen['clot.bn']!), golden.tensor(key), golden.json.loose?.[key]);
    }
    await compareGradients(golden, stageCase);
  },
};
