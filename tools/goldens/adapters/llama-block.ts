import { EVALUATION, add, concat, mul, ones, range, reshape, sum, type Tensor } from '@reidkit/core-tensor';
import { causalBias, llama, llamaOptionsOf, rotaryAngles } from '@reidkit/lmm';
import type { GoldenAdapter } from '../adapter.ts';
import { goldenWeights } from '../compare-model.ts';
import { compareScalarCase, inputsOf } from '../llama-case.ts';

export const adapter: GoldenAdapter = {
  family: 'llama-block',
  run(golden) {
    const model = llama({ ...llamaOptionsOf(golden.json.config), depth: 1 });
    const [layer] = model.model.layers;
    const { heads, groups, size, base } = model.sizes;
    compareScalarCase(golden, {
      model: layer!,
      weights: goldenWeights(golden),
      variables: () => ({ hidden: inputsOf(golden).hidden! }),
      run: ({ hidden }) => {
        const { position_ids: positions, cotangent } = inputsOf(golden);
        const [B, N] = positions!.shape as [number, number];
        const angles = rotaryAngles(positions!, size, base);
        const bias = causalBias({ queries: range(0, N, 1, 'int32'), mask: ones([B, N]), copies: heads / groups });
        const twice = (half: Tensor): Tensor => reshape(concat([half, half], -1), [B, N, size]);
        const norm1 = layer!.input_layernorm.forward(hidden!, EVALUATION);
        const { queries, keys } = layer!.self_attn.project(norm1, EVALUATION, angles);
        const attended = layer!.self_attn.forward(norm1, EVALUATION, { angles, bias });
        const norm2 = layer!.post_attention_layernorm.forward(add(hidden!, attended), EVALUATION);
        const after = layer!.forward(hidden!, EVALUATION, { angles, bias });
        const outputs = {
          norm1,
          norm2,
          attention: attended,
          mlp: layer!.mlp.forward(norm2, EVALUATION),
          q_rotated: queries,
          k_rotated: keys,
          cos: twice(angles.cosines),
          sin: twice(angles.sines),
          hidden: after,
        };
        return { value: sum(mul(after, cotangent!)), outputs };
      },
    });
  },
};
