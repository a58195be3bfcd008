import { EVALUATION, type Tensors } from '@reidkit/core-tensor';
import { PromptEncoder, type MaskPromptCall } from '@reidkit/segmenter';
import type { GoldenAdapter } from '../adapter.ts';
import { compareSam } from '../sam-case.ts';

/** The prompt of a scene from what it names. */
function promptOf(names: readonly string[], { coords, labels, boxes, masks, text }: Tensors): MaskPromptCall {
  const has = (name: string): boolean => names.includes(name);
  return {
    ...(has('points') ? { points: { places: coords!, labels: labels! } } : {}),
    ...(has('boxes') ? { boxes: boxes! } : {}),
    ...(has('masks') ? { masks: masks! } : {}),
    ...(has('text') ? { vectors: text! } : {}),
  };
}

export const adapter: GoldenAdapter = {
  family: 'sam-prompt-encoder',
  run(golden) {
    const { config } = golden.json;
    const scenes = golden.json.scenes as Readonly<Record<string, readonly string[]>>;
    const model = new PromptEncoder({
      width: config.embed_dim,
      grid: config.grid_hw,
      imageSize: config.image_hw,
      maskChannels: config.mask_in_chans,
    });
    const outputs = Object.keys(scenes).flatMap((scene) => [`${scene}.sparse`, `${scene}.dense`]);
    compareSam(golden, {
      model,
      cotangents: Object.fromEntries(outputs.map((name) => [name, `cot.${name}`])),
      forward: (inputs) => ({
        dense_pe: model.positions(),
        ...Object.fromEntries(
          Object.entries(scenes).flatMap(([scene, names]) => {
            const { sparse, dense } = model.forward(promptOf(names, inputs), EVALUATION);
            return [[`${scene}.sparse`, sparse] as const, [`${scene}.dense`, dense] as const];
          }),
        ),
      }),
    });
  },
};
