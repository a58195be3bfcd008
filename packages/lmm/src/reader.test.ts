import { EVALUATION, Random, compile, disposeModule, eagerProgram, hostTensor, initialState, loadStateDict, referenceBackend, scoped, tensor, useBackend, type HostTensor, type MakeProgram } from '@reidkit/core-tensor'; // prettier-ignore
import { beforeAll, describe, expect, it } from 'vitest';
import { generate } from './generate.ts';
import { llama, type LlamaOptions } from './llama.ts';
import { planChunks, Reader, type ReaderOptions } from './reader.ts';
import { bestWord, sampleWord } from './sample-word.ts';

beforeAll(() => useBackend(referenceBackend));

const SMALL = { vocabulary: 11, width: 8, hidden: 12, depth: 2, heads: 4, groups: 2 } satisfies LlamaOptions;
const parameters = () => initialState(llama(SMALL), Random.seed(1));
const reader = (options: Partial<ReaderOptions> = {}): Reader =>
  new Reader(llama(SMALL), { makeProgram: eagerProgram, parameters: parameters(), length: 16, chunks: [1, 4], ...options });
const words = (...ids: number[]): { ids: HostTensor } => ({ ids: hostTensor(Int32Array.from(ids), [1, ids.length], 'int32') });
const close = (got: ArrayLike<number>, want: ArrayLike<number>): void => {
  expect(got).toHaveLength(want.length);
  Array.from(want).forEach((value, i) => expect(got[i]).toBeCloseTo(value, 4));
};

/** Everything at once, without memory. */
function whole(ids: number[]): { readonly states: number[]; readonly logits: number[] } {
  const model = llama(SMALL);
  loadStateDict(model, parameters());
  const result = scoped(() => {
    const { states } = model.forward({ ids: tensor(ids, [1, ids.length], 'int32') }, EVALUATION);
    return { states: [...states.dataSync()], logits: [...model.logits(states, EVALUATION).dataSync()].slice(-11) };
  });
  disposeModule(model);
  return result;
}

describe('a reader', () => {
  it.each([[[1]], [[4]], [[1, 2, 8]], [[3]]])('in chunks of %j gives what the model gives at once', async (chunks) => {
    const one = reader({ chunks });
    const { states, logits } = await one.read(words(1, 5, 3, 9, 2, 7));
    const want = whole([1, 5, 3, 9, 2, 7]);
    close(states.data, want.states);
    close(logits.data, want.logits);
    expect([one.place, one.free]).toEqual([6, 10]);
    one.dispose();
  });

  it('goes on behind what it read, and forgets what it is told to: a shared beginning is read once', async () => {
    const one = reader();
    await one.read(words(1, 5, 3));
    const place = one.place;
    close((await one.read(words(9, 2))).logits.data, whole([1, 5, 3, 9, 2]).logits);
    one.rewind(place);
    const again = await one.read(words(4, 4, 6));
    close(again.logits.data, whole([1, 5, 3, 4, 4, 6]).logits);
    one.rewind();
    close((await one.read(words(8))).logits.data, whole([8]).logits);
    expect(() => one.rewind(5)).toThrow('at place 1 cannot go back to 5');
    one.dispose();
  });

  it('compiles once for each length of chunks, not for each word', async () => {
    let graphs = 0;
    const makeProgram: MakeProgram = (step, values) => {
      const program = compile(step, { backend: referenceBackend }).program(values);
      const run: typeof program.run = async (call) => {
        const report = await program.run(call);
        if (report.compiled) graphs++;
        return report;
      };
      return {
        run,
        read: () => program.read(),
        view: () => program.view(),
        write: (next) => program.write(next),
        dispose: () => program.dispose(),
      };
    };
    const one = reader({ makeProgram });
    const { rows } = await generate(one, words(1, 5, 3, 9, 2, 7), { most: 8 });
    expect(graphs).toBe(2);
    const eager = reader();
    expect((await generate(eager, words(1, 5, 3, 9, 2, 7), { most: 8 })).rows).toEqual(rows);
    one.dispose();
    eager.dispose();
  });

  it('refuses more words than it has room for, and other rows', async () => {
    const one = reader({ length: 3 });
    await expect(one.read(words(1, 2, 3, 4))).rejects.toThrow('has 3 places left, got 4 words');
    await expect(one.read({})).rejects.toThrow('got none');
    await expect(one.read({ ids: hostTensor(new Int32Array(4), [2, 2], 'int32') })).rejects.toThrow('expected [1, N] words');
    await expect(generate(one, words(1, 2), { most: 3 })).rejects.toThrow('room for 2 words behind these 2, 3 were asked for');
    expect(() => reader({ chunks: [0] })).toThrow('positive whole numbers');
    one.dispose();
  });

  it('plans chunks that are as large as they can be', () => {
    expect(planChunks(1, [1, 16, 64])).toEqual([1]);
    expect(planChunks(70, [64, 1, 16])).toEqual([64, 16]);
    expect(planChunks(200, [1, 64])).toEqual([64, 64, 64, 64]);
  });
});

describe('generate', () => {
  it('writes what the model without memory writes, in rows beside each other too', async () => {
    const expected = (ids: number[]): number[] => {
      const text = [...ids];
      for (let i = 0; i < 5; i++) text.push(bestWord(Float32Array.from(whole(text).logits)));
      return text.slice(ids.length);
    };
    const two = reader({ rows: 2 });
    const ids = hostTensor(Int32Array.of(1, 5, 3, 9, 0, 0, 1, 6), [2, 4], 'int32');
    const mask = hostTensor(Float32Array.of(1, 1, 1, 1, 0, 0, 1, 1), [2, 4]);
    const { rows } = await generate(two, { ids, mask }, { most: 5 });
    expect(rows).toEqual([expected([1, 5, 3, 9]), expected([1, 6])]);
    two.rewind();
    const stop = rows[0]![1]!;
    const stopped = await generate(two, { ids, mask }, { most: 5, stop: [stop], pad: 10 });
    expect(stopped.rows[0]).toEqual(rows[0]!.slice(0, rows[0]!.indexOf(stop) + 1));
    expect(stopped.ids.shape[0]).toBe(2);
    two.dispose();
  });

  it('draws the same words for the same seed', async () => {
    const drawn = async (seed: number): Promise<readonly number[]> => {
      const one = reader();
      const { rows } = await generate(one, words(1), { most: 12, sampling: { random: Random.seed(seed), temperature: 3 } });
      one.dispose();
      return rows[0]!;
    };
    expect(await drawn(1)).toEqual(await drawn(1));
    expect(await drawn(1)).not.toEqual(await drawn(2));
  });
});

describe('sampleWord', () => {
  const scores = Float32Array.of(0, Math.log(3), Math.log(6), -50);
  const counts = (options: object): number[] => {
    const stream = Random.seed(4).stream();
    const found = [0, 0, 0, 0];
    for (let i = 0; i < 2000; i++) found[sampleWord(scores, stream, options)]!++;
    return found;
  };

  it('draws by probability, of the best few alone if asked', () => {
    const [a, b, c, d] = counts({}) as [number, number, number, number];
    expect([a / 200, b / 600, c / 1200].every((share) => share > 0.8 && share < 1.2) && d === 0).toBe(true);
    expect(counts({ topK: 1 })).toEqual([0, 0, 2000, 0]);
    expect(counts({ topP: 0.7 })[0]).toBe(0);
    expect(counts({ topP: 0.6 })).toEqual([0, 0, 2000, 0]);
    expect(counts({ temperature: 0.01 })[2]).toBe(2000);
  });

  it('takes the first of equal ones and refuses what cannot be', () => {
    expect(bestWord(Float32Array.of(1, 3, 3))).toBe(1);
    expect(() => sampleWord(scores, Random.seed(1).stream(), { temperature: 0 })).toThrow('temperature > 0');
    expect(() => sampleWord(scores, Random.seed(1).stream(), { topP: 2 })).toThrow('topP in (0, 1]');
  });
});
