import { EVALUATION, Random, countParameters, disposeModule, initialState, loadStateDict, referenceBackend, scoped, tensor, useBackend, hostTensor, type HostTensors } from '@reidkit/core-tensor'; // prettier-ignore
import { adapterConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CausalLM } from '../causal-lm.ts';
import { LLAMA2_13B } from '../llama-presets.ts';
import { llama, type LlamaOptions } from '../llama.ts';
import { quantizablePlaces, QuantizedLinear, quantizeSlices } from '../quantized-linear.ts';
import { joinTokenRows, meanTokenRows, tokenRows } from './token-rows.ts';

beforeAll(() => useBackend(referenceBackend));

const SMALL = { vocabulary: 7, width: 16, hidden: 12, depth: 1, heads: 2 } satisfies LlamaOptions;
const numbers = (): HostTensors => initialState(llama(SMALL), Random.seed(1));
const logits = (model: CausalLM, ids: number[]): number[] =>
  scoped(() => {
    const { states } = model.forward({ ids: tensor(ids, [1, ids.length], 'int32') }, EVALUATION);
    return [...model.logits(states, EVALUATION).dataSync()];
  });

describe('tokenRows', () => {
  const suite = adapterConformance(() => tokenRows({ count: 3 }), {
    module: () => llama(SMALL),
    // The model itself has 7 words: word 8 is one of those that are added.
    run: (model: CausalLM, ctx) => {
      const { states } = model.forward({ ids: tensor([1, 'added_rows' in model.lm_head ? 8 : 6, 2], [1, 3], 'int32') }, ctx);
      return { states, logits: model.logits(states, ctx) };
    },
    startsEqual: false,
  });
  for (const { title, check } of suite) it(title, check);

  it('adds 3 + 3 rows: the count of the sheet', () => {
    const model = llama(LLAMA2_13B);
    const before = countParameters(model).total;
    expect(tokenRows({ count: 3 }).attach(model).added).toEqual(['model.embed_tokens.added_rows', 'lm_head.added_rows']);
    expect(countParameters(model).total - before).toBe(30_720);
  });

  it('begins with the mean row, and is a model with more words when joined', () => {
    const model = llama(SMALL);
    const own = numbers();
    const rows = { ...meanTokenRows(model, own, 3) };
    const column = [0, 1, 2, 3, 4, 5, 6].reduce((sum, row) => sum + own['model.embed_tokens.weight']!.data[row * 16]! / 7, 0);
    expect(rows['model.embed_tokens.added_rows']!.data[16]).toBeCloseTo(column, 6);
    rows['lm_head.added_rows'] = hostTensor(Random.seed(5).normal(48), [3, 16]);
    tokenRows({ count: 3 }).attach(model);
    loadStateDict(model, { ...own, ...rows });
    const larger = llama({ ...SMALL, vocabulary: 10 });
    loadStateDict(larger, joinTokenRows({ ...own, ...rows }));
    const [want, got] = [logits(larger, [1, 8, 6, 9]), logits(model, [1, 8, 6, 9])];
    want.forEach((value, i) => expect(got[i]).toBeCloseTo(value, 5));
    expect(got).toHaveLength(40);
    [model, larger].forEach(disposeModule);
  });

  it('takes the mean of a head of whole numbers too', () => {
    const model = llama(SMALL);
    const { 'lm_head.weight': head, ...rest } = numbers();
    const places = quantizablePlaces(model, { block: 16, targets: ['lm_head'] });
    const rowsOf = (from: number, to: number): Float32Array => (head!.data as Float32Array).slice(from * 16, to * 16);
    for (const place of places.values()) place.replace(new QuantizedLinear(quantizeSlices([7, 16], rowsOf, { block: 16 })));
    const rows = meanTokenRows(model, rest, 2);
    expect(rows['lm_head.added_rows']!.data[0]).toBeCloseTo(meanTokenRows(llama(SMALL), numbers(), 2)['lm_head.added_rows']!.data[0]!, 3);
    expect(() => meanTokenRows(llama(SMALL), rest, 2)).toThrow('"lm_head.weight"');
  });

  it('refuses what is no language model', () => {
    expect(() => tokenRows({ count: 1 }).attach(llama(SMALL).model)).toThrow('expected one "lm_head" in the model, found 0');
  });
});
