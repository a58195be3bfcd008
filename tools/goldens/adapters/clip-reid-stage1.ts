import { hostTensor, type HostTensors } from '@reidkit/core-tensor';
import type { GoldenAdapter } from '../adapter.ts';
import { clipReidRecipe } from '../clip-reid-case.ts';
import { hostNumbers } from '../golden-tensors.ts';
import { pixelsOf, plainFacts, tensorSources } from '../tensor-sources.ts';
import { compareGradients, compareSteps, compareWeights, evaluatePass, type RecipeCase, trainRecipe } from '../train-recipe.ts';

export const adapter: GoldenAdapter = {
  family: 'clip-reid-stage1',
  async run(golden) {
    const { config } = golden.json;
    const { images, batch_size: batchSize, epochs, lr: rate, weight_decay: weightDecay, lr_min: least, warmup_lr_init: from, warmup_epochs: length } = config;
    const whole = clipReidRecipe(golden);
    const stage = whole.stages.find(({ name }) => name === 'prompts')!;
    const recipe = {
      ...whole,
      stages: [
        {
          ...stage,
          epochs,
          optimizer: { use: stage.optimizer.use, options: { rate, weightDecay } },
          schedule: { use: stage.schedule.use, options: { ...(stage.schedule.options as object), length: epochs, least, warmup: { length, from } } },
        },
      ],
    };
    const labels = hostNumbers(golden.tensor('batch/set/label'));
    const all = pixelsOf(hostNumbers(golden.tensor('batch/set/image')));
    const batch = (step: number): HostTensors => {
      const index = hostNumbers(golden.tensor(`batch/${step}/index`));
      const size = index.data.length;
      return { ...plainFacts(size), index, labels: hostTensor(Array.from(index.data, (at) => labels.data[at]!), [size], 'int32') };
    };
    const stageCase: RecipeCase = {
      recipe,
      facts: { data: { classes: config.classes, cameras: config.cameras, views: 0, records: images } },
      labels: { prompts: labels.data },
      sources: tensorSources({ stepsPerEpoch: Math.floor(images / batchSize) + 1, batchSize, batch, records: () => [{ ...plainFacts(images), images: all, labels }] }),
    };
    const { steps, tensors, artefacts, built } = await trainRecipe(golden, stageCase);
    compareSteps(golden, steps, { loss_i2t: 'imageToText', loss_t2i: 'textToImage', total: 'total' });
    golden.report.compare('out/image_features', (await artefacts.get('imageFeatures')).value!.data, golden.tensor('out/image_features'));
    compareWeights(golden, tensors);
    const everyone = { labels: hostTensor(Int32Array.from({ length: config.classes }, (_, label) => label), [config.classes], 'int32') };
    const { text } = await evaluatePass(built, tensors, 'text', everyone, ['text']);
    golden.report.compare('out/text_features_all', text!.data, golden.tensor('out/text_features_all'));
    await compareGradients(golden, stageCase);
  },
};
