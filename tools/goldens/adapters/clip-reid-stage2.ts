import { hostTensor, type HostTensors } from '@reidkit/core-tensor';
import type { GoldenAdapter } from '../adapter.ts';
import { clipReidRecipe } from '../clip-reid-case.ts';
import { hostNumbers } from '../golden-tensors.ts';
import { pixelsOf, plainFacts, tensorSources } from '../tensor-sources.ts';
import { compareGradients, compareSteps, compareWeights, evaluatePass, type RecipeCase, startingWeights, trainRecipe } from '../train-recipe.ts';

const TERMS = { ce: 'identity', ce_proj: 'identityProjected', tri_last: 'tripletLast', tri: 'triplet', tri_proj: 'tripletProjected', i2t: 'imageToText' };

export const adapter: GoldenAdapter = {
  family: 'clip-reid-stage2',
  async run(golden) {
    const { config } = golden.json;
    const { epochs, batch_size: batchSize, steps_per_epoch: stepsPerEpoch, classes, cameras } = config;
    const { lr: rate, weight_decay: weightDecay, weight_decay_bias: biasDecay, bias_lr_factor: rateFactor } = config;
    const { margin, soft_margin: isSoft, label_smooth: smooth, id_weight: cross, triplet_weight: triplet, i2t_weight: image } = config;
    const { milestones, gamma, warmup_factor: factor, warmup_iters: length } = config;
    const whole = clipReidRecipe(golden);
    const stage = whole.stages.find(({ name }) => name === 'image')!;
    const weights: Readonly<Record<string, number>> = { cross, triplet, image };
    const smoothing = smooth === 'on' ? 0.1 : 0;
    const losses = Object.fromEntries(
      Object.entries(stage.losses).map(([name, loss]) => {
        const kind = loss.use.slice('loss/'.length).split('-')[0]!;
        const options = kind === 'triplet' ? { margin: isSoft ? null : margin } : { smoothing };
        return [name, { ...loss, options, weight: weights[kind]! }];
      }),
    );
    const recipe = {
      ...whole,
      stages: [
        {
          ...stage,
          epochs,
          losses,
          optimizer: { use: 'optimizer/adam', options: { rate, weightDecay, groups: [{ match: '*bias*', rateFactor, weightDecay: biasDecay }] } },
          schedule: { use: 'schedule/multistep', options: { milestones, gamma, first: 1, warmup: { length, factor } } },
        },
      ],
    };
    const batch = (step: number): HostTensors => ({
      ...plainFacts(batchSize),
      images: pixelsOf(hostNumbers(golden.tensor(`batch/${step}/image`))),
      labels: hostNumbers(golden.tensor(`batch/${step}/label`)),
      cameras: hostNumbers(golden.tensor(`batch/${step}/camera`)),
      views: hostTensor(new Int32Array(batchSize).fill(-1), [batchSize], 'int32'),
    });
    const prompts = Object.fromEntries(Object.entries(startingWeights(golden)).filter(([name]) => name.startsWith('prompt_learner.')));
    const stageCase: RecipeCase = {
      recipe,
      facts: { data: { classes, cameras, views: 0, records: classes } },
      labels: { main: Array.from({ length: classes }, (_, label) => label) },
      sources: tensorSources({ stepsPerEpoch, batchSize, batch }),
      artefacts: { prompts },
    };
    const { steps, tensors, artefacts, built } = await trainRecipe(golden, stageCase);
    compareSteps(golden, steps, { ...TERMS, total: 'total' });
    golden.report.compare('out/text_features', (await artefacts.get('textFeatures')).value!.data, golden.tensor('out/text_features'));
    compareWeights(golden, tensors);
    const { descriptor } = await evaluatePass(built, tensors, 'images', batch(0), ['descriptor']);
    golden.report.compare('out/final/embedding', descriptor!.data, golden.tensor('out/final/embedding'));
    await compareGradients(golden, stageCase);
  },
};
