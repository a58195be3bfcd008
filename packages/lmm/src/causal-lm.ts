import { Module, cast, cumsum, matchShape, maximum, ones, range, recompute, sub, type Context, type Tensor } from '@reidkit/core-tensor';
import type { TokenMap } from '@reidkit/encoders';
import { causalBias } from './attention-bias.ts';
import type { KeysAndValues, LlamaLayerCall } from './llama-attention.ts';
import type { LlamaLayer } from './llama-layer.ts';
import { rotaryAngles } from './rotary.ts';

/** From ids to vectors. */
export interface WordTable extends Module {
  /** `ids [...]` int32 → `[..., D]` */
  forward(ids: Tensor): Tensor;
}

/** Sizes that every part of a language model must know. */
export interface LlamaSizes {
  /** Number of words. */
  readonly vocabulary: number;
  /** Width of the tokens, D. */
  readonly width: number;
  /** Number of heads, H. */
  readonly heads: number;
  /** Number of groups of heads that share keys and values, K. */
  readonly groups: number;
  /** Width of a head, d. */
  readonly size: number;
  /** Base of the rotary angles. */
  readonly base: number;
  /** Number of layers. */
  readonly depth: number;
}

/** Words of rows of equal length, as ids or as vectors. */
export interface CausalInput {
  /** `[B, N]` int32; needed unless `embeddings` are given. */
  readonly ids?: Tensor | undefined;
  /** Taken in place of the vectors of `ids`: `[B, N, D]`. */
  readonly embeddings?: Tensor | undefined;
  /** 1 for a word, 0 for padding on either side: `[B, N]`. Default: all ones. */
  readonly mask?: Tensor | undefined;
  /** Places of the words in their texts `[B, N]`. Default: words of each row counted from 0. */
  readonly positions?: Tensor | undefined;
}

/** What a language model makes of words. */
export interface CausalStates {
  /** Vectors that entered the first layer, `[B, N, D]`. */
  readonly embeddings: Tensor;
  /** What left each layer, `[B, N, D]`. */
  readonly layers: readonly Tensor[];
  /** The last of these behind the final norm, `[B, N, D]`: what the next word is told from. */
  readonly states: Tensor;
}

/** How older words take part. */
export interface Remembering {
  /** Added to the scores, `[B, 1, G N, M]` for M places of older and new words. */
  readonly bias: Tensor;
  /** Puts a layer's new keys and values beside older ones. */
  readonly remember: (layer: number, fresh: KeysAndValues) => KeysAndValues;
}

/** Number of the word in its row, from 0; 0 for padding: `mask [B, N] → [B, N]`. */
export function wordPositions(mask: Tensor): Tensor {
  return maximum(sub(cumsum(mask, 1), 1), 0);
}

/** The layers of LLaMA without what tells words from them. */
export class LlamaModel extends Module {
  embed_tokens: WordTable;
  readonly layers: readonly LlamaLayer[];
  readonly norm: TokenMap;

  constructor({ embed_tokens, layers, norm }: Pick<LlamaModel, 'embed_tokens' | 'layers' | 'norm'>) {
    super();
    this.embed_tokens = embed_tokens;
    this.layers = layers;
    this.norm = norm;
  }
}

/** Parts of a {@link CausalLM}. */
export interface CausalLmParts {
  readonly model: LlamaModel;
  readonly lm_head: TokenMap;
  readonly sizes: LlamaSizes;
  /** Whether the way back computes each layer again instead of keeping what it needs. */
  readonly recompute: boolean;
}

/**
 * A language model that tells the next word from those before it: LLaMA-2 under Hugging Face's names.
 * @see Touvron et al., "Llama 2: Open Foundation and Fine-Tuned Chat Models" (2023), section 2.2.
 */
export class CausalLM extends Module {
  readonly model: LlamaModel;
  readonly lm_head: TokenMap;
  readonly #sizes: LlamaSizes;
  readonly #again: boolean;

  constructor({ model, lm_head, sizes, recompute: again }: CausalLmParts) {
    super();
    this.model = model;
    this.lm_head = lm_head;
    this.#sizes = sizes;
    this.#again = again;
  }

  /** Its sizes. */
  get sizes(): LlamaSizes {
    return this.#sizes;
  }

  /** Vectors of words: `ids [...] → [..., D]`. */
  embed(ids: Tensor): Tensor {
    return this.model.embed_tokens.forward(ids);
  }

  /** Scores of all words to come next: `[..., D] → [..., V]`. Ask for them only where they are needed: V is large. */
  logits(states: Tensor, ctx: Context): Tensor {
    return this.lm_head.forward(states, ctx);
  }

  /** Words `[B, N]` → states `[B, N, D]`; those at padding mean nothing. Throws SHAPE_MISMATCH for parts that do not fit each other. */
  forward(input: CausalInput, ctx: Context, remembering?: Remembering): CausalStates {
    const { heads, groups, size, base, width } = this.#sizes;
    const embeddings = input.embeddings ?? this.embed(input.ids!);
    const { B, N } = matchShape('CausalLM', embeddings.shape, ['B', 'N', width]);
    const mask = input.mask ? cast(input.mask, 'float32') : ones([B, N]);
    matchShape('CausalLM (mask)', mask.shape, [B, N]);
    const call: LlamaLayerCall = {
      angles: rotaryAngles(input.positions ?? wordPositions(mask), size, base),
      bias: remembering?.bias ?? causalBias({ queries: range(0, N, 1, 'int32'), mask, copies: heads / groups }),
    };
    const layers: Tensor[] = [];
    this.model.layers.forEach((layer, index) => {
      const remember = remembering && ((fresh: KeysAndValues): KeysAndValues => remembering.remember(index, fresh));
      layers.push(this.#run(layer, layers.at(-1) ?? embeddings, ctx, { ...call, remember }));
    });
    return { embeddings, layers, states: this.model.norm.forward(layers.at(-1) ?? embeddings, ctx) };
  }

  #run(layer: LlamaLayer, x: Tensor, ctx: Context, call: LlamaLayerCall): Tensor {
    if (!this.#again) return layer.forward(x, ctx, call);
    const { bias, angles, remember } = call;
    const inputs = { x, bias, cosines: angles.cosines, sines: angles.sines };
    return recompute(layer, inputs, ctx, (given, inner) => {
      const again: LlamaLayerCall = { bias: given.bias!, angles: { cosines: given.cosines!, sines: given.sines! }, remember };
      return layer.forward(given.x!, inner, again);
    });
  }
}
