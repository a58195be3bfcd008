import type { LlamaOptions } from './llama.ts';

/** LLaMA-2 7B: 6,738,415,616 parameters. */
export const LLAMA2_7B = { vocabulary: 32000, width: 4096, hidden: 11008, depth: 32, heads: 32 } satisfies LlamaOptions;

/** LLaMA-2 13B: 13,015,864,320 parameters. */
export const LLAMA2_13B = { vocabulary: 32000, width: 5120, hidden: 13824, depth: 40, heads: 40 } satisfies LlamaOptions;

/** A billion parameters with shared keys, for measurements: 1,100,048,384. */
export const LLAMA_1B = { vocabulary: 32000, width: 2048, hidden: 5632, depth: 22, heads: 32, groups: 4 } satisfies LlamaOptions;

/** Small enough to train from nothing on two processor cores in minutes: bytes as words, and three tokens more. */
export const LLAMA_TINY = { vocabulary: 262, width: 64, hidden: 160, depth: 2, heads: 4, groups: 2 } satisfies LlamaOptions;
