import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Tokenizer } from '@reidkit/core-tensor';
import { readTokenizer, type TokenizerFile } from '@reidkit/encoders';
import { beforeAll, describe, expect, it } from 'vitest';
import { IGNORED } from '../next-word-loss.ts';
import { readTokenizerWith, REGION_TOKENS, tokenIds, withTokens } from '../tokens/add-tokens.ts';
import { TokenHead } from '../tokens/token-head.ts';
import { CHAT_STYLES, LLAVA_V1, PLAIN_CHAT } from './chat-style.ts';
import { encodeChat, encodeWithPlaceholders, padChats } from './encode-chat.ts';

const FILE = fileURLToPath(new URL('../../../../goldens/segmentation-lmm/conversation-v1.tokenizer.json', import.meta.url));
let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await readTokenizer(FILE);
});

const chat = (answer?: string) => ({
  style: LLAVA_V1,
  system: 'Find people.',
  turns: [{ question: '<image>\nWhere is he?', ...(answer === undefined ? {} : { answer }) }],
});

describe('encodeChat', () => {
  it.each(Object.values(CHAT_STYLES))('labels answers and their ends alone in the style $name', (style) => {
    const turns = [
      { question: 'Where is the man?', answer: 'He is here [SEG].' },
      { question: 'And the bag?', answer: 'Not here [REJ].' },
    ];
    const { ids, labels, text } = encodeChat(tokenizer, { style, system: 'Find people.', turns });
    expect(labels.every((label, i) => label === IGNORED || label === ids[i])).toBe(true);
    const told = tokenizer.decode(labels.filter((label) => label !== IGNORED));
    expect(told.replaceAll(' ', '')).toBe('Heishere[SEG].Nothere[REJ].');
    expect(labels.at(-1)).toBe(ids.at(-1));
    expect(text).toContain('Find people.');
  });

  it('ends where an answer is to begin', () => {
    const open = encodeChat(tokenizer, chat());
    expect(open.text).toBe('Find people. USER: <image>\nWhere is he? ASSISTANT:');
    expect(open.labels.every((label) => label === IGNORED)).toBe(true);
    expect(encodeChat(tokenizer, chat('Here.')).ids.slice(0, open.ids.length)).toEqual(open.ids);
  });

  it('writes several placeholders as the ids below zero that a caller chose', () => {
    const ids = encodeWithPlaceholders(tokenizer, 'A <query> and a <scene>.', { '<query>': -201, '<scene>': -202 });
    expect(ids.filter((id) => id < 0)).toEqual([-201, -202]);
    expect(ids.filter((id) => id === tokenizer.ids('')[0])).toHaveLength(1);
  });

  it('refuses what cannot be told apart', () => {
    expect(() => encodeChat(tokenizer, { ...chat('Here.'), turns: [] })).toThrow('expected turns');
    expect(() => encodeChat(tokenizer, chat('Here.</s>'))).toThrow('Turn 1 of a chat contains the end mark');
    expect(() => encodeChat({ ...tokenizer, ids: () => [] }, chat('Here.'))).toThrow('one begin mark');
  });

  it('pads on the right, and not beyond what fits', () => {
    const chats = [encodeChat(tokenizer, chat('Here.')), encodeChat(tokenizer, { ...chat('No.'), style: PLAIN_CHAT })];
    const { ids, mask, labels } = padChats(chats, { pad: 3 });
    expect(ids.shape).toEqual([2, Math.max(...chats.map((one) => one.ids.length))]);
    expect(Array.from(mask.data).filter((one) => one === 1)).toHaveLength(chats[0]!.ids.length + chats[1]!.ids.length);
    expect([ids.data.at(-1), labels.data.at(-1)]).toEqual(chats[1]!.ids.length < chats[0]!.ids.length ? [3, IGNORED] : [ids.data.at(-1), labels.data.at(-1)]); // prettier-ignore
    expect(() => padChats(chats, { length: 4 })).toThrow('rows have 4');
  });
});

describe('tokens of their own', () => {
  it('are one word each, and the text around them comes back', async () => {
    const file = JSON.parse(readFileSync(FILE, 'utf8')) as TokenizerFile;
    const bare: TokenizerFile = { ...file, added_tokens: (file.added_tokens ?? []).filter(({ content }) => !content.startsWith('[')) };
    const again = withTokens(bare, REGION_TOKENS);
    const sizes = again.added_tokens!.map(({ id }) => id);
    expect(new Set(sizes).size).toBe(sizes.length);
    expect(withTokens(again, REGION_TOKENS).added_tokens).toEqual(again.added_tokens);
    const own = await readTokenizerWith(FILE);
    const ids = tokenIds(own, REGION_TOKENS);
    expect(new Set(ids.values()).size).toBe(3);
    const text = 'the man [SEG] and the bag [REJ]';
    expect(own.decode(own.ids(text)).replaceAll(/ +/g, ' ').trim()).toBe(text);
    expect(own.ids(text).filter((id) => [...ids.values()].includes(id))).toEqual([ids.get('[SEG]'), ids.get('[REJ]')]);
  });

  it('are refused where they are several words', () => {
    expect(() => tokenIds(tokenizer, ['the man'])).toThrow('"the man" is 2 words');
  });

  it('decide by their scores', () => {
    const head = new TokenHead(tokenizer, { tokens: ['[SEG]', '[REJ]'] });
    const width = tokenizer.vocabulary;
    const data = new Float32Array(2 * width);
    data[head.id('[SEG]')] = 2;
    data[width + head.id('[REJ]')] = 1;
    const [yes, no] = head.decide({ dtype: 'float32', shape: [2, width], data }, '[SEG]', '[REJ]');
    expect([yes!.isFirst, no!.isFirst, yes!.margin, no!.margin]).toEqual([true, false, 2, -1]);
    expect(yes!.probability).toBeCloseTo(1 / (1 + Math.exp(-2)));
    expect(() => head.id('[RGN]')).toThrow('no "[RGN]"; it has [SEG], [REJ]');
  });
});
