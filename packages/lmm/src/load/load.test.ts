import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVALUATION, Random, disposeModule, initialState, initializeParameters, loadStateDict, referenceBackend, scoped, tensor, useBackend, valueAndGradients, sum, withParameters, namedParameters, writeSafetensors, type HostTensors } from '@reidkit/core-tensor'; // prettier-ignore
import { lora } from '@reidkit/encoders';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CausalLM } from '../causal-lm.ts';
import { llama, type LlamaOptions } from '../llama.ts';
import { QuantizedLinear } from '../quantized-linear.ts';
import { loadLanguageModel, weightBytes } from './load-language-model.ts';
import { readPeftAdapter, writePeftAdapter } from './peft-adapter.ts';

beforeAll(() => useBackend(referenceBackend));

const SMALL = { vocabulary: 11, width: 64, hidden: 64, depth: 2, heads: 4, groups: 2 } satisfies LlamaOptions;
const CONFIG = {
  vocab_size: 11,
  hidden_size: 64,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-5,
};
const folders: string[] = [];
const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'reidkit-lmm-'));
  folders.push(path);
  return path;
};
afterAll(() => folders.forEach((path) => rmSync(path, { recursive: true })));

const numbers = (): HostTensors => initialState(llama(SMALL), Random.seed(1));

/** A folder as Hugging Face lays it out, in two shards. */
async function sharded(weights: HostTensors, config: object = CONFIG): Promise<string> {
  const path = folder();
  const names = Object.keys(weights);
  const shards = [names.slice(0, 9), names.slice(9)];
  const index: Record<string, string> = {};
  for (const [i, own] of shards.entries()) {
    const file = `model-0000${i + 1}-of-00002.safetensors`;
    await writeSafetensors(join(path, file), Object.fromEntries(own.map((name) => [name, weights[name]!])));
    for (const name of own) index[name] = file;
  }
  writeFileSync(join(path, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: index }));
  writeFileSync(join(path, 'config.json'), JSON.stringify(config));
  return path;
}

const logits = (model: CausalLM): number[] =>
  scoped(() => {
    const { states } = model.forward({ ids: tensor([1, 5, 3, 9], [1, 4], 'int32') }, EVALUATION);
    return [...model.logits(states, EVALUATION).dataSync()];
  });

/** Root mean square of the difference, as a share of that of the numbers. */
const apart = (got: number[], want: number[]): number => {
  const norm = (values: number[]): number => Math.sqrt(values.reduce((total, value) => total + value * value, 0));
  return norm(got.map((value, i) => value - want[i]!)) / norm(want);
};

describe('loadLanguageModel', () => {
  it('reads a set of shards, and whole numbers that stand for nearly the same', async () => {
    const weights = numbers();
    const path = await sharded({ ...weights, 'model.layers.0.self_attn.rotary_emb.inv_freq': weights['model.norm.weight']!, 'model.mm_projector.bias': weights['model.norm.weight']! }); // prettier-ignore
    const { model, parameters, others } = await loadLanguageModel(path);
    expect(others).toEqual(['model.mm_projector.bias']);
    loadStateDict(model, parameters);
    const want = logits(model);
    for (const [bits, most] of [
      [8, 0.02],
      [4, 0.3],
    ] as const) {
      const small = await loadLanguageModel(path, { quantize: { bits } });
      expect(Object.keys(small.parameters)).toHaveLength(6); // the table and five norms
      expect(small.model.lm_head).toBeInstanceOf(QuantizedLinear);
      loadStateDict(small.model, small.parameters);
      const far = apart(logits(small.model), want);
      expect(far).toBeGreaterThan(0);
      expect(far).toBeLessThan(most);
      disposeModule(small.model);
    }
    disposeModule(model);
  });

  it('lists everything that does not fit before it reads', async () => {
    const { 'lm_head.weight': head, 'model.norm.weight': _, ...rest } = numbers();
    const path = await sharded(
      { ...rest, 'lm_head.wieght': head!, 'model.embed_tokens.weight': head!, extra: head! },
      { ...CONFIG, vocab_size: 12 },
    );
    await expect(loadLanguageModel(path)).rejects.toThrow(
      /missing "lm_head.weight".*\n.*missing "model.norm.weight"|"model.embed_tokens.weight" expected \[12, 64\], got \[11, 64\]/s,
    );
    await expect(loadLanguageModel(path)).rejects.toThrow('unexpected "extra"');
  });

  it('says what would fit where memory is short, and needs sizes', async () => {
    const path = await sharded(numbers());
    await expect(loadLanguageModel(path, { memory: 1000 })).rejects.toThrow(/take 0.00 GB in memory.*\n.*int8 0.00 GB, int4 0.00 GB/s);
    const model = llama(SMALL);
    expect(weightBytes(model)).toBe(4 * Object.values(numbers()).reduce((total, { data }) => total + data.length, 0));
    expect(weightBytes(model, { bits: 8 })).toBeLessThan(weightBytes(model) / 3);
    rmSync(join(path, 'config.json'));
    await expect(loadLanguageModel(path)).rejects.toThrow('no config.json');
    expect((await loadLanguageModel(path, { sizes: SMALL })).model.sizes.depth).toBe(2);
  });
});

describe('LoRA on whole numbers', () => {
  it('starts as the model without it, learns, and cannot be merged', async () => {
    const { model, parameters } = await loadLanguageModel(await sharded(numbers()), { quantize: { bits: 8 } });
    loadStateDict(model, parameters);
    const want = logits(model);
    const attached = lora({ targets: ['*.q_proj', '*.v_proj'], rank: 2 }).attach(model);
    expect(attached.merge).toBeUndefined();
    initializeParameters(model, Random.seed(2));
    expect(logits(model)).toEqual(want);
    const gradients = scoped(() => {
      const free = Object.fromEntries([...namedParameters(model)].filter(([path]) => attached.added.includes(path)).map(([path, { value }]) => [path, value])); // prettier-ignore
      const { gradients: found } = valueAndGradients((variables) => {
        const value = withParameters(model, variables, () => sum(model.logits(model.forward({ ids: tensor([1, 2], [1, 2], 'int32') }, EVALUATION).states, EVALUATION))); // prettier-ignore
        return { value, rest: {} };
      }, free);
      return Object.entries(found).filter(([path, value]) => path.includes('lora_B') && value.dataSync().some((one) => one !== 0));
    });
    expect(gradients).toHaveLength(4);
    disposeModule(model);
  });
});

describe('peft folders', () => {
  it('are written and read; other kinds and settings are refused by name', async () => {
    const model = llama(SMALL);
    const options = { targets: ['*.q_proj', '*.v_proj'], rank: 2, alpha: 8, isRankStabilized: true };
    const { added } = lora(options).attach(model);
    const all = initialState(model, Random.seed(1));
    const path = folder();
    await writePeftAdapter(path, llama(SMALL), { numbers: all, options, base: 'somewhere' });
    const read = await readPeftAdapter(path);
    expect(Object.keys(read.numbers).sort()).toEqual([...added].sort());
    expect(read.options).toEqual({
      targets: expect.arrayContaining(['model.layers.1.self_attn.v_proj']),
      rank: 2,
      alpha: 8,
      dropout: 0,
      isRankStabilized: true,
    });
    const config = (more: object): void =>
      writeFileSync(join(path, 'adapter_config.json'), JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 8, ...more }));
    config({ use_dora: true, alpha_pattern: { q_proj: 3 } });
    await expect(readPeftAdapter(path)).rejects.toThrow('"use_dora", "alpha_pattern"');
    config({ peft_type: 'IA3' });
    await expect(readPeftAdapter(path)).rejects.toThrow('no LoRA of peft');
    writeFileSync(join(path, 'adapter_config.json'), '{');
    await expect(readPeftAdapter(path)).rejects.toThrow('is not JSON');
    await expect(readPeftAdapter(folder())).rejects.toThrow('adapter_config.json');
    await expect(writePeftAdapter(path, model, { numbers: {}, options })).rejects.toThrow('no factors of LoRA');
  });
});
