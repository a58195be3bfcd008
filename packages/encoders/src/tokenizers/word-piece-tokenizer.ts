import { ReidError } from '@reidkit/core-tensor';
import { VocabularyTokenizer, type TokenizerFile } from './vocabulary-tokenizer.ts';

/** Options of {@link wordPieceTokenizer}. */
export interface WordPieceOptions {
  /** Whether texts are put in small letters without accents, as "uncased" models want them. Default: true. */
  readonly lowerCase?: boolean;
  /** Words per row, marks included, unless asked otherwise. Default: 512. */
  readonly length?: number;
}

const MARKS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;

/**
 * BERT's WordPiece from the lines of its `vocab.txt`: the longest word of the vocabulary first, the rest of a word behind `##`. Throws
 * FILE_INVALID when a mark is missing.
 * @see Devlin et al., "BERT" (2019), section 3.
 */
export function wordPieceTokenizer(
  words: readonly string[],
  { lowerCase = true, length = 512 }: WordPieceOptions = {},
): VocabularyTokenizer {
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const missing = MARKS.filter((mark) => vocab[mark] === undefined);
  if (missing.length > 0) {
    throw new ReidError(
      'FILE_INVALID',
      `A WordPiece vocabulary has a line for each of ${MARKS.join(' ')}; ${missing.join(' ')} are missing.`,
      {
        hint: 'bring the vocab.txt that comes with the checkpoint.',
      },
    );
  }
  const mark = (content: (typeof MARKS)[number]) => ({ id: vocab[content]!, content, special: true, normalized: false, lstrip: false, rstrip: false, single_word: false }); // prettier-ignore
  const part = (content: (typeof MARKS)[number]) => ({ id: content, ids: [vocab[content]!], tokens: [content] });
  const one = [
    { SpecialToken: { id: '[CLS]', type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: '[SEP]', type_id: 0 } },
  ];
  const file: TokenizerFile = {
    version: '1.0',
    added_tokens: MARKS.map(mark),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: lowerCase },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: one,
      pair: one,
      special_tokens: { '[CLS]': part('[CLS]'), '[SEP]': part('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab },
  };
  return new VocabularyTokenizer({ file, length, pad: vocab['[PAD]']! });
}
