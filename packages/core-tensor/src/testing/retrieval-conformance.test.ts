import { describe, expect, it } from 'vitest';
import { plainProduct } from '../backend.ts';
import { ReidError } from '../errors.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { Protocol, RankingOptions, RetrievalResult, RetrievalSide } from '../kinds/protocol.ts';
import type { Scorer } from '../kinds/scorer.ts';
import { conformanceFaults } from './conformance-check.ts';
import { protocolConformance } from './protocol-conformance.ts';
import { scorerConformance } from './scorer-conformance.ts';

function matrix(tensors: Readonly<Record<string, HostTensor>>): HostTensor<'float32'> {
  const found = tensors.global as HostTensor<'float32'> | undefined;
  if (!found) throw new ReidError('UNKNOWN_NAME', 'There is no "global".');
  if (found.data.some((value) => !Number.isFinite(value))) throw new ReidError('INVALID_ARGUMENT', 'It holds a number that is none.');
  return found;
}

/** Squared Euclidean distances. */
const squared: Scorer = {
  name: 'squared',
  reads: ['global'],
  prepare(gallery) {
    const b = matrix(gallery.tensors);
    const width = b.shape[1]!;
    return {
      count: gallery.count,
      async distances(queries, out = new Float32Array(queries.count * gallery.count)) {
        const a = matrix(queries.tensors);
        if (a.shape[1] !== width) throw new ReidError('SHAPE_MISMATCH', `expected ${width}, got ${a.shape[1]}.`);
        const length = (rows: HostTensor<'float32'>, row: number): number =>
          rows.data.subarray(row * width, (row + 1) * width).reduce((sum, value) => sum + value * value, 0);
        const product = plainProduct(a, b);
        product.forEach((value, i) => {
          out[i] = length(a, Math.floor(i / gallery.count)) + length(b, i % gallery.count) - 2 * value;
        });
        return out;
      },
    };
  },
};

describe('scorerConformance passes', () => {
  for (const { title, check } of scorerConformance(() => squared)) it(title, check);
});

describe('scorerConformance names', () => {
  type Distances = ReturnType<Scorer['prepare']>['distances'];
  const changing = (
    change: (distances: Distances, gallery: Parameters<Scorer['prepare']>[0]) => Distances,
    options = {},
  ): Promise<string> =>
    conformanceFaults(
      scorerConformance(
        () => ({
          ...squared,
          prepare(gallery) {
            const prepared = squared.prepare(gallery);
            return { ...prepared, distances: change(prepared.distances, gallery) };
          },
        }),
        options,
      ),
    ).then((faults) => faults.join('\n'));

  it('distances that are too few, not finite, or change', async () => {
    expect(await changing((distances) => async (queries) => (await distances(queries)).slice(1))).toContain(
      'It gives 35 distances for 4 queries and 9 items.',
    );
    expect(
      await changing((distances) => async (queries) => (await distances(queries)).map((value, i) => (i === 3 ? NaN : value))),
    ).toContain('It gives the distance NaN.');
    let calls = 0;
    expect(await changing((distances) => async (queries) => (await distances(queries)).map((value) => value + ++calls))).toContain(
      'A second call gives other distances.',
    );
  });

  it('distances that depend on the company, or on the order', async () => {
    expect(await changing((distances) => async (queries) => (await distances(queries)).map((value) => value * queries.count))).toMatch(
      /Query 0 alone differs by/,
    );
    expect(
      await changing((distances) => async (queries) => (await distances(queries)).map((value, i) => value + (i % 9)), {
        isNearestToItself: false,
      }),
    ).toMatch(/A gallery in another order differs by/);
  });

  it('a scorer that finds the farthest, writes to descriptors, or accepts anything', async () => {
    expect(await changing((distances) => async (queries) => (await distances(queries)).map((value) => -value))).toMatch(
      /Item 0 is nearer to item \d than to itself/,
    );
    expect(await changing((distances) => async (queries) => { queries.tensors.global!.data.fill(1); return distances(queries); })).toContain('It writes to the queries: "global" differs'); // prettier-ignore
    const careless: Scorer = {
      ...squared,
      prepare: ({ count }) => ({ count, distances: async (queries) => new Float32Array(queries.count * count) }),
    };
    expect((await conformanceFaults(scorerConformance(() => careless))).at(-1)).toContain(
      'It accepts a gallery without "global" without a word.',
    );
  });
});

/** CMC and mAP without any rule about cameras. */
const plain: Protocol = {
  name: 'plain',
  splits: { query: 'query', gallery: 'gallery' },
  async evaluate(query, gallery, scorer, { signal, blockBytes = Infinity, onProgress }: RankingOptions = {}): Promise<RetrievalResult> {
    const count = query.descriptors.count;
    if (query.facts.identities.length !== count) throw new ReidError('SHAPE_MISMATCH', 'facts and descriptors');
    const known = new Set(gallery.facts.identities);
    if (!query.facts.identities.some((identity) => known.has(identity))) throw new ReidError('PROTOCOL_IMPOSSIBLE', 'nobody is there');
    const lists = await ranked(query, gallery, scorer);
    const scores = lists.map((list, q) => {
      if (signal?.aborted) throw new ReidError('INTERRUPTED', 'stopped');
      if (blockBytes < 100 || q === count - 1) onProgress?.(q + 1, count);
      const ranks = list.flatMap(({ g }, rank) => (gallery.facts.identities[g] === query.facts.identities[q] ? [rank] : []));
      return { first: ranks[0]!, ap: ranks.reduce((sum, rank, i) => sum + (i + 1) / (rank + 1), 0) / ranks.length };
    });
    const averagePrecision = Float64Array.from(scores, ({ ap }) => ap);
    const mAP = averagePrecision.reduce((sum, ap) => sum + ap, 0) / count;
    const cmc = lists[0]!.map((_, rank) => scores.filter(({ first }) => first <= rank).length / count);
    const perQuery = {
      averagePrecision,
      inverseNegativePenalty: averagePrecision,
      firstMatch: Int32Array.from(scores, ({ first }) => first),
    };
    return {
      protocol: 'plain',
      mAP,
      mINP: mAP,
      cmc,
      queries: count,
      queriesDropped: 0,
      gallery: gallery.descriptors.count,
      identities: 4,
      notes: [],
      perQuery,
    };
  },
  async rank(query, gallery, scorer, { queries, length }) {
    const lists = await ranked(query, gallery, scorer);
    return queries.map((q) => ({
      query: q,
      averagePrecision: 1,
      ranking: lists[q]!.slice(0, length).map(({ g, distance }) => ({ gallery: g, distance, match: true })),
    }));
  },
};

async function ranked(query: RetrievalSide, gallery: RetrievalSide, scorer: Scorer) {
  const { count } = gallery.descriptors;
  const distances = await scorer.prepare(gallery.descriptors).distances(query.descriptors);
  if (distances.some(Number.isNaN)) throw new ReidError('INVALID_ARGUMENT', 'a distance is NaN');
  return Array.from({ length: query.descriptors.count }, (_, q) =>
    Array.from({ length: count }, (_unused, g) => ({ g, distance: distances[q * count + g]! })).sort(
      (a, b) => a.distance - b.distance || a.g - b.g,
    ),
  );
}

describe('protocolConformance passes', () => {
  for (const { title, check } of protocolConformance(() => plain)) it(title, check);
});

describe('protocolConformance names', () => {
  const changing = (change: (result: RetrievalResult, options?: RankingOptions) => Partial<RetrievalResult>): Promise<string> =>
    conformanceFaults(
      protocolConformance(() => ({
        ...plain,
        async evaluate(query, gallery, scorer, options) {
          const result = await plain.evaluate(query, gallery, scorer, options);
          return { ...result, ...change(result, options) };
        },
      })),
    ).then((faults) => faults.join('\n'));

  it('numbers that do not fit each other', async () => {
    expect(await changing(({ mAP }) => ({ mAP: mAP / 2 }))).toMatch(/Its mAP is 0.5, the mean of its queries 1\./);
    expect(await changing(({ cmc }) => ({ cmc: [...cmc].reverse() }))).toContain('Its CMC falls');
    expect(await changing(({ cmc }) => ({ cmc: [...cmc.slice(1), 1.5] }))).toContain('It gives numbers outside [0, 1]');
    expect(await changing(() => ({ queriesDropped: 1 }))).toContain('It says that 1 queries were dropped and marks 0.');
    expect(await changing(({ perQuery }) => ({ perQuery: { ...perQuery, firstMatch: new Int32Array(1) } }))).toContain(
      'It gives [4,4,1] entries for 4 queries.',
    );
  });

  it('blocks that change the result, and lists that are out of order', async () => {
    expect(await changing(({ perQuery }, options) => ({ perQuery: { ...perQuery, averagePrecision: perQuery.averagePrecision.map((ap) => (options?.blockBytes ? ap / 2 : ap)) } }))).toMatch(/With small blocks a query differs by/); // prettier-ignore
    const reversed: Protocol = {
      ...plain,
      rank: async (...args) => (await plain.rank(...args)).map((list) => ({ ...list, ranking: list.ranking.toReversed() })),
    };
    expect((await conformanceFaults(protocolConformance(() => reversed)))[0]).toMatch(/The items of query \d are not in order of distance/);
    const lenient: Protocol = { ...plain, evaluate: (query, gallery, scorer, options = {}) => plain.evaluate(query, gallery, scorer, { onProgress: options.onProgress ?? (() => {}), blockBytes: 1 }) }; // prettier-ignore
    expect((await conformanceFaults(protocolConformance(() => lenient)))[0]).toContain(
      'It accepts to go on after it was stopped without a word.',
    );
  });
});
