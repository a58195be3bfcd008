// One ranking at a given size in a process of its own, so that its peak memory is its own: prints one line of JSON.
//   node --conditions=@reidkit/source --import tsx tools/prove/ranking-run.ts '{"queries":1000,"gallery":9000,"width":768,"people":500}'
import { readFileSync } from 'node:fs';
import { matrixProduct } from '@reidkit/backend-onnx';
import { hostTensor, type Descriptors, type RetrievalFacts, type RetrievalResult, type RetrievalSide } from '@reidkit/core-tensor';
import { cosineScorer, kReciprocal, market1501 } from '@reidkit/eval';

/** What is ranked. */
export interface RankingSize {
  readonly queries: number;
  readonly gallery: number;
  readonly width: number;
  readonly people: number;
  readonly rerank?: boolean;
  readonly threads?: number;
}

/** Cheap pseudo-random numbers in [−1, 1). */
function makeNoise(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}

/** Noisy copies of one vector per person, 6 cameras. */
function drawSide(count: number, { width, people }: RankingSize, seed: number): RetrievalSide {
  const noise = makeNoise(seed);
  const centres = Float32Array.from({ length: people * width }, makeNoise(17));
  const identities = Int32Array.from({ length: count }, () => Math.floor(((noise() + 1) / 2) * people));
  const cameras = Int32Array.from({ length: count }, () => Math.floor((noise() + 1) * 3));
  const data = new Float32Array(count * width);
  for (let row = 0, at = 0; row < count; row++) {
    const centre = identities[row]! * width;
    for (let column = 0; column < width; column++, at++) data[at] = 0.3 * centres[centre + column]! + noise();
  }
  return { descriptors: { count, tensors: { global: hostTensor(data, [count, width]) } }, facts: { identities, cameras } };
}

/** Average precision of one query by sorting its whole row. */
function bySorting(query: number, sides: readonly [RetrievalSide, RetrievalSide]): number {
  const [q, g] = sides;
  const rowOf = ({ tensors }: Descriptors, row: number): Float32Array => {
    const { data, shape } = tensors.global!;
    return (data as Float32Array).subarray(row * shape[1]!, (row + 1) * shape[1]!);
  };
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
  const mine = rowOf(q.descriptors, query);
  const distances = Float64Array.from(g.facts.identities, (_, at) => {
    const theirs = rowOf(g.descriptors, at);
    return -dot(mine, theirs) / Math.sqrt(dot(theirs, theirs));
  });
  const same = (facts: RetrievalFacts, at: number): boolean => facts.identities[at] === q.facts.identities[query];
  const order = Array.from(distances.keys())
    .sort((a, b) => distances[a]! - distances[b]! || a - b)
    .filter((at) => !(same(g.facts, at) && g.facts.cameras[at] === q.facts.cameras[query]));
  const hits = order.flatMap((at, rank) => (same(g.facts, at) ? [rank] : []));
  return hits.length === 0 ? -1 : hits.reduce((sum, rank, k) => sum + (k + 1) / (rank + 1), 0) / hits.length;
}

/** Largest difference of some queries to what sorting gives. */
function largestError(result: RetrievalResult, sides: readonly [RetrievalSide, RetrievalSide]): number {
  const tried = [0, 1, 2].map((part) => Math.floor((part * (result.queries - 1)) / 2));
  return Math.max(...tried.map((query) => Math.abs(result.perQuery.averagePrecision[query]! - bySorting(query, sides))));
}

const peakMegabytes = (): number => {
  const line = readFileSync('/proc/self/status', 'utf8').split('\n').find((text) => text.startsWith('VmHWM')); // prettier-ignore
  return Math.round(Number(line?.split(/\s+/)[1]) / 1024);
};

async function main(size: RankingSize): Promise<void> {
  const sides = [drawSide(size.queries, size, 1), drawSide(size.gallery, size, 2)] as const;
  const product = matrixProduct({ threads: size.threads ?? 2 });
  const scorer = cosineScorer();
  const start = performance.now();
  const [query, gallery] = sides;
  const held = size.rerank
    ? await kReciprocal().apply({ query: query.descriptors, gallery: gallery.descriptors, scorer }, { product })
    : { scorer };
  const reranked = performance.now();
  const result = await market1501().evaluate(query, gallery, held.scorer, { product });
  const end = performance.now();
  const peak = peakMegabytes();
  console.log(
    JSON.stringify({
      ...size,
      mAP: result.mAP,
      rank1: result.cmc[0],
      ...(size.rerank ? { rerankSeconds: Math.round((reranked - start) / 100) / 10 } : { largestError: largestError(result, sides) }),
      rankSeconds: Math.round((end - reranked) / 100) / 10,
      peakMegabytes: peak,
    }),
  );
}

await main(JSON.parse(process.argv[2]!) as RankingSize);
