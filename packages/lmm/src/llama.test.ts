import { EVALUATION, Random, countParameters, disposeModule, initializeParameters, mul, referenceBackend, scoped, slice, sum, tensor, trainingContext, useBackend, valueAndGradients, withParameters, namedParameters, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { gradientFaults } from '@reidkit/core-tensor/testing';
import { lora } from '@reidkit/encoders';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CausalLM } from './causal-lm.ts';
import { LLAMA2_13B, LLAMA2_7B, LLAMA_1B, LLAMA_TINY } from './llama-presets.ts';
import { llama, llamaOptionsOf, type LlamaOptions } from './llama.ts';
import { IGNORED, nextWordLoss } from './next-word-loss.ts';

beforeAll(() => useBackend(referenceBackend));

const SMALL = { vocabulary: 11, width: 8, hidden: 12, depth: 2, heads: 4, groups: 2 } satisfies LlamaOptions;

function filled(options: LlamaOptions = SMALL): CausalLM {
  const model = llama(options);
  initializeParameters(model, Random.seed(1));
  return model;
}

const statesOf = (model: CausalLM, ids: number[], mask?: number[]): Float32Array =>
  scoped(() => {
    const shape: [number, number] = [1, ids.length];
    const given = mask ? { mask: tensor(mask, shape) } : {};
    return model.forward({ ids: tensor(ids, shape, 'int32'), ...given }, EVALUATION).states.dataSync() as Float32Array;
  });

describe('sizes', () => {
  it.each([
    ['7B', LLAMA2_7B, 6_738_415_616],
    ['13B', LLAMA2_13B, 13_015_864_320],
    ['1B', LLAMA_1B, 1_100_048_384],
  ])('%s is counted without being made', (_name, options, count) => {
    expect(countParameters(llama(options)).total).toBe(count);
  });

  it('LoRA of rank 16 on q and v, and on all seven, have the counts of the sheet', () => {
    const added = (options: LlamaOptions, targets: string[]): number => {
      const model = llama(options);
      const before = countParameters(model).total;
      lora({ targets, rank: 16 }).attach(model);
      return countParameters(model).total - before;
    };
    expect(added(LLAMA2_13B, ['*.q_proj', '*.v_proj'])).toBe(13_107_200);
    expect(added(LLAMA2_7B, ['*.q_proj', '*.v_proj'])).toBe(8_388_608);
    expect(added(LLAMA2_7B, ['model.layers.*_proj'])).toBe(39_976_960);
  });

  it('has the names of Hugging Face', () => {
    expect([...namedParameters(llama({ ...SMALL, depth: 1 }))].map(([path]) => path).sort()).toEqual([
      'lm_head.weight',
      'model.embed_tokens.weight',
      'model.layers.0.input_layernorm.weight',
      'model.layers.0.mlp.down_proj.weight',
      'model.layers.0.mlp.gate_proj.weight',
      'model.layers.0.mlp.up_proj.weight',
      'model.layers.0.post_attention_layernorm.weight',
      'model.layers.0.self_attn.k_proj.weight',
      'model.layers.0.self_attn.o_proj.weight',
      'model.layers.0.self_attn.q_proj.weight',
      'model.layers.0.self_attn.v_proj.weight',
      'model.norm.weight',
    ]);
  });

  it('refuses what does not fit', () => {
    expect(() => llama({ ...SMALL, heads: 3 })).toThrow('half of \\"width\\"');
    expect(() => llama({ ...SMALL, groups: 3 })).toThrow('divisor of \\"heads\\"');
  });
});

describe('a configuration', () => {
  const config = { vocab_size: 11, hidden_size: 8, intermediate_size: 12, num_hidden_layers: 2, num_attention_heads: 4 };

  it('is read with the defaults of its field', () => {
    expect(llamaOptionsOf(config)).toEqual({ ...SMALL, groups: 4, epsilon: 1e-6, base: 10000 });
    expect(llamaOptionsOf({ ...config, num_key_value_heads: 2, rope_parameters: { rope_theta: 5e5 } })).toMatchObject({
      groups: 2,
      base: 5e5,
    });
  });

  it('that asks for more is refused by name', () => {
    expect(() => llamaOptionsOf({ ...config, rope_scaling: { factor: 2 }, attention_bias: true })).toThrow(
      '"rope_scaling", projections with bias',
    );
    expect(() => llamaOptionsOf({ ...config, tie_word_embeddings: true })).toThrow('tie_word_embeddings');
    expect(() => llamaOptionsOf({ model_type: 'bert' }, 'x.json')).toThrow('x.json is no configuration of a LLaMA');
    expect(() => llamaOptionsOf({ ...config, hidden_size: 2 ** 40 })).toThrow('no configuration');
  });
});

describe('words', () => {
  it('see what stands before them alone, bit for bit', () => {
    const model = filled();
    const [first, second] = [statesOf(model, [1, 5, 3, 9, 2]), statesOf(model, [1, 5, 3, 4, 7])];
    expect([...first.slice(0, 24)]).toEqual([...second.slice(0, 24)]);
    expect([...first.slice(24, 32)]).not.toEqual([...second.slice(24, 32)]);
    disposeModule(model);
  });

  it('do not see padding on either side', () => {
    const model = filled();
    const alone = statesOf(model, [1, 5, 3]);
    const [right, left] = [statesOf(model, [1, 5, 3, 8, 8], [1, 1, 1, 0, 0]), statesOf(model, [8, 8, 1, 5, 3], [0, 0, 1, 1, 1])];
    alone.forEach((value, i) => expect([right[i]!, left[i + 16]!].every((other) => Math.abs(other - value) < 1e-5)).toBe(true));
    expect(left.every(Number.isFinite)).toBe(true);
    disposeModule(model);
  });
});

describe('gradients', () => {
  it('agree with differences, through both layers', async () => {
    const model = filled({ ...SMALL, vocabulary: 5 });
    const names = [
      'model.layers.0.self_attn.k_proj.weight',
      'model.layers.0.mlp.gate_proj.weight',
      'model.layers.1.input_layernorm.weight',
    ];
    const parameters = new Map(namedParameters(model));
    const loss = (variables: Readonly<Record<string, Tensor>>): Tensor =>
      withParameters(model, Object.fromEntries(Object.entries(variables).filter(([name]) => parameters.has(name))), () => {
        const { states } = model.forward({ embeddings: variables.embeddings! }, EVALUATION);
        return nextWordLoss(model.logits(states, EVALUATION), tensor([1, 2, IGNORED, 4, 0, 3], [2, 3], 'int32'));
      });
    const inputs = {
      embeddings: { dtype: 'float32' as const, shape: [2, 3, 8], data: Random.seed(3).normal(48) },
      ...Object.fromEntries(names.map((name) => [name, { dtype: 'float32' as const, shape: parameters.get(name)!.shape, data: Float32Array.from(parameters.get(name)!.value.dataSync(), (value) => 10 * value) }])), // prettier-ignore
    };
    expect(await gradientFaults(loss, inputs, { most: 6 })).toEqual([]);
    disposeModule(model);
  });

  it('are the same when layers are computed again', () => {
    const both = [false, true].map((recompute) => {
      const model = filled({ ...SMALL, recompute });
      const gradients = scoped(() => {
        const { gradients: found } = valueAndGradients(
          (variables) => {
            const ctx = trainingContext({ draws: EVALUATION.draws });
            const { states } = withParameters(model, variables, () => model.forward({ ids: tensor([1, 2, 3, 4], [2, 2], 'int32') }, ctx));
            return { value: sum(mul(states, slice(states, [0, 0, 0], [2, 2, 8]))), rest: {} };
          },
          Object.fromEntries([...namedParameters(model)].map(([path, { value }]) => [path, value])),
        );
        return Object.fromEntries(Object.entries(found).map(([path, value]) => [path, [...value.dataSync()]]));
      });
      disposeModule(model);
      return gradients;
    });
    expect(Object.keys(both[1]!).length).toBeGreaterThan(15);
    for (const [path, numbers] of Object.entries(both[0]!)) {
      if (both[1]![path]) numbers.forEach((value, i) => expect(both[1]![path]![i]).toBeCloseTo(value, 5));
    }
  });

  it('of no label at all are a loss of 0', () => {
    expect(scoped(() => nextWordLoss(tensor([1, 2, 3, 4], [1, 2, 2]), tensor([5, IGNORED], [1, 2], 'int32')).dataSync()[0])).toBe(0);
  });
});

it('the tiny one is tiny', () => expect(countParameters(llama(LLAMA_TINY)).total).toBeLessThan(150_000));
