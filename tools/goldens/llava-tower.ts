import { EVALUATION, initializeParameters, loadStateDict, disposeModule, Random, scoped, type HostTensors, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { ClipAttention, ClipBlock, ClipMlp, CLIP_EPSILON, clipFromHuggingFace, clipVision, LayerNorm, Linear } from '@reidkit/encoders';
import { towerFeatures } from '@reidkit/lmm';
import type { GoldenCase } from './adapter.ts';
import { toPixels } from './compare-model.ts';
import { inputsOf } from './llama-case.ts';

/** What stands before the names of the vision tower in LLaVA's cases. */
export const LLAVA_TOWER = 'model.vision_tower.vision_tower.';

/** Tokens that the vision tower of a case makes of its images, each `[P, Np, D]`: in front of the last block as LLaVA takes them, and behind it. */
export function towerFeaturesOf(golden: GoldenCase, weights: HostTensors, images: string): { readonly before: Tensor; readonly behind: Tensor } {
  const { hidden_size: width, intermediate_size: hidden, num_hidden_layers: depth, num_attention_heads: heads, image_size: pixels, patch_size: patch } = golden.json.config.clip;
  const norm = (): LayerNorm => new LayerNorm({ width, epsilon: CLIP_EPSILON });
  const layer = (): ClipBlock =>
    new ClipBlock({
      ln_1: norm(),
      attn: new ClipAttention({ width, heads, out_proj: new Linear({ inputs: width, outputs: width }) }),
      ln_2: norm(),
      mlp: new ClipMlp({ c_fc: new Linear({ inputs: width, outputs: hidden }), c_proj: new Linear({ inputs: hidden, outputs: width }) }),
    });
  const tower = clipVision({ imageSize: [pixels, pixels], patch, width, depth, heads, projectedWidth: width }, { layer });
  const theirs = Object.fromEntries(Object.entries(weights).flatMap(([name, value]) => (name.startsWith(LLAVA_TOWER) ? [[name.slice(LLAVA_TOWER.length), value]] : []))); // prettier-ignore
  const ours = Object.entries(clipFromHuggingFace(theirs)).map(([name, value]) => [name.replace(/^visual\./, ''), value] as const);
  loadStateDict(tower, Object.fromEntries(ours), { allow: { missing: (path) => path === 'proj' } });
  initializeParameters(tower, Random.seed(1));
  const features = scoped(() => {
    const tokens = tower.forward(toPixels(inputsOf(golden)[images]!), EVALUATION);
    const behind = towerFeatures({ ...tokens, taps: { beforeLast: tokens.taps.last! } });
    return { before: towerFeatures(tokens), behind };
  });
  disposeModule(tower);
  return features;
}
