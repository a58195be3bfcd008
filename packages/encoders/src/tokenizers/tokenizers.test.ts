import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenizerConformance } from '@reidkit/core-tensor/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanCaption } from './clean-caption.ts';
import { bytePairsOfOpenAi, cleanClipText, clipTokenizer, type BytePairs } from './clip-tokenizer.ts';
import { readTokenizer } from './read-tokenizer.ts';
import { repairText } from './repair-text.ts';
import { wordPieceTokenizer } from './word-piece-tokenizer.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const MERGES: [string, string][] = [['t', 'h'], ['th', 'e</w>'], ['r', 'e'], ['re', 'd</w>']]; // prettier-ignore
const MARKS = ['<|startoftext|>', '<|endoftext|>'];
const PAIRS: BytePairs = {
  vocab: Object.fromEntries([...LETTERS, ...[...LETTERS].map((letter) => `${letter}</w>`), ...MERGES.map((pair) => pair.join('')), ...MARKS].map((word, id) => [word, id])), // prettier-ignore
  merges: MERGES,
};
const WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'the', 'person', 'walk', '##s', 'along', 'street', 'red', 'coat'];

/** A vocabulary in LLaMA's form: bytes where letters miss, a lower line for blanks. */
const LLAMA = {
  version: '1.0',
  added_tokens: ['<unk>', '<s>'].map((content, id) => ({ id, content, special: true, normalized: false, lstrip: false, rstrip: false, single_word: false })), // prettier-ignore
  normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }] }, // prettier-ignore
  pre_tokenizer: null,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
  },
  decoder: {
    type: 'Sequence',
    decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }], // prettier-ignore
  },
  model: {
    type: 'BPE', unk_token: '<unk>', fuse_unk: true, byte_fallback: true, ignore_merges: false, dropout: null, continuing_subword_prefix: null, end_of_word_suffix: null,
    vocab: Object.fromEntries(['<unk>', '<s>', ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`), '▁', ...LETTERS, 'th', 'the'].map((word, id) => [word, id])),
    merges: [['t', 'h'], ['th', 'e']],
  },
}; // prettier-ignore

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'reidkit-tokenizers-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, value: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
};
const empty = (): string => mkdtempSync(join(folder, 'empty-'));
const inFolder = (files: Readonly<Record<string, unknown>>): string => {
  const own = empty();
  for (const [name, value] of Object.entries(files))
    writeFileSync(join(own, name), typeof value === 'string' ? value : JSON.stringify(value));
  return own;
};

describe.each([
  ['CLIP', () => clipTokenizer(PAIRS)],
  ['WordPiece', () => wordPieceTokenizer(WORDS)],
  ['LLaMA', () => readTokenizer(write('llama.json', LLAMA))],
] as const)('the tokenizer of %s', (_name, make) => {
  for (const { title, check } of tokenizerConformance(make)) it(title, check);
});

describe('clipTokenizer', () => {
  it('merges pairs between its marks and pads with 0', () => {
    const { vocab } = PAIRS;
    const tokenizer = clipTokenizer(PAIRS);
    expect(tokenizer.ids('The RED')).toEqual(['<|startoftext|>', 'the</w>', 'red</w>', '<|endoftext|>'].map((word) => vocab[word]));
    expect(tokenizer.encode(['the']).ids.shape).toEqual([1, 77]);
    expect([...tokenizer.encode(['the'], { length: 4 }).ids.data]).toEqual([56, 53, 57, 0]);
  });

  it('names the text that is too long', () => {
    const encode = (): unknown => clipTokenizer(PAIRS).encode(['a', 'the red coat'], { length: 5 });
    expect(encode).toThrow('Text 2 has 8 words with its marks, 5 fit: "the red coat".');
    expect(() => clipTokenizer(PAIRS).encode(['a'], { length: 1 })).toThrow('Rows of 1 words have no room for the 2 marks');
  });

  it("cleans texts as CLIP's were", () => {
    expect(cleanClipText('  Fish\n&amp;amp;  CHIPS\u00a0')).toBe('fish & chips');
    expect(repairText('schÃ¶n donâ€™t “quote” ﬁsh ＡＢ e\u0301 a\u0000b \u001b[31mred')).toBe('schön don\'t "quote" fish AB é ab red');
    expect(repairText('ÐŸÑ€Ð¸Ð²ÐµÑ‚')).toBe('Привет');
    for (const whole of ['café naïve «mot» José', 'Ñandú', '中文', '😀', '5 € £']) expect(repairText(whole)).toBe(whole);
  });

  it('refuses lists and vocabularies of something else', () => {
    expect(() => bytePairsOfOpenAi('#version\na b\n')).toThrow("OpenAI's list of byte pairs has 48894 of them, this file 1.");
    expect(() => clipTokenizer({ vocab: { a: 0 }, merges: [] })).toThrow('has the words "<|startoftext|>" and "<|endoftext|>"');
  });
});

describe('wordPieceTokenizer', () => {
  it('takes the longest word first and says what it does not know', () => {
    const tokenizer = wordPieceTokenizer(WORDS, { length: 6 });
    expect(tokenizer.ids('The Person WALKS zebra')).toEqual([2, 6, 7, 8, 9, 1, 3]);
    expect(wordPieceTokenizer(WORDS, { lowerCase: false }).ids('The red')).toEqual([2, 1, 12, 3]);
    expect(tokenizer.encode(['a']).ids.shape).toEqual([1, 6]);
    expect(() => wordPieceTokenizer(['a', '[CLS]'])).toThrow('[PAD] [UNK] [SEP] [MASK] are missing');
  });
});

describe('readTokenizer', () => {
  it('knows the files that come with a checkpoint', async () => {
    const merges = `#version: 0.2\n${MERGES.map((pair) => pair.join(' ')).join('\n')}\n`;
    const clip = await readTokenizer(inFolder({ 'vocab.json': PAIRS.vocab, 'merges.txt': merges }));
    expect(clip.ids('the red')).toEqual(clipTokenizer(PAIRS).ids('the red'));
    const model = { type: 'BPE', end_of_word_suffix: '</w>', vocab: PAIRS.vocab, merges: MERGES.map((pair) => pair.join(' ')) };
    expect((await readTokenizer(inFolder({ 'tokenizer.json': { model } }))).ids('the red')).toEqual(clip.ids('the red'));
    const bert = inFolder({
      'vocab.txt': `${WORDS.join('\n')}\n`,
      'tokenizer_config.json': { do_lower_case: false, model_max_length: 12 },
    });
    expect((await readTokenizer(bert)).ids('The red')).toEqual([2, 1, 12, 3]);
    expect((await readTokenizer(bert)).encode(['red']).ids.shape).toEqual([1, 12]);
    const llama = await readTokenizer(inFolder({ 'tokenizer.json': LLAMA }));
    expect(llama.decode(llama.ids('the é'))).toBe('the é');
    expect(llama.ids('the')).toEqual([1, 258, 286]);
  });

  it('says which file to bring', async () => {
    const refusal = (files: Readonly<Record<string, unknown>>): Promise<unknown> =>
      readTokenizer(inFolder(files)).catch((error: unknown) => error);
    expect(await refusal({})).toMatchObject({ code: 'FILE_NOT_FOUND', hint: expect.stringContaining('bpe_simple_vocab_16e6.txt.gz') });
    expect(await refusal({ 'tokenizer.model': 'x' })).toMatchObject({
      code: 'FILE_INVALID',
      hint: expect.stringContaining('tokenizer.json'),
    });
    expect(await refusal({ 'tokenizer.json': '{' })).toMatchObject({ code: 'FILE_INVALID' });
    expect(await refusal({ 'tokenizer.json': '[]' })).toMatchObject({ code: 'FILE_INVALID' });
    expect(await refusal({ 'tokenizer.json': { model: { type: 'BPE' } } })).toMatchObject({ code: 'FILE_INVALID' });
    expect(await refusal({ 'vocab.json': { a: 0 }, 'merges.txt': 'a b\n' })).toMatchObject({ hint: 'bring its tokenizer.json.' });
    expect(await refusal({ 'vocab.txt': 'a\n' })).toMatchObject({ code: 'FILE_INVALID' });
    await expect(readTokenizer(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

describe('cleanCaption', () => {
  it('keeps words alone', () => {
    expect(cleanCaption('A man, wearing a red T-shirt; and blue jeans.')).toBe('a man wearing a red t shirt and blue jeans');
    expect(cleanCaption('one two three four', { words: 2 })).toBe('one two');
    expect(cleanCaption('-/-')).toBe('');
  });
});
