import {
  Module,
  ReidError,
  add,
  argMax,
  cast,
  expandDims,
  formatShape,
  lessEqual,
  matMul,
  matchShape,
  normalInit,
  oneHot,
  parameter,
  range,
  reshape,
  slice,
  tensor,
  type Context,
  type HostTensors,
  type Parameter,
  type Tensor,
  type TextCall,
  type TextEncoder,
  type TextInput,
  type TextTokens,
} from '@reidkit/core-tensor';
import { clipNumbers } from './clip-numbers.ts';
import type { ClipTransformer } from './clip-transformer.ts';
import { Embedding } from './embedding.ts';
import type { TokenMap } from './token-layer.ts';

/** Parts and numbers of a {@link ClipTextTransformer}. */
export interface ClipTextParts {
  readonly transformer: ClipTransformer;
  readonly ln_final: TokenMap;
  /** Width of the tokens, D. */
  readonly width: number;
  /** Width of the space that images and texts share, E. */
  readonly summaryWidth: number;
  /** Most words of a text. */
  readonly length: number;
  /** Number of words that have a vector. Without it texts must come as vectors. */
  readonly vocabulary?: number;
}

/** 0 where a token may look, −∞ where what it would see comes later: `[1, 1, N, N]`. */
function causalBias(count: number): Tensor {
  const numbers = Float32Array.from({ length: count * count }, (_, i) => (i % count > Math.floor(i / count) ? -Infinity : 0));
  return tensor(numbers, [1, 1, count, count]);
}

/**
 * CLIP's text transformer under OpenAI's names. A word sees those before it; a text is read at its end mark, which is the word with the largest
 * id, so what comes behind it changes nothing. `tokens` are behind the final norm.
 * @see Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), section 2.4.
 */
export class ClipTextTransformer extends Module implements TextEncoder {
  readonly transformer: ClipTransformer;
  readonly token_embedding: Embedding | undefined;
  /** `[length, D]` */
  readonly positional_embedding: Parameter;
  readonly ln_final: TokenMap;
  /** `[D, E]` */
  readonly text_projection: Parameter;
  readonly length: number;
  readonly width: number;
  readonly summaryWidth: number;

  constructor({ transformer, ln_final, width, summaryWidth, length, vocabulary }: ClipTextParts) {
    super();
    this.transformer = transformer;
    this.token_embedding = vocabulary === undefined ? undefined : new Embedding({ count: vocabulary, width });
    this.positional_embedding = parameter([length, width], normalInit(0.01));
    this.ln_final = ln_final;
    this.text_projection = parameter([width, summaryWidth], normalInit(width ** -0.5));
    this.length = length;
    this.width = width;
    this.summaryWidth = summaryWidth;
  }

  /** Vectors of words, without positions: `[..., N] → [..., N, D]`. Throws INVALID_ARGUMENT when it has none. */
  embed(ids: Tensor): Tensor {
    if (this.token_embedding) return this.token_embedding.forward(ids);
    throw new ReidError('INVALID_ARGUMENT', 'This CLIP text encoder has no vectors of words.', {
      hint: 'pass "embeddings", as learned prompts do, or build it with "hasWords": true.',
    });
  }

  /** `ids [B, N]` → tokens `[B, N, D]`, summary `[B, E]`. Throws SHAPE_MISMATCH for texts that are too long or vectors that do not fit them. */
  forward({ ids, mask, embeddings }: TextInput, ctx: Context, call: TextCall = {}): TextTokens {
    if (call.side) throw new ReidError('INVALID_ARGUMENT', 'CLIP has no layers that attend to side tokens.', { hint: 'leave "side" out.' });
    const { B, N } = matchShape('ClipTextTransformer', ids.shape, ['B', 'N']);
    if (N > this.length) {
      const message = `ClipTextTransformer expected at most ${this.length} words, got ${formatShape(ids.shape)}.`;
      throw new ReidError('SHAPE_MISMATCH', message, { hint: 'cut the texts: tokenizer.encode(texts, { length, tooLong: "truncate" }).' });
    }
    if (embeddings) matchShape('ClipTextTransformer (embeddings)', embeddings.shape, [B, N, this.width]);
    const positions = reshape(slice(this.positional_embedding.value, [0, 0], [N, this.width]), [1, N, this.width]);
    const bias = causalBias(N);
    const placed = add(embeddings ?? this.embed(ids), positions);
    const tokens = this.ln_final.forward(this.transformer.forward(placed, ctx, { attentionBias: () => bias }).last, ctx);
    const end = argMax(ids, 1);
    const read = matMul(expandDims(oneHot(end, N), 1), tokens);
    return {
      tokens,
      mask: mask ?? cast(lessEqual(reshape(range(0, N, 1, 'int32'), [1, N]), reshape(end, [B, 1])), 'float32'),
      summary: matMul(reshape(read, [B, this.width]), this.text_projection.value),
    };
  }

  /** Numbers of a whole CLIP, or of its text side with more words, as this encoder takes them: the image side and what it has no place for left out. */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    const own = clipNumbers(numbers, 'text');
    return this.token_embedding ? own : Object.fromEntries(Object.entries(own).filter(([path]) => path !== 'token_embedding.weight'));
  }
}
