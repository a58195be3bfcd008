import {
  EVALUATION,
  Random,
  disposeModule,
  hostTensor,
  initializeParameters,
  loadStateDict,
  namedParameters,
  referenceBackend,
  scoped,
  stateDict,
  tensor,
  toTensor,
  useBackend,
  zeros,
  type Tensor,
} from '@reidkit/core-tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { clipText } from './clip-text.ts';
import { promptBank, type PromptBank, type PromptBankOptions, type PromptCall } from './prompt-bank.ts';
import { promptTexts } from './prompt-texts.ts';

beforeAll(() => useBackend(referenceBackend));

const WIDTH = 4;
const ONE = { ids: [18, 3, 9, 9, 5, 19], learned: [2, 3] };
const OTHER = { ids: [18, 3, 9, 9, 6, 7, 19], learned: [2, 3] };
const MIDDLE = { ids: [18, 9, 6, 9, 19], learned: [1, 3] };
const BASE = { width: WIDTH, length: 9 };
const TABLE = hostTensor(
  Float32Array.from({ length: 20 * WIDTH }, (_, i) => Math.floor(i / WIDTH) + (i % WIDTH) / 10),
  [20, WIDTH],
);

function made(options: PromptBankOptions): PromptBank {
  const bank = promptBank(options);
  initializeParameters(bank, Random.seed(1));
  return bank;
}

/** First number of every vector, by text: with {@link TABLE} that is the id of the word. */
function firsts(bank: PromptBank, call: () => PromptCall = () => ({})): { ids: number[][]; vectors: number[][] } {
  return scoped(() => {
    const { ids, embeddings } = bank.forward(call());
    const [rows, count] = ids.shape as [number, number];
    const [words, numbers] = [ids.dataSync(), embeddings!.dataSync()];
    const at = (values: ArrayLike<number>, step: number): number[][] =>
      Array.from({ length: rows }, (_, row) => Array.from({ length: count }, (_, i) => values[(row * count + i) * step]! + 0));
    return { ids: at(words, 1), vectors: at(numbers, WIDTH) };
  });
}

/** Fixed words from the table, learned vectors 100, 101, … */
async function filled(bank: PromptBank, options: Parameters<PromptBank['numbersFrom']>[1] = {}): Promise<PromptBank> {
  const own = await stateDict(bank);
  const context = Object.entries(own).filter(([path]) => !path.startsWith('token_'));
  const numbered = context.map(
    ([path, { shape, data }]) =>
      [
        path,
        hostTensor(
          data.map((_, i) => 100 + Math.floor(i / WIDTH)),
          shape,
        ),
      ] as const,
  );
  loadStateDict(bank, { ...own, ...Object.fromEntries(numbered), ...bank.numbersFrom(TABLE, options) });
  return bank;
}

const labels = (...values: number[]): Tensor => tensor(values, [values.length], 'int32');

describe('promptBank', () => {
  it("has CLIP-ReID's form with one text for every identity", async () => {
    const bank = made({ ...BASE, texts: [ONE], scope: 'perIdentity', identities: 3, name: 'cls_ctx' });
    expect([...namedParameters(bank)].map(([path, { shape, role }]) => [path, shape, role])).toEqual([
      ['token_prefix', [1, 2, WIDTH], 'buffer'],
      ['token_suffix', [1, 5, WIDTH], 'buffer'],
      ['cls_ctx', [3, 2, WIDTH], 'parameter'],
    ]);
    await filled(bank);
    expect(firsts(bank, () => ({ labels: labels(2, 0) }))).toEqual({
      ids: [ONE.ids, ONE.ids],
      vectors: [
        [18, 3, 104, 105, 5, 19],
        [18, 3, 100, 101, 5, 19],
      ],
    });
    expect(firsts(bank, () => ({ labels: labels(1), whole: true })).vectors).toEqual([[18, 3, 102, 103, 5, 19, 0, 0, 0]]);
    disposeModule(bank);
  });

  it("has MUVA's form with a set of texts for every identity, words given", () => {
    const bank = made({
      ...BASE,
      texts: [ONE, OTHER],
      scope: 'perIdentity',
      identities: 3,
      words: 'given',
      name: 'learnable_ctx',
      deviation: 0,
    });
    expect([...namedParameters(bank)].map(([path, { shape }]) => [path, shape])).toEqual([['learnable_ctx', [3, 2, 2, WIDTH]]]);
    expect(bank.ids()).toMatchObject({ shape: [2, 9], dtype: 'int32' });
    const words = (): Tensor => toTensor(hostTensor(Array.from(bank.ids().data).flatMap((id) => Array<number>(WIDTH).fill(id)), [2, 9, WIDTH])); // prettier-ignore
    expect(firsts(bank, () => ({ labels: labels(1, 1), words: words() })).vectors).toEqual([
      [18, 3, 0, 0, 5, 19, 0],
      [18, 3, 0, 0, 6, 7, 19],
      [18, 3, 0, 0, 5, 19, 0],
      [18, 3, 0, 0, 6, 7, 19],
    ]);
    disposeModule(bank);
  });

  it("has RGANet's form with one context for several classes, CoOp's with one for each, and neither", async () => {
    const shared = await filled(made({ ...BASE, texts: [ONE, OTHER] }));
    expect(shared).toMatchObject({ ctx: { shape: [2, WIDTH] }, token_prefix: { shape: [2, 2, WIDTH] } });
    expect(firsts(shared).vectors).toEqual([
      [18, 3, 100, 101, 5, 19, 0],
      [18, 3, 100, 101, 6, 7, 19],
    ]);
    const own = await filled(made({ ...BASE, texts: [ONE, OTHER], scope: 'perText' }));
    expect(firsts(own).vectors.map((row) => row.slice(2, 4))).toEqual([[100, 101], [102, 103]]); // prettier-ignore
    const fixed = await filled(made({ ...BASE, texts: [{ ids: [18, 3, 19] }, { ids: [18, 4, 5, 19] }] }));
    expect([...namedParameters(fixed)].map(([path]) => path)).toEqual(['token_words']);
    expect(firsts(fixed).vectors).toEqual([[18, 3, 19, 0], [18, 4, 5, 19]]); // prettier-ignore
    [shared, own, fixed].forEach(disposeModule);
  });

  it('takes words between learned vectors', async () => {
    const bank = await filled(made({ ...BASE, texts: [MIDDLE, ONE] }));
    expect([...namedParameters(bank)].map(([path, { shape }]) => [path, shape])).toEqual([
      ['token_words', [2, 9, WIDTH]],
      ['ctx', [2, WIDTH]],
    ]);
    expect(firsts(bank).vectors).toEqual([
      [18, 100, 6, 101, 19, 0],
      [18, 3, 100, 101, 5, 19],
    ]);
    disposeModule(bank);
  });

  it('lets learned vectors start as the words in their places', async () => {
    const bank = await filled(made({ ...BASE, texts: [ONE], scope: 'perIdentity', identities: 2 }), { learned: true });
    expect(firsts(bank, () => ({ labels: labels(1) })).vectors).toEqual([ONE.ids]);
    disposeModule(bank);
  });

  it('gives the same text descriptors with and without the padding', () => {
    const bank = made({ ...BASE, texts: [ONE, OTHER], width: 12 });
    const encoder = clipText({ width: 12, depth: 2, heads: 3, summaryWidth: 5, length: 9, hasWords: false });
    initializeParameters(encoder, Random.seed(2));
    const summary = (whole: boolean): number[] =>
      scoped(() => [...encoder.forward(bank.forward({ whole }), EVALUATION).summary.dataSync()]);
    const short = summary(false);
    summary(true).forEach((value, i) => expect(value).toBeCloseTo(short[i]!, 5));
    [bank, encoder].forEach(disposeModule);
  });

  it('says what misses in a call, and what does not fit', () => {
    const bank = made({ ...BASE, texts: [ONE], scope: 'perIdentity', identities: 2 });
    const run = (call: () => PromptCall) => () => scoped(() => bank.forward(call()).embeddings!);
    expect(run(() => ({}))).toThrow('PromptBank needs "labels" in its call.');
    expect(run(() => ({ labels: labels(0), words: zeros([1, 9, WIDTH]) }))).toThrow('PromptBank got "words", and has no use for them.');
    expect(() => bank.numbersFrom(hostTensor(new Float32Array(40), [10, WIDTH]))).toThrow('A table of words [10, 4] does not fit prompts');
    expect(() => promptBank({ ...BASE, texts: [ONE, { ids: [1, 2, 3], learned: [1] }] })).toThrow('the same number of learned vectors');
    expect(() => promptBank({ ...BASE, texts: [{ ids: [1, 2, 3], learned: [2] }] })).toThrow('between the first word and the last');
    expect(() => promptBank({ ...BASE, texts: [ONE], scope: 'perIdentity' })).toThrow('expected their number');
    expect(() => promptBank({ ...BASE, texts: [ONE], length: 5 })).toThrow('at least the longest text');
    disposeModule(bank);
  });
});

describe('promptTexts', () => {
  const ids = (text: string): number[] => [
    18,
    ...text.split(' ').flatMap((word) => (word === '' ? [] : [word === 'X' ? 9 : word.length])),
    19,
  ];
  const tokenizer = { vocabulary: 20, ids, encode: () => ({}) as never, decode: () => '' };

  it('finds the places of learned vectors', () => {
    expect(promptTexts(tokenizer, ['photo X X of'], 'X')).toEqual([{ ids: [18, 5, 9, 9, 2, 19], learned: [2, 3] }]);
  });

  it('refuses a placeholder of several words, and a sentence without one', () => {
    expect(() => promptTexts(tokenizer, ['a'], 'X X')).toThrow('The placeholder "X X" is not one word');
    expect(() => promptTexts(tokenizer, ['a person'], 'X')).toThrow('The sentence "a person" has no "X"');
  });
});
