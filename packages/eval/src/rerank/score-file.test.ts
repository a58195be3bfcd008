import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostTensor, type Descriptors, type PairScorer } from '@reidkit/core-tensor/base';
import { afterAll, describe, expect, it } from 'vitest';
import { cosineScorer } from '../cosine-scorer.ts';
import { market1501 } from '../market1501.ts';
import { pairRescoring } from './rescored.ts';

const folder = mkdtempSync(join(tmpdir(), 'reidkit-scores-'));
afterAll(() => rmSync(folder, { recursive: true }));

const rows = (count: number, seed: number): Descriptors => ({
  count,
  tensors: {
    global: hostTensor(
      Float32Array.from({ length: count * 3 }, (_, i) => Math.sin(i * seed + 1)),
      [count, 3],
    ),
  },
});
const query = rows(6, 3);
const gallery = rows(20, 5);
const facts = (count: number, camera: number) => ({ identities: Int32Array.from({ length: count }, (_, i) => i % 3), cameras: new Int32Array(count).fill(camera) }); // prettier-ignore

/** A pair scorer that says how often it was asked, and may give up. */
function counting(answers = Infinity): PairScorer & { readonly asked: number } {
  let asked = 0;
  return {
    name: 'counting',
    reads: ['global'],
    get asked() {
      return asked;
    },
    async score({ tensors }, { tensors: found, count }) {
      if (asked++ >= answers) throw new Error('the process ends here');
      return Float32Array.from({ length: count }, (_, i) => tensors.global!.data[0]! * found.global!.data[i * 3 + 1]! + i / 7);
    },
  };
}

async function evaluate(scorer: PairScorer, keep?: string, candidates = gallery): Promise<readonly number[]> {
  const after = await pairRescoring(scorer, { top: 5, ...(keep === undefined ? {} : { keep }) }).apply({ query, gallery: candidates, scorer: cosineScorer() }); // prettier-ignore
  const sides = [
    { descriptors: after.query, facts: facts(6, 0) },
    { descriptors: after.gallery, facts: facts(20, 1) },
  ] as const;
  return [...(await market1501().evaluate(...sides, after.scorer)).perQuery.averagePrecision];
}

describe('scores kept in a file', () => {
  it('go on where a re-scoring ended, and give the same', async () => {
    const path = join(folder, 'deep/scores.jsonl');
    const expected = await evaluate(counting());
    await expect(evaluate(counting(4), path)).rejects.toThrow(/the process ends here/);
    // The process ended in the middle of writing a line.
    appendFileSync(path, '{"query":4,"candi');
    const rest = counting();
    expect(await evaluate(rest, path)).toEqual(expected);
    expect(rest.asked).toBe(2);
    const nothing = counting(0);
    expect(await evaluate(nothing, path)).toEqual(expected);
    expect(nothing.asked).toBe(0);
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(1 + 6);
  });

  it('are refused where they belong to another scorer, to other descriptors, or are none', async () => {
    const path = join(folder, 'scores.jsonl');
    await evaluate(counting(), path);
    await expect(evaluate({ ...counting(), name: 'other', score: async (_, { count }) => new Float32Array(count) }, path)).rejects.toThrow(/scores of "counting", not of "other"/); // prettier-ignore
    await expect(evaluate(counting(), path, rows(20, 6))).rejects.toThrow(/other queries or another gallery/);
    appendFileSync(path, '{"query":1,"candidates":[1,2],"scores":[1]}\n');
    await expect(evaluate(counting(), path)).rejects.toThrow(/no scores in line 8/);
    writeFileSync(path, 'something else\n');
    await expect(evaluate(counting(), path)).rejects.toMatchObject({ code: 'FILE_INVALID' });
  });
});
