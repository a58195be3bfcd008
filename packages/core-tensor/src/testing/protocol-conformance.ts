import { hostTensor } from '../host-tensor.ts';
import type { Protocol, RetrievalFacts, RetrievalResult, RetrievalSide } from '../kinds/protocol.ts';
import type { Scorer } from '../kinds/scorer.ts';
import { demand, demandRefusal, largestDifference, type ConformanceCheck } from './conformance-check.ts';

/** What the protocol is tried on. */
export interface ProtocolConformanceOptions {
  /** Facts of queries and gallery on which a perfect ranking is possible. Default: 4 persons, 2 images each under 2 cameras. */
  readonly facts?: { readonly query: RetrievalFacts; readonly gallery: RetrievalFacts };
}

const usualFacts = (cameras: readonly number[]): RetrievalFacts => {
  const rows = [0, 1, 2, 3].flatMap((identity) => cameras.map((camera) => [identity, camera] as const));
  return { identities: Int32Array.from(rows, ([identity]) => identity), cameras: Int32Array.from(rows, ([, camera]) => camera) };
};

/** A scorer of numbers on a line: distance is how far they are apart. */
const line: Scorer = {
  name: 'line',
  reads: ['place'],
  prepare: ({ count, tensors }) => ({
    count,
    distances: async (queries) => {
      const places = [...tensors.place!.data];
      return Float32Array.from([...queries.tensors.place!.data].flatMap((x) => places.map((y) => Math.abs(x - y))));
    },
  }),
};

const sideOf = (facts: RetrievalFacts, place: (identity: number, at: number) => number): RetrievalSide => {
  const places = Float32Array.from(facts.identities, place);
  return { facts, descriptors: { count: places.length, tensors: { place: hostTensor(places) } } };
};

function demandSound(result: RetrievalResult, queries: number): void {
  const { cmc, mAP, mINP, perQuery, queriesDropped } = result;
  const lengths = [perQuery.averagePrecision.length, perQuery.inverseNegativePenalty.length, perQuery.firstMatch.length];
  demand(lengths.every((length) => length === queries), `It gives [${lengths}] entries for ${queries} queries.`); // prettier-ignore
  const dropped = [...perQuery.averagePrecision].filter((value) => value === -1).length;
  demand(dropped === queriesDropped, `It says that ${queriesDropped} queries were dropped and marks ${dropped}.`);
  demand(result.queries === queries, `It counts ${result.queries} queries instead of ${queries}.`);
  const numbers = [mAP, mINP, ...cmc];
  demand(numbers.every((value) => value >= 0 && value <= 1), `It gives numbers outside [0, 1]: ${numbers.join(', ')}.`); // prettier-ignore
  demand(cmc.every((value, rank) => rank === 0 || value >= cmc[rank - 1]!), `Its CMC falls: ${cmc.join(', ')}.`); // prettier-ignore
  const judged = [...perQuery.averagePrecision].filter((value) => value >= 0);
  const mean = judged.reduce((sum, value) => sum + value, 0) / judged.length;
  demand(Math.abs(mean - mAP) < 1e-9, `Its mAP is ${mAP}, the mean of its queries ${mean}.`);
}

/** What every protocol keeps to. */
export function protocolConformance(make: () => Protocol, options: ProtocolConformanceOptions = {}): ConformanceCheck[] {
  const facts = options.facts ?? { query: usualFacts([0]), gallery: usualFacts([0, 1]) };
  const count = facts.query.identities.length;
  const perfect = (): readonly [RetrievalSide, RetrievalSide] => [
    sideOf(facts.query, (identity, at) => 10 * identity + at / 1000),
    sideOf(facts.gallery, (identity, at) => 10 * identity + 1 + at / 1000),
  ];
  const mixed = (): readonly [RetrievalSide, RetrievalSide] => [
    sideOf(facts.query, (_identity, at) => (at * 7) % 5),
    sideOf(facts.gallery, (_identity, at) => ((at * 11) % 13) / 2),
  ];
  return [
    {
      title: 'gives 1 for a perfect ranking',
      async check() {
        const result = await make().evaluate(...perfect(), line);
        demandSound(result, count);
        const [first] = result.cmc;
        demand(result.mAP === 1 && first === 1, `A perfect ranking gets mAP ${result.mAP} and rank-1 ${first}.`);
      },
    },
    {
      title: 'gives sound numbers for a mixed one, the same again',
      async check() {
        const protocol = make();
        const result = await protocol.evaluate(...mixed(), line);
        demandSound(result, count);
        demand(result.mAP < 1, 'A mixed ranking gets mAP 1.');
        const again = await protocol.evaluate(...mixed(), line);
        demand(JSON.stringify(again) === JSON.stringify(result), 'A second evaluation gives other numbers.');
      },
    },
    {
      title: 'gives the same numbers whatever the size of blocks, and tells how far it is',
      async check() {
        const seen: number[] = [];
        const result = await make().evaluate(...mixed(), line);
        const blocks = await make().evaluate(...mixed(), line, { blockBytes: 1, onProgress: (done) => seen.push(done) });
        const difference = largestDifference(blocks.perQuery.averagePrecision, result.perQuery.averagePrecision);
        demand(difference === 0, `With small blocks a query differs by ${difference}.`);
        demand(seen.every((done, i) => i === 0 || done > seen[i - 1]!) && seen.length > 0, `Its progress is [${seen}].`); // prettier-ignore
      },
    },
    {
      title: 'lists the nearest items of a query first, as many as asked for',
      async check() {
        const lists = await make().rank(...mixed(), line, { queries: [1, 0], length: 2 });
        demand(lists.map(({ query }) => query).join() === '1,0', `It lists the queries ${lists.map(({ query }) => query).join(', ')}.`);
        for (const { query, ranking } of lists) {
          demand(ranking.length === 2, `It lists ${ranking.length} items instead of 2.`);
          demand(ranking[0]!.distance <= ranking[1]!.distance, `The items of query ${query} are not in order of distance.`);
        }
      },
    },
    {
      title: 'refuses what cannot be judged',
      async check() {
        const protocol = make();
        const [query, gallery] = perfect();
        const strangers: RetrievalFacts = { ...gallery.facts, identities: gallery.facts.identities.map((identity) => identity + 100) };
        await demandRefusal(
          'a gallery without any of the persons',
          () => protocol.evaluate(query, { ...gallery, facts: strangers }, line),
          ['PROTOCOL_IMPOSSIBLE'],
        );
        const short: RetrievalFacts = { ...query.facts, identities: query.facts.identities.slice(1) };
        await demandRefusal('fewer facts than descriptors', () => protocol.evaluate({ ...query, facts: short }, gallery, line), [
          'SHAPE_MISMATCH',
        ]);
        const lost = sideOf(gallery.facts, () => NaN);
        await demandRefusal('distances that are NaN', () => protocol.evaluate(query, lost, line), ['INVALID_ARGUMENT']);
        const signal = AbortSignal.abort();
        await demandRefusal('to go on after it was stopped', () => protocol.evaluate(query, gallery, line, { signal }), ['INTERRUPTED']);
      },
    },
  ];
}
