import { hostTensor, type HostTensor, type HostTensors } from '@reidkit/core-tensor';
import type { GoldenAdapter } from '../adapter.ts';
import { compareIdle, irmBatch, irmGolden, irmRecipe, irmTowers } from '../irm-case.ts';
import { givenStreams, irmStages } from '../irm-terms.ts';
import { tensorSources, tensorsUnder } from '../tensor-sources.ts';
import { compareGradients, compareSteps, compareWeights, evaluatePass, type RecipeCase, startingWeights, trainRecipe } from '../train-recipe.ts';

const TERMS = { loss_cl: 'contrast', loss_itm: 'matching', loss_mlm: 'maskedWords', loss_mrtd: 'replacedWords', total: 'total' };
const DRAWS = ['negativeImages', 'negativeTexts', 'wordDraws', 'replaceDraws', 'drawnWords'];

/** Truth values and words of a case as numbers in [0, 1) that give them. */
function drawsOf(all: Readonly<Record<string, HostTensor>>, prefix: string, vocabulary: number): HostTensor {
  const truth = (name: string): number[] => Array.from(all[`draw.${prefix}_${name}`]!.data, (value) => 1 - value);
  const words = Array.from(all[`draw.${prefix}_words`]!.data, (word) => (word + 0.5) / vocabulary);
  return hostTensor([...truth('masked'), ...truth('replaced'), ...truth('random'), ...words], [4, ...all[`draw.${prefix}_words`]!.shape]);
}

export const adapter: GoldenAdapter = {
  family: 'irm-t2i-step',
  async run(given) {
    const golden = irmGolden(given);
    const { config } = golden.json;
    const { fusion_blocks: layers, heads, mlp_ratio: mlpRatio, fusion_weights: fusionWeights, classes, embed, queue, momentum, vocab, steps } = config;
    const { lr: rate, weight_decay: weightDecay, warmup, iterations: length, batch_size: batchSize, task_weight: taskWeight } = config;
    const whole = irmRecipe(golden, 'code', {
      ...irmTowers(golden),
      fusion: { layers, heads, mlpRatio, weights: fusionWeights === 'release' ? 'tower' : 'own', masksPadding: false },
      matching: { width: embed, clampTemperature: false, memory: { length: queue, momentum }, start: 2, mask: 4, draws: 'batch' },
      tasks: { main: { classes, instruction: 'none' } },
      extras: true,
    }, 'text');
    const [stage] = irmStages(whole, {}, (_name, weight) => weight * taskWeight);
    const recipe = {
      ...whole,
      streams: givenStreams(whole, ['textIds', 'textMask', ...DRAWS]),
      evaluation: { ...whole.evaluation, fields: {} },
      stages: [
        {
          ...stage!,
          pass: 'match',
          epochs: 1,
          optimizer: { use: 'optimizer/adamw', options: { rate, weightDecay } },
          schedule: { use: 'schedule/cosine', options: { unit: 'step', length, warmup: { length: warmup, factor: 0.01 } } },
        },
      ],
    };
    const batch = (step: number): HostTensors => {
      const all = tensorsUnder(golden, `batch/${step}/`);
      const flat = (name: string): HostTensor => ({ ...all[name]!, shape: [batchSize] });
      const named = {
        negativeImages: flat('draw.neg_image'), negativeTexts: flat('draw.neg_text'), wordDraws: drawsOf(all, 'mlm', vocab),
        replaceDraws: drawsOf(all, 'mrtd', vocab), drawnWords: { ...all['draw.mrtd_tokens']!, shape: all.ids!.shape },
      }; // prettier-ignore
      return { ...irmBatch(golden, step), ...named };
    };
    const stageCase: RecipeCase = {
      recipe,
      facts: { data: { classes, cameras: 1, views: 0, records: classes } },
      labels: { main: Array.from({ length: classes }, (_, label) => label) },
      sources: tensorSources({ stepsPerEpoch: steps, batchSize, batch }),
    };
    const { steps: reported, tensors, built } = await trainRecipe(golden, stageCase);
    compareSteps(golden, reported.map((numbers) => ({ ...numbers, total: numbers.total! / taskWeight })), TERMS); // prettier-ignore
    compareWeights(golden, tensors);
    compareIdle(golden, tensors);
    const last = steps - 1;
    for (const name of ['image_queue', 'text_queue', 'idx_queue', 'queue_ptr']) {
      golden.report.compare(`out/${last}/memory.${name}`, tensors[name]!.data, golden.tensor(`out/${last}/memory.${name}`));
    }
    for (const [when, numbers] of [['start', startingWeights(golden)], ['final', tensors]] as const) { // prettier-ignore
      for (const [side, pass] of [['image', 'images'], ['text', 'text']] as const) { // prettier-ignore
        const key = `out/${when}/${side}_feat`;
        const seen = await evaluatePass(built, numbers, pass, batch(0), ['descriptor']);
        golden.report.compare(key, seen.descriptor!.data, golden.tensor(key), golden.json.loose?.[key]);
      }
    }
    await compareGradients(golden, { ...stageCase, recipe: { ...recipe, stages: recipe.stages.map((one) => ({ ...one, idle: 'skip' as const })) } });
  },
};
