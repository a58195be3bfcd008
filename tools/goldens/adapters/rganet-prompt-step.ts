import { hostTensor, type HostTensor, type HostTensors } from '@reidkit/core-tensor';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { hostNumbers } from '../golden-tensors.ts';
import { rganetRecipe } from '../rganet-case.ts';
import { pixelsOf, plainFacts, tensorSources } from '../tensor-sources.ts';
import { compareGradients, compareSteps, compareWeights, evaluatePass, type RecipeCase, type RecipeOutcome, startingWeights, trainRecipe } from '../train-recipe.ts';

/** Sentences whose end stands where the case has it; which words they are decides nothing, their vectors are given. */
function textsOf(golden: GoldenCase): object[] {
  const { prompt_length: contexts } = golden.json.config;
  const learned = Array.from({ length: contexts as number }, (_, at) => at + 1);
  return Array.from(hostNumbers(golden.tensor('batch/end_index')).data, (end) => ({
    ids: [49406, ...Array.from({ length: Number(end) - 1 }, () => 343), 49407],
    learned,
  }));
}

/** The vectors of fixed words, before and behind the learned ones. */
function wordsOf(golden: GoldenCase): HostTensors {
  const { prompt_length: contexts } = golden.json.config;
  const { data, shape } = hostNumbers(golden.tensor('batch/prompt_embedding'));
  const [texts, length, width] = shape as [number, number, number];
  const cut = (from: number, to: number): HostTensor => {
    const rows = Array.from({ length: texts }, (_, text) => [...data.subarray((text * length + from) * width, (text * length + to) * width)]);
    return hostTensor(rows.flat(), [texts, to - from, width]);
  };
  return { 'prompt.token_prefix': cut(0, 1), 'prompt.token_suffix': cut(1 + contexts, length) };
}

/** Label maps as part masks: all of a cell belongs to one part. */
function masksOf({ data, shape }: HostTensor, parts: number): HostTensors {
  const [batch, high, wide] = shape as [number, number, number];
  const cells = high * wide;
  const masks = new Float32Array(batch * parts * cells);
  data.forEach((label, at) => {
    if (label > 0) masks[(Math.floor(at / cells) * parts + label - 1) * cells + (at % cells)] = 1;
  });
  return {
    partMasks: hostTensor(masks, [batch, parts, high, wide]),
    partMasksValid: hostTensor(new Uint8Array(batch * parts).fill(1), [batch, parts], 'bool'),
  };
}

export const adapter: GoldenAdapter = {
  family: 'rganet-prompt-step',
  async run(golden) {
    const { config } = golden.json;
    const { steps: count, batch_size: batchSize, lr: rate, weight_decay: weightDecay, seg_background: background, regions } = config;
    const { text_width: width, text_layers: depth, text_heads: heads, context: length, output_dim: summaryWidth } = config;
    const text = { use: 'encoder/clip-text', options: { width, depth, heads, length, summaryWidth, hasWords: false } };
    const whole = rganetRecipe(golden, 'prompts', { classes: 1, text, texts: textsOf(golden) });
    const recipe = {
      ...whole,
      stages: whole.stages.map((stage) => ({
        ...stage,
        epochs: count,
        trainable: [...stage.trainable, ...(background ? ['background'] : [])],
        losses: { segmentation: { ...stage.losses.segmentation!, options: { ...(stage.losses.segmentation!.options as object), background } } },
        optimizer: { use: stage.optimizer.use, options: { rate, weightDecay } },
      })),
    };
    const batch = (step: number): HostTensors => ({
      ...plainFacts(batchSize),
      images: pixelsOf(hostNumbers(golden.tensor(`batch/${step}/image`))),
      labels: hostTensor(new Int32Array(batchSize), [batchSize], 'int32'),
      ...masksOf(hostNumbers(golden.tensor(`batch/${step}/label_map`)), regions),
    });
    const stageCase: RecipeCase = {
      recipe,
      facts: { data: { classes: 1, cameras: 0, views: 0, records: batchSize } },
      labels: { parts: new Int32Array(batchSize) },
      sources: tensorSources({ stepsPerEpoch: 1, batchSize, batch, records: () => [batch(0)] }),
      weights: wordsOf(golden),
    };
    const after = (steps: number): Promise<RecipeOutcome> => {
      const stages = recipe.stages.map((stage) => ({ ...stage, epochs: steps }));
      return trainRecipe(golden, { ...stageCase, recipe: { ...recipe, stages } });
    };
    const compareTexts = async ({ built }: RecipeOutcome, tensors: HostTensors, step: number, prefix: string): Promise<void> => {
      const all = { ...tensors, ...wordsOf(golden) };
      const { maskLogits, prototypes } = await evaluatePass(built, all, 'prompts', batch(step), ['maskLogits', 'prototypes']);
      golden.report.compare(`${prefix}/prototypes`, [...all.background!.data, ...prototypes!.data], golden.tensor(`${prefix}/prototypes`));
      if (golden.has(`${prefix}/masks`)) golden.report.compare(`${prefix}/masks`, masksFrom(maskLogits!), golden.tensor(`${prefix}/masks`));
    };
    const outcome = await after(count);
    compareSteps(golden, outcome.steps, { loss_seg: 'segmentation', total: 'total' });
    await compareTexts(outcome, { ...outcome.tensors, ...startingWeights(golden) }, 0, 'out/0');
    for (let step = 1; step < count; step++) {
      const { tensors } = await after(step);
      await compareTexts(outcome, tensors, step, `out/${step}`);
    }
    await compareTexts(outcome, outcome.tensors, 0, 'out/final');
    compareWeights(golden, outcome.tensors);
    await compareGradients(golden, stageCase);
  },
};

/** Softmax of the logits over the parts, places last: `[B, N, P] → [B, P, N]`. */
function masksFrom({ data, shape }: HostTensor): Float64Array {
  const [batch, places, parts] = shape as [number, number, number];
  const masks = new Float64Array(data.length);
  for (let row = 0; row < batch * places; row++) {
    const exps = Array.from(data.subarray(row * parts, (row + 1) * parts), Math.exp);
    const sum = exps.reduce((a, b) => a + b, 0);
    const [b, n] = [Math.floor(row / places), row % places];
    exps.forEach((value, part) => (masks[(b * parts + part) * places + n] = value / sum));
  }
  return masks;
}
