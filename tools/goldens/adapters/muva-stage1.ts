import { hostTensor, type HostTensors } from '@reidkit/core-tensor';
import type { GoldenAdapter } from '../adapter.ts';
import { hostNumbers } from '../golden-tensors.ts';
import { muvaBatch, withPromptWords } from '../muva-batches.ts';
import { muvaRecipe } from '../muva-case.ts';
import { plainFacts, tensorSources } from '../tensor-sources.ts';
import { compareGradients, compareSteps, compareWeights, evaluatePass, type RecipeCase, trainRecipe } from '../train-recipe.ts';

export const adapter: GoldenAdapter = {
  family: 'muva-stage1',
  async run(given) {
    const golden = withPromptWords(given);
    const { config } = golden.json;
    const { classes, images, batch_size: batchSize, steps_per_epoch: stepsPerEpoch, epochs, nce_temperature: temperature } = config;
    const { lr: rate, weight_decay: weightDecay, lr_min: least, warmup_lr_init: from, warmup_epochs: length } = config;
    const whole = muvaRecipe(golden);
    const stage = whole.stages.find(({ name }) => name === 'prompts')!;
    const loss = stage.losses.textToCentroids!;
    const recipe = {
      ...whole,
      stages: [
        {
          ...stage,
          epochs,
          losses: { textToCentroids: { ...loss, options: { ...(loss.options as object), temperature } } },
          optimizer: { use: stage.optimizer.use, options: { rate, weightDecay } },
          schedule: { use: stage.schedule.use, options: { length: epochs, least, first: 1, warmup: { length, from } } },
        },
      ],
    };
    const set = muvaBatch(golden, 'set');
    const batch = (step: number): HostTensors => {
      const index = hostNumbers(golden.tensor(`batch/${step}/index`));
      const size = index.data.length;
      return { ...plainFacts(size), index, labels: hostTensor(Array.from(index.data, (at) => set.labels!.data[at]!), [size], 'int32') };
    };
    const stageCase: RecipeCase = {
      recipe,
      facts: { data: { classes, cameras: 0, views: 0, records: images } },
      labels: { prompts: set.labels!.data },
      sources: tensorSources({ stepsPerEpoch, batchSize, batch, records: () => [set] }),
    };
    const { steps, tensors, artefacts, built } = await trainRecipe(golden, stageCase);
    compareSteps(golden, steps, { total: 'total' });
    golden.report.compare('out/centroids', (await artefacts.get('centroids')).value!.data, golden.tensor('out/centroids'));
    compareWeights(golden, tensors);
    const everyone = { labels: hostTensor(Int32Array.from({ length: classes }, (_, label) => label), [classes], 'int32') };
    const { text } = await evaluatePass(built, tensors, 'text', everyone, ['text']);
    golden.report.compare('out/text_features_all', text!.data, golden.tensor('out/text_features_all'));
    const { global } = await evaluatePass(built, tensors, 'teacher', set, ['global']);
    golden.report.compare('out/image_features', global!.data, golden.tensor('out/image_features'));
    await compareGradients(golden, stageCase);
  },
};
