import { ReidError, hostTensor, type RankingOptions, type RetrievalFacts, type RetrievalResult } from '@reidkit/core-tensor/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { euclidScorer } from './euclid-scorer.ts';
import { givenDistances } from './given-distances.ts';
import { market1501 } from './market1501.ts';

const facts = (identities: readonly number[], cameras: readonly number[]): RetrievalFacts => ({
  identities: Int32Array.from(identities),
  cameras: Int32Array.from(cameras),
});

interface World {
  readonly distances: readonly (readonly number[])[];
  readonly query: RetrievalFacts;
  readonly gallery: RetrievalFacts;
}

function evaluate(world: World, options: Parameters<typeof market1501>[0] = {}, ranking?: RankingOptions): Promise<RetrievalResult> {
  const [q, g] = [world.query.identities.length, world.gallery.identities.length];
  const given = givenDistances(Float32Array.from(world.distances.flat()), [q, g]);
  const sides = [
    { descriptors: given.queries, facts: world.query },
    { descriptors: given.gallery, facts: world.gallery },
  ] as const;
  return market1501(options).evaluate(sides[0], sides[1], given.scorer, ranking);
}

/** The Market rule as it is written down: sort every row. */
function evaluateBySorting({ distances, query, gallery }: World, maxRank: number, filter: boolean) {
  const scores = distances.map((row, q) => {
    const kept = row
      .map((distance, g) => ({ distance, g }))
      .sort((a, b) => a.distance - b.distance || a.g - b.g)
      .filter(({ g }) => !(filter && gallery.identities[g] === query.identities[q] && gallery.cameras[g] === query.cameras[q]));
    const hits = kept.flatMap(({ g }, rank) => (gallery.identities[g] === query.identities[q] ? [rank] : []));
    if (hits.length === 0) return { ap: -1, inp: -1, first: -1 };
    const ap = hits.reduce((sum, rank, k) => sum + (k + 1) / (rank + 1), 0) / hits.length;
    return { ap, inp: hits.length / (hits.at(-1)! + 1), first: hits[0]! };
  });
  const judged = scores.filter(({ ap }) => ap >= 0);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const length = Math.min(maxRank, gallery.identities.length);
  return {
    scores,
    mAP: mean(judged.map(({ ap }) => ap)),
    mINP: mean(judged.map(({ inp }) => inp)),
    cmc: Array.from({ length }, (_, k) => mean(judged.map(({ first }) => (first <= k ? 1 : 0)))),
    dropped: scores.length - judged.length,
  };
}

const worlds: fc.Arbitrary<World> = fc
  .record({ q: fc.integer({ min: 1, max: 6 }), g: fc.integer({ min: 1, max: 25 }) })
  .chain(({ q, g }) => {
    const numbers = (length: number, max: number) => fc.array(fc.integer({ min: 0, max }), { minLength: length, maxLength: length });
    return fc
      .record({
        distances: fc.array(numbers(g, 9), { minLength: q, maxLength: q }),
        qi: numbers(q, 3),
        gi: numbers(g, 3),
        qc: numbers(q, 2),
        gc: numbers(g, 2),
      })
      .map(({ distances, qi, gi, qc, gc }) => ({ distances, query: facts(qi, qc), gallery: facts(gi, gc) }));
  });

const failure = async (promise: Promise<unknown>): Promise<ReidError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!ReidError.is(error)) throw new Error(`expected a ReidError, got ${String(error)}`);
  return error;
};

describe('protocol/market1501', () => {
  it('gives the numbers worked out by hand', async () => {
    // Query 0: order 1, 2, 0, 3; item 1 is left out (own camera), item 3 is the match at rank 3 of 3. Query 1: matches at ranks 1 and 3.
    const result = await evaluate({
      distances: [
        [3, 1, 2, 4],
        [1, 3, 2, 4],
      ],
      query: facts([7, 5], [0, 0]),
      gallery: facts([5, 7, 9, 7], [1, 0, 1, 2]),
    });
    expect([...result.perQuery.averagePrecision]).toEqual([1 / 3, 1]);
    expect([...result.perQuery.inverseNegativePenalty]).toEqual([1 / 3, 1]);
    expect([...result.perQuery.firstMatch]).toEqual([2, 0]);
    expect(result).toMatchObject({
      mAP: 2 / 3,
      mINP: 2 / 3,
      cmc: [0.5, 0.5, 1, 1],
      queries: 2,
      queriesDropped: 0,
      gallery: 4,
      identities: 2,
    });
  });

  it('drops queries without a match, counts them and says why', async () => {
    const result = await evaluate({
      distances: [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
      query: facts([1, 2, 44], [0, 1, 0]),
      gallery: facts([1, 2], [1, 1]),
    });
    expect(result).toMatchObject({ queries: 3, queriesDropped: 2, mAP: 1, cmc: [1, 1] });
    expect([...result.perQuery.averagePrecision]).toEqual([1, -1, -1]);
    expect([...result.perQuery.firstMatch]).toEqual([0, -1, -1]);
    expect(result.notes).toEqual([
      "1 of 3 queries: every match has the query's own camera.",
      '1 of 3 queries: identity 44 is not in the gallery.',
    ]);
  });

  it('agrees with sorting every row, whatever the block size', async () => {
    const property = fc.asyncProperty(
      worlds,
      fc.boolean(),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 400 }),
      async (...args) => {
        const [world, filter, maxRank, blockBytes] = args;
        const expected = evaluateBySorting(world, maxRank, filter);
        fc.pre(expected.dropped < world.distances.length);
        const result = await evaluate(world, { maxRank, cameraFilter: filter ? 'same-camera' : 'none' }, { blockBytes });
        expect([...result.perQuery.averagePrecision]).toEqual(expected.scores.map(({ ap }) => ap));
        expect([...result.perQuery.inverseNegativePenalty]).toEqual(expected.scores.map(({ inp }) => inp));
        expect([...result.perQuery.firstMatch]).toEqual(expected.scores.map(({ first }) => first));
        expect(result.mAP).toBeCloseTo(expected.mAP, 12);
        expect(result.mINP).toBeCloseTo(expected.mINP, 12);
        expect(result.queriesDropped).toBe(expected.dropped);
        expect(result.cmc).toHaveLength(expected.cmc.length);
        result.cmc.forEach((value, k) => expect(value).toBeCloseTo(expected.cmc[k]!, 12));
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  it('does not depend on the order of the gallery when no distances are equal', async () => {
    const property = fc.asyncProperty(worlds, fc.infiniteStream(fc.nat()), async (world, keys) => {
      const order = Array.from(world.gallery.identities.keys(), (g) => ({ g, key: keys.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ g }) => g);
      const distinct = world.distances.map((row) => row.map((distance, g) => distance + g / 64));
      const permuted: World = {
        distances: distinct.map((row) => order.map((g) => row[g]!)),
        query: world.query,
        gallery: facts(
          order.map((g) => world.gallery.identities[g]!),
          order.map((g) => world.gallery.cameras[g]!),
        ),
      };
      fc.pre(evaluateBySorting(world, 1, true).dropped < world.distances.length);
      const [before, after] = [await evaluate({ ...world, distances: distinct }), await evaluate(permuted)];
      expect(after).toEqual(before);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('says that one camera is the reason when nothing is left, and what to do', async () => {
    const error = await failure(evaluate({ distances: [[1, 2]], query: facts([1], [3]), gallery: facts([1, 1], [3, 3]) }));
    expect(error.code).toBe('PROTOCOL_IMPOSSIBLE');
    expect(error.message).toContain("the only query: every match has the query's own camera (the data set has one camera).");
    expect(error.message).toContain('cameraFilter to "none"');
    const world = { distances: [[1], [1]], query: facts([1, 1], [-1, -1]), gallery: facts([1], [-1]) };
    expect((await failure(evaluate(world))).message).toContain(
      "all 2 queries: every match has the query's own camera (no camera is known).",
    );
    expect(await evaluate(world, { cameraFilter: 'none' })).toMatchObject({ mAP: 1, protocol: 'market1501, no camera filter' });
  });

  it('names identities that the gallery lacks, the first few', async () => {
    const identities = [11, 12, 13, 14, 15, 16, 17];
    const world = { distances: identities.map(() => [1]), query: facts(identities, identities), gallery: facts([1], [0]) };
    const error = await failure(evaluate(world));
    expect(error.message).toContain('all 7 queries: identities 11, 12, 13, 14, 15 and 2 more are not in the gallery.');
    expect(error.message).toContain('number their identities alike');
  });

  it('refuses an empty side', async () => {
    expect((await failure(evaluate({ distances: [], query: facts([], []), gallery: facts([1], [0]) }))).message).toContain(
      'there are no queries',
    );
    expect((await failure(evaluate({ distances: [[]], query: facts([1], [0]), gallery: facts([], []) }))).message).toContain(
      'the gallery is empty',
    );
  });

  it('names the query and the item of a distance that is not a number', async () => {
    const world = {
      distances: [
        [1, 2, 3],
        [1, NaN, 3],
      ],
      query: facts([1, 1], [0, 0]),
      gallery: facts([1, 2, 1], [1, 1, 2]),
    };
    const error = await failure(evaluate(world));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain('Query 1 cannot be ranked. The distance to gallery item 1 is not a number.');
  });

  it('refuses facts that do not fit the descriptors', async () => {
    const given = givenDistances(new Float32Array(2), [1, 2]);
    const query = { descriptors: given.queries, facts: facts([1], [0, 0]) };
    const gallery = { descriptors: given.gallery, facts: facts([1, 1], [0, 1]) };
    const error = await failure(market1501().evaluate(query, gallery, given.scorer));
    expect(error.code).toBe('SHAPE_MISMATCH');
    expect(error.message).toContain('expected 1 cameras for the queries, got 2');
  });

  it('reports progress and stops when asked to', async () => {
    const world = { distances: [[1], [1], [1]], query: facts([1, 1, 1], [0, 0, 0]), gallery: facts([1], [1]) };
    const seen: number[][] = [];
    await evaluate(world, {}, { blockBytes: 1, onProgress: (done, total) => seen.push([done, total]) });
    expect(seen).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    const controller = new AbortController();
    const stopped = evaluate(world, {}, { blockBytes: 1, signal: controller.signal, onProgress: () => controller.abort() });
    expect(await failure(stopped)).toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('ranked lists', () => {
  const gallery = {
    descriptors: { count: 5, tensors: { global: hostTensor([0, 1, 2, 3, 1], [5, 1]) } },
    facts: facts([1, 1, 2, 1, 2], [0, 1, 1, 1, 0]),
  };
  const query = { descriptors: { count: 2, tensors: { global: hostTensor([0, 2], [2, 1]) } }, facts: facts([1, 9], [0, 0]) };

  it('list the nearest items without what is left out, ties by position', async () => {
    const ranked = await market1501().rank(query, gallery, euclidScorer({ squared: true }), { queries: [0], length: 3 });
    expect(ranked).toEqual([
      {
        query: 0,
        averagePrecision: (1 + 2 / 4) / 2,
        ranking: [
          { gallery: 1, distance: 1, match: true },
          { gallery: 4, distance: 1, match: false },
          { gallery: 2, distance: 4, match: false },
        ],
      },
    ]);
  });

  it('come in the order asked for, dropped queries with a precision of −1', async () => {
    const ranked = await market1501().rank(query, gallery, euclidScorer({ squared: true }), { queries: [1, 0], length: 9 });
    expect(ranked.map((entry) => [entry.query, entry.averagePrecision, entry.ranking.length])).toEqual([
      [1, -1, 5],
      [0, 0.75, 4],
    ]);
  });

  it('refuse a query that is not there', async () => {
    const promise = market1501().rank(query, gallery, euclidScorer(), { queries: [2], length: 1 });
    expect((await failure(promise)).message).toContain('takes queries from 0 to 1, got 2');
  });
});
