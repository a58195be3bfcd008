import { Tokenizer as Library } from '@huggingface/tokenizers';
import { ReidError, hostTensor, type EncodeTextOptions, type TokenRows, type Tokenizer } from '@reidkit/core-tensor';

/** An entry of `added_tokens` in a `tokenizer.json`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized: boolean;
}

/** What is read of a `tokenizer.json` beside what the library takes from it. */
export interface TokenizerFile {
  readonly added_tokens?: readonly AddedToken[];
  readonly model: { readonly type: string; readonly vocab: Readonly<Record<string, number>> } & Readonly<Record<string, unknown>>;
  readonly [part: string]: unknown;
}

/** Parts and numbers of a {@link VocabularyTokenizer}. */
export interface VocabularyTokenizerParts {
  readonly file: TokenizerFile;
  /** Words per row of {@link Tokenizer.encode}, marks included, unless asked otherwise. */
  readonly length: number;
  /** Id that rows are padded with. */
  readonly pad: number;
  /** What is done to a text first. */
  readonly clean?: (text: string) => string;
  /** From the words of a text, marks left out, to the text. Default: the file's decoder. */
  readonly join?: (words: readonly string[]) => string;
}

const shortened = (text: string): string => (text.length > 48 ? `${text.slice(0, 47)}…` : text);

/** A tokenizer made of the vocabulary that comes with a checkpoint, by the rules of a `tokenizer.json`. */
export class VocabularyTokenizer implements Tokenizer {
  readonly vocabulary: number;
  readonly #parts: VocabularyTokenizerParts;
  readonly #library: Library;
  readonly #marks: ReadonlySet<number>;
  /** Words of added tokens that are looked for in the normalised text, as they stand there. */
  readonly #normalized: ReadonlyMap<number, string>;

  constructor(parts: VocabularyTokenizerParts) {
    this.#parts = parts;
    this.#library = new Library(parts.file, {});
    const added = parts.file.added_tokens ?? [];
    const ids = [...Object.values(parts.file.model.vocab), ...added.map(({ id }) => id)];
    this.vocabulary = 1 + ids.reduce((most, id) => Math.max(most, id), -1);
    this.#marks = new Set(added.flatMap(({ id, special }) => (special ? [id] : [])));
    const normalize = (text: string): string => this.#library.normalizer?.normalize(text) ?? text;
    this.#normalized = new Map(added.flatMap(({ id, content, normalized }) => (normalized ? [[id, normalize(content)] as const] : [])));
  }

  ids(text: string): number[] {
    const cleaned = this.#parts.clean?.(text) ?? text;
    return [...this.#library.encode(cleaned).ids];
  }

  encode(texts: readonly string[], { length = this.#parts.length, tooLong = 'refuse' }: EncodeTextOptions = {}): TokenRows {
    const empty = this.ids('');
    const closing = empty.length > 1 ? empty.at(-1) : undefined;
    if (!(Number.isInteger(length) && length >= empty.length)) {
      throw new ReidError('INVALID_ARGUMENT', `Rows of ${length} words have no room for the ${empty.length} marks of a text.`);
    }
    const ids = new Int32Array(texts.length * length).fill(this.#parts.pad);
    const mask = new Float32Array(ids.length);
    texts.forEach((text, row) => {
      const words = this.ids(text);
      if (words.length > length) {
        if (tooLong === 'refuse') refuseLong({ text, row, words: words.length, length });
        words.length = length;
        if (closing !== undefined) words[length - 1] = closing;
      }
      ids.set(words, row * length);
      mask.fill(1, row * length, row * length + words.length);
    });
    return { ids: hostTensor(ids, [texts.length, length], 'int32'), mask: hostTensor(mask, [texts.length, length]) };
  }

  decode(ids: ArrayLike<number>): string {
    const words = Array.from(ids)
      .filter((id) => !this.#marks.has(id))
      .map((id) => this.#normalized.get(id) ?? this.#library.id_to_token(id) ?? '');
    if (words.length === 0) return '';
    return this.#parts.join?.(words) ?? this.#library.decoder?.decode(words) ?? words.join(' ');
  }
}

function refuseLong({ text, row, words, length }: { text: string; row: number; words: number; length: number }): never {
  throw new ReidError('INVALID_ARGUMENT', `Text ${row + 1} has ${words} words with its marks, ${length} fit: "${shortened(text)}".`, {
    hint: 'pass { tooLong: "truncate" } to cut its end off, or a larger { length }.',
  });
}
