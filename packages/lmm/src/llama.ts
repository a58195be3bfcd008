import { ReidError, describeIssues, type Initializer, normalInit } from '@reidkit/core-tensor';
import { Embedding, Linear } from '@reidkit/encoders';
import { z } from 'zod';
import { CausalLM, LlamaModel } from './causal-lm.ts';
import { LlamaAttention } from './llama-attention.ts';
import { LlamaLayer, LlamaMlp } from './llama-layer.ts';
import { RmsNorm } from './rms-norm.ts';

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);

/** Options of {@link llama}. */
const llamaOptions = z
  .strictObject({
    vocabulary: count.default(32000).describe('Number of words, each with a vector.'),
    width: count.default(4096).describe('Width of the tokens; a multiple of `heads`.'),
    hidden: count.default(11008).describe('Width inside of the perceptrons.'),
    depth: count.default(32).describe('Number of layers.'),
    heads: count.default(32).describe('Number of attention heads.'),
    groups: count.optional().describe('Number of groups of heads that share keys and values; a divisor of `heads`. Default: `heads`.'),
    epsilon: z.number().positive().default(1e-5).describe('Added to the mean square in every norm.'),
    base: z.number().positive().default(10000).describe('Base of the rotary angles.'),
    recompute: z
      .boolean()
      .default(false)
      .describe('Compute each layer again on the way back instead of keeping what it needs: less memory, more time.'),
  })
  .refine(({ width, heads }) => width % (2 * heads) === 0, { error: 'expected a divisor of half of "width"', path: ['heads'] })
  .refine(({ heads, groups = heads }) => heads % groups === 0, { error: 'expected a divisor of "heads"', path: ['groups'] });

/** Options of {@link llama} as people write them. */
export type LlamaOptions = z.input<typeof llamaOptions>;

/** LLaMA-2 of any size, without numbers: it can be counted before it is loaded. Throws ZodError for options that do not fit. */
export function llama(options: LlamaOptions = {}): CausalLM {
  const { vocabulary, width, hidden, depth, heads, epsilon, base, recompute, ...rest } = llamaOptions.parse(options);
  const { groups = heads } = rest;
  const size = width / heads;
  const initialize: Initializer = normalInit(0.02);
  const project = (inputs: number, outputs: number): Linear => new Linear({ inputs, outputs, hasBias: false, initialize });
  const layer = (): LlamaLayer =>
    new LlamaLayer({
      self_attn: new LlamaAttention({
        q_proj: project(width, width),
        k_proj: project(width, groups * size),
        v_proj: project(width, groups * size),
        o_proj: project(width, width),
        heads,
        groups,
        size,
      }),
      mlp: new LlamaMlp({ gate_proj: project(width, hidden), up_proj: project(width, hidden), down_proj: project(hidden, width) }),
      input_layernorm: new RmsNorm({ width, epsilon }),
      post_attention_layernorm: new RmsNorm({ width, epsilon }),
    });
  return new CausalLM({
    model: new LlamaModel({
      embed_tokens: new Embedding({ count: vocabulary, width, initialize }),
      layers: Array.from({ length: depth }, layer),
      norm: new RmsNorm({ width, epsilon }),
    }),
    lm_head: project(width, vocabulary),
    sizes: { vocabulary, width, heads, groups, size, base, depth },
    recompute,
  });
}

/** What is read of a `config.json`. */
const configSchema = z.looseObject({
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.optional(),
  head_dim: count.nullish(),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().optional(),
  rope_parameters: z.looseObject({ rope_theta: z.number().positive().optional(), rope_type: z.string().optional() }).nullish(),
  rope_scaling: z.unknown().optional(),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
  hidden_act: z.string().default('silu'),
});

type Config = z.output<typeof configSchema>;

/** What a configuration asks for that is not built here. */
function unsupported(config: Config): string[] {
  const { rope_scaling: scaling, rope_parameters: rope, head_dim: head, hidden_act: activation } = config;
  const rows: readonly (readonly [boolean, string])[] = [
    [scaling !== undefined && scaling !== null, '"rope_scaling"'],
    [(rope?.rope_type ?? 'default') !== 'default', `"rope_type": "${rope?.rope_type}"`],
    [config.attention_bias || config.mlp_bias, 'projections with bias'],
    [config.tie_word_embeddings, '"tie_word_embeddings": true'],
    [activation !== 'silu', `"hidden_act": "${activation}"`],
    [(head ?? config.hidden_size / config.num_attention_heads) * config.num_attention_heads !== config.hidden_size, `"head_dim": ${head}`],
  ];
  return rows.flatMap(([isAsked, what]) => (isAsked ? [what] : []));
}

/**
 * Options of {@link llama} from Hugging Face's `config.json`. Throws FILE_INVALID for one that is no LLaMA's, or of a LLaMA that differs in
 * what is not built here.
 */
export function llamaOptionsOf(config: unknown, path = 'config.json'): LlamaOptions {
  const parsed = configSchema.safeParse(config);
  if (!parsed.success) {
    throw new ReidError('FILE_INVALID', `${path} is no configuration of a LLaMA: ${describeIssues(parsed.error).join('; ')}.`);
  }
  const data = parsed.data;
  const problems = unsupported(data);
  if (problems.length > 0) {
    throw new ReidError('FILE_INVALID', `${path} asks for ${problems.join(', ')}, which is not built here.`, {
      hint: 'take a model of the LLaMA-2 family.',
    });
  }
  return {
    vocabulary: data.vocab_size,
    width: data.hidden_size,
    hidden: data.intermediate_size,
    depth: data.num_hidden_layers,
    heads: data.num_attention_heads,
    groups: data.num_key_value_heads ?? data.num_attention_heads,
    epsilon: data.rms_norm_eps,
    base: data.rope_theta ?? data.rope_parameters?.rope_theta ?? 10000,
  };
}
