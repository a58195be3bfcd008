import { ReidError, type HostTensor, type Tokenizer } from '@reidkit/core-tensor';
import type { SplicePlan, SpliceRow } from '../splice/splice-plan.ts';
import { tokenPlaces, type StateAt, type TokenPlace } from '../splice/token-places.ts';
import { tokenIds } from './add-tokens.ts';

/** What a model decided about a text. */
export interface Decision {
  /** Score of the first token less that of the second. */
  readonly margin: number;
  /** Logistic function of the margin. */
  readonly probability: number;
  /** Whether the first token wins. */
  readonly isFirst: boolean;
}

/** Settings of a {@link TokenHead}. */
export interface TokenHeadOptions {
  /** Tokens that the model writes or is given, such as `[SEG]`. */
  readonly tokens: readonly string[];
  /** Whose state stands for a token. Default: that of the place that tells it, the same whichever token follows. */
  readonly at?: StateAt;
}

/** Tokens with a meaning of their own: where they are, whose states stand for them, and which of two a model chooses. */
export class TokenHead {
  /** Ids by token. */
  readonly ids: ReadonlyMap<string, number>;
  readonly at: StateAt;

  /** Throws INVALID_ARGUMENT for a token that is not one word of the tokenizer. */
  constructor(tokenizer: Tokenizer, { tokens, at = 'predict' }: TokenHeadOptions) {
    this.ids = tokenIds(tokenizer, tokens);
    this.at = at;
  }

  /** Id of a token. Throws UNKNOWN_NAME. */
  id(token: string): number {
    const id = this.ids.get(token);
    if (id !== undefined) return id;
    throw new ReidError('UNKNOWN_NAME', `This token head has no "${token}"; it has ${[...this.ids.keys()].join(', ')}.`);
  }

  /** Places of its tokens' states in spliced texts; `at` may differ for one call. */
  places(
    rows: readonly Pick<SpliceRow, 'ids'>[],
    plan: SplicePlan,
    tokens: readonly string[] = [...this.ids.keys()],
    at = this.at,
  ): TokenPlace[] {
    return tokenPlaces(rows, plan, tokens.map((token) => this.id(token)), at); // prettier-ignore
  }

  /** Which of two tokens comes next, for each row of scores `[B, V]`. */
  decide({ data, shape }: HostTensor, first: string, second: string): Decision[] {
    const [rows, width] = shape as [number, number];
    const [one, other] = [this.id(first), this.id(second)];
    return Array.from({ length: rows }, (_, row) => {
      const margin = data[row * width + one]! - data[row * width + other]!;
      return { margin, probability: 1 / (1 + Math.exp(-margin)), isFirst: margin > 0 };
    });
  }
}
