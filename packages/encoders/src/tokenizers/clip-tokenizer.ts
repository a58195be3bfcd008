import { ReidError } from '@reidkit/core-tensor';
import { decodeHTML } from 'entities';
import { repairText } from './repair-text.ts';
import { VocabularyTokenizer, type TokenizerFile } from './vocabulary-tokenizer.ts';

const START = '<|startoftext|>';
const END = '<|endoftext|>';
const WORD_END = '</w>';
const WORDS = "'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+";

/** Words of a row of CLIP, as all of OpenAI's were trained. */
const CLIP_LENGTH = 77;

/** What CLIP's byte-pair encoding is made of. */
export interface BytePairs {
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs that become one, the most frequent first. */
  readonly merges: readonly (readonly [string, string])[];
}

/** Bytes that stand for themselves; the others take characters from 256 on. */
const isPlain = (byte: number): boolean => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173 && byte < 256);

/** The character that byte-pair encodings write for each byte, in the order of OpenAI's vocabulary: plain ones first. */
function byteCharacters(): Map<number, string> {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytes.filter((byte) => !isPlain(byte));
  const plain = bytes.filter(isPlain).map((byte) => [byte, String.fromCharCode(byte)] as const);
  return new Map([...plain, ...others.map((byte, at) => [byte, String.fromCharCode(256 + at)] as const)]);
}

const collapsed = (text: string): string => text.replaceAll(/[\s\u0085\u001c-\u001f]+/g, ' ').trim(); // eslint-disable-line no-control-regex

/**
 * A text as CLIP was trained on: repaired, HTML characters decoded twice, blanks collapsed, in small letters.
 *
 * @example
 * ```ts
 * import { cleanClipText } from '@reidkit/encoders';
 * console.assert(cleanClipText('  Fish &amp; “Chips” ') === 'fish & "chips"');
 * ```
 */
export function cleanClipText(text: string): string {
  return collapsed(decodeHTML(decodeHTML(repairText(text)))).toLowerCase();
}

/** Pairs of OpenAI's list `bpe_simple_vocab_16e6.txt`. Throws FILE_INVALID for another file. */
export function bytePairsOfOpenAi(list: string): BytePairs {
  const count = 49152 - 256 - 2;
  const lines = list.split('\n').slice(1, count + 1);
  const merges = lines.map((line) => line.split(' ') as [string, string]);
  if (merges.length < count || merges.some((pair) => pair.length !== 2)) {
    throw new ReidError(
      'FILE_INVALID',
      `OpenAI's list of byte pairs has ${count} of them, this file ${merges.filter((pair) => pair.length === 2).length}.`,
      {
        hint: "bring bpe_simple_vocab_16e6.txt.gz as it comes with OpenAI's CLIP.",
      },
    );
  }
  const characters = [...byteCharacters().values()];
  const words = [...characters, ...characters.map((character) => character + WORD_END), ...merges.map((pair) => pair.join('')), START, END];
  return { vocab: Object.fromEntries(words.map((word, id) => [word, id])), merges };
}

/** The rules of CLIP's words as a `tokenizer.json` states them. */
function fileOf({ vocab, merges }: BytePairs): TokenizerFile {
  const [start, end] = [vocab[START], vocab[END]];
  if (start === undefined || end === undefined) {
    throw new ReidError('FILE_INVALID', `A vocabulary of CLIP has the words "${START}" and "${END}", this one not.`, {
      hint: 'bring the vocabulary that comes with the checkpoint.',
    });
  }
  const mark = (id: number, content: string) => ({
    id,
    content,
    special: true,
    normalized: false,
    lstrip: false,
    rstrip: false,
    single_word: false,
  });
  const part = (content: string, id: number) => ({ id: content, ids: [id], tokens: [content] });
  const one = [
    { SpecialToken: { id: START, type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: END, type_id: 0 } },
  ];
  return {
    version: '1.0',
    added_tokens: [mark(start, START), mark(end, END)],
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: one,
      pair: one,
      special_tokens: { [START]: part(START, start), [END]: part(END, end) },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    model: { type: 'BPE', unk_token: END, continuing_subword_prefix: '', end_of_word_suffix: WORD_END, fuse_unk: false, vocab, merges },
  };
}

/**
 * CLIP's byte-pair encoding: texts cleaned, rows of 77 words between marks of start and end, padded with 0. Throws FILE_INVALID for a
 * vocabulary of something else.
 * @see Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), section 2.4.
 */
export function clipTokenizer(pairs: BytePairs): VocabularyTokenizer {
  const bytes = new Map([...byteCharacters()].map(([byte, character]) => [character, byte]));
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const textOf = (word: string): Uint8Array => Uint8Array.from(word, (character) => bytes.get(character) ?? 0x3f);
  return new VocabularyTokenizer({
    file: fileOf(pairs),
    length: CLIP_LENGTH,
    pad: 0,
    clean: cleanClipText,
    join: (words) => decoder.decode(textOf(words.join('').replaceAll(WORD_END, 'Ġ'))).trimEnd(),
  });
}
