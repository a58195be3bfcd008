import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import type { Context } from '../context.ts';
import { ReidError } from '../errors.ts';
import { hostTensor } from '../host-tensor.ts';
import type { TextCall, TextEncoder, TextInput, TextTokens } from '../kinds/text-encoder.ts';
import type { Tokenizer } from '../kinds/tokenizer.ts';
import { Module } from '../module.ts';
import { normalInit, parameter } from '../parameter.ts';
import { add, gather, mul, ones, reshape, slice, sum, tanh, zeros, type Tensor } from '../tensor.ts';
import { conformanceFaults } from './conformance-check.ts';
import { textEncoderConformance } from './text-encoder-conformance.ts';
import { tokenizerConformance } from './tokenizer-conformance.ts';

beforeAll(() => useBackend(referenceBackend));

/** A bag of words: the summary is the sum of what the mask leaves. */
class SmallTextEncoder extends Module implements TextEncoder {
  readonly length: number = 6;
  readonly width: number = 4;
  readonly summaryWidth: number = 4;
  readonly words = parameter([11, 4], normalInit(0.5));
  readonly positions = parameter([6, 4], normalInit(0.5));

  embed(ids: Tensor): Tensor {
    return gather(this.words.value, ids);
  }

  forward({ ids, mask, embeddings }: TextInput, _ctx: Context, call: TextCall = {}): TextTokens {
    const [batch, count] = ids.shape as [number, number];
    if (count > 6 || (embeddings && embeddings.shape[2] !== 4))
      throw new ReidError('SHAPE_MISMATCH', 'expected at most 6 words of width 4.');
    if (call.side) throw new ReidError('INVALID_ARGUMENT', 'This encoder takes no side tokens.');
    const tokens = tanh(add(embeddings ?? this.embed(ids), reshape(slice(this.positions.value, [0, 0], [count, 4]), [1, count, 4])));
    const shown = mask ?? ones([batch, count]);
    return { tokens, mask: shown, summary: sum(mul(tokens, reshape(shown, [batch, count, 1])), 1) };
  }
}

const options = { vocabulary: 11 };

describe('textEncoderConformance passes', () => {
  for (const { title, check } of textEncoderConformance(() => new SmallTextEncoder(), options)) it(title, check);
});

describe('textEncoderConformance names', () => {
  const changing = (change: (tokens: TextTokens, input: TextInput) => TextTokens): Promise<string> =>
    conformanceFaults(
      textEncoderConformance(() => {
        const encoder = new SmallTextEncoder();
        const forward = encoder.forward.bind(encoder);
        return Object.defineProperty(encoder, 'forward', { value: (input: TextInput, ctx: Context, call?: TextCall) => change(forward(input, ctx, call), input) }); // prettier-ignore
      }, options),
    ).then((faults) => faults.join('\n'));

  it('a summary that padding changes', async () => {
    expect(await changing((tokens) => ({ ...tokens, summary: sum(tokens.tokens, 1) }))).toContain('A text with padding: "summary" differs');
  });

  it('a mask and a width that are not as stated', async () => {
    expect(await changing((tokens, { ids }) => ({ ...tokens, mask: ones([...ids.shape]) }))).toContain(
      'The mask that comes out: "mask" differs',
    );
    expect(await changing((tokens) => ({ ...tokens, summary: zeros([3, 5]) }))).toContain(
      'The shape of the summary is [3, 5] instead of [3, 4].',
    );
  });

  it('texts that see each other', async () => {
    expect(await changing((tokens) => ({ ...tokens, summary: add(tokens.summary, sum(tokens.summary, 0, true)) }))).toContain(
      'alone and in a batch',
    );
  });
});

const IDS: Readonly<Record<string, number>> = Object.fromEntries(
  'a person the walks along street red coat'.split(' ').map((word, i) => [word, i + 3]),
);

/** One number for each word that it knows, between marks 1 and 2. */
function smallTokenizer(change: Partial<Tokenizer> = {}): Tokenizer {
  const ids = (text: string): number[] => [1, ...text.split(' ').flatMap((word) => (word === '' ? [] : [IDS[word] ?? 0])), 2];
  return {
    vocabulary: 11,
    ids,
    decode: (list) => Array.from(list).flatMap((id) => Object.keys(IDS).find((word) => IDS[word] === id) ?? []).join(' '), // prettier-ignore
    encode(texts, { length = 9, tooLong = 'refuse' } = {}) {
      const rows = texts.map((text) => {
        const row = ids(text);
        if (row.length > length && tooLong === 'refuse') throw new ReidError('INVALID_ARGUMENT', `"${text}" is too long.`);
        return row.length > length ? [...row.slice(0, length - 1), 2] : row;
      });
      const at = (row: number[], i: number): number => row[i] ?? 0;
      const of = (value: (row: number[], i: number) => number): number[] =>
        rows.flatMap((row) => Array.from({ length }, (_, i) => value(row, i)));
      const shape = [texts.length, length];
      return {
        ids: hostTensor(of(at), shape, 'int32'),
        mask: hostTensor(
          of((row, i) => Number(i < row.length)),
          shape,
        ),
      };
    },
    ...change,
  };
}

describe('tokenizerConformance passes', () => {
  for (const { title, check } of tokenizerConformance(() => smallTokenizer())) it(title, check);
});

describe('tokenizerConformance names', () => {
  const faults = (change: Partial<Tokenizer>): Promise<string> =>
    conformanceFaults(tokenizerConformance(() => smallTokenizer(change))).then((lines) => lines.join('\n'));

  it('ids beyond the vocabulary, and texts that do not come back', async () => {
    expect(await faults({ vocabulary: 4 })).toContain('"a person" has the id 4; the vocabulary has 4 words.');
    expect(await faults({ decode: () => 'a' })).toContain('"a person" comes back as "a".');
  });

  it('texts that are cut without being told, or lose their closing mark', async () => {
    const { encode } = smallTokenizer();
    expect(await faults({ encode: (texts, how) => encode(texts, { ...how, tooLong: 'truncate' }) })).toContain(
      'It accepts a text that is too long',
    );
    const open: Tokenizer['encode'] = (texts, how) => {
      const rows = encode(texts, how);
      return how?.tooLong === 'truncate' ? { ...rows, ids: hostTensor(rows.ids.data.map((id) => (id === 2 ? 3 : id)), rows.ids.shape, 'int32') } : rows; // prettier-ignore
    };
    expect(await faults({ encode: open })).toContain('A text that is cut');
  });
});
