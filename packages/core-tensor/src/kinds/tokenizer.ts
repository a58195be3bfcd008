import type { HostTensor } from '../host-tensor.ts';

/** Options of {@link Tokenizer.encode}. */
export interface EncodeTextOptions {
  /** Words per row, the marks of beginning and end included. Default: the tokenizer's own. */
  readonly length?: number;
  /** What happens to a longer text: an error that names it, or its end is cut off and its closing mark kept. Default: `refuse`. */
  readonly tooLong?: 'refuse' | 'truncate';
}

/** Texts as rows of numbers: ids `[B, N]` int32 padded on the right, mask `[B, N]` float32 with 1 for a word. */
export interface TokenRows {
  readonly ids: HostTensor;
  readonly mask: HostTensor;
}

/** Cuts texts into the words of a vocabulary. */
export interface Tokenizer {
  /** Number of words in its vocabulary. */
  readonly vocabulary: number;
  /** Ids of one text as they are, without padding or cutting; marks of beginning and end included. */
  ids(text: string): number[];
  /** Rows of equal length. Throws INVALID_ARGUMENT naming the first text that is too long, unless it may be cut. */
  encode(texts: readonly string[], options?: EncodeTextOptions): TokenRows;
  /** The text of ids, marks left out. */
  decode(ids: ArrayLike<number>): string;
}

/** Kind `tokenizer`: where a tokenizer comes from. */
export interface TokenizerSource {
  readonly name: string;
  /** Reads its vocabulary. Throws FILE_NOT_FOUND or FILE_INVALID, saying which file to bring. */
  read(): Promise<Tokenizer>;
}
