import type { Protocol, RetrievalFacts, RetrievalResult } from '@reidkit/core-tensor';
import { givenDistances, market1501 } from '@reidkit/eval';
import type { GoldenCase, GoldenTensor } from './adapter.ts';

/** Averages over queries are kept in float32 by the references. */
export const FLOAT32_MEAN = { atol: 1e-6, rtol: 0 };

/** Whole numbers of a tensor, whatever their width in the file. */
export const wholeNumbers = (tensor: GoldenTensor): Int32Array => Int32Array.from(tensor.data as ArrayLike<number | bigint>, Number);

/** Identities and cameras of one side, `q` or `g`. */
export function factsOf(golden: GoldenCase, side: 'q' | 'g'): RetrievalFacts {
  return {
    identities: wholeNumbers(golden.tensor(`in/${side}_pids`)),
    cameras: wholeNumbers(golden.tensor(`in/${side}_camids`)),
  };
}

/** Judges a matrix of distances by a protocol; facts are those of the case unless given. */
export function judgeBy(
  protocol: Protocol,
  matrix: GoldenTensor,
  facts: { readonly q: RetrievalFacts; readonly g: RetrievalFacts },
): Promise<RetrievalResult> {
  const [queries = 0, gallery = 0] = matrix.shape;
  const given = givenDistances(Float32Array.from(matrix.data as Float32Array), [queries, gallery]);
  return protocol.evaluate(
    { descriptors: given.queries, facts: facts.q },
    { descriptors: given.gallery, facts: facts.g },
    given.scorer,
  );
}

/** Judges a matrix of distances by the Market-1501 rule. */
export const judgeMatrix = (golden: GoldenCase, matrix: GoldenTensor, maxRank: number): Promise<RetrievalResult> =>
  judgeBy(market1501({ maxRank }), matrix, { q: factsOf(golden, 'q'), g: factsOf(golden, 'g') });

/** Compares one number with one that the case expects, where it does. */
export function compareNumber(
  golden: GoldenCase,
  name: string,
  got: number,
  key: string,
  tolerance?: { atol: number; rtol: number },
): void {
  const want: unknown = golden.json.expected[key];
  if (typeof want !== 'number') return;
  golden.report.compare(name, [got], { dtype: 'F64', shape: [1], data: Float64Array.of(want) }, tolerance);
}

/** Compares a result with everything that a case of the Market-1501 rule states; `label` tells two results of one case apart. */
export function compareRetrieval(golden: GoldenCase, result: RetrievalResult, label = ''): void {
  const { report } = golden;
  const { averagePrecision, inverseNegativePenalty } = result.perQuery;
  report.compare(`${label}ap`, averagePrecision, golden.tensor('out/ap'));
  if (golden.has('out/inp')) report.compare(`${label}inp`, inverseNegativePenalty, golden.tensor('out/inp'));
  if (golden.has('out/valid')) {
    const valid = Int32Array.from(averagePrecision, (value) => Number(value >= 0));
    report.compare(`${label}valid`, valid, golden.tensor('out/valid'));
  }
  const cmc = golden.tensor('out/cmc');
  report.check(`${label}cmc length`, cmc.data.length === result.cmc.length, `expected ${cmc.data.length}, got ${result.cmc.length}`);
  report.compare(`${label}cmc`, result.cmc, cmc, FLOAT32_MEAN);
  compareNumber(golden, `${label}mAP`, result.mAP, 'mAP');
  compareNumber(golden, `${label}mINP`, result.mINP, 'mINP');
  for (const rank of [1, 5, 10]) {
    if (rank <= result.cmc.length) compareNumber(golden, `${label}rank${rank}`, result.cmc[rank - 1]!, `rank${rank}`, FLOAT32_MEAN);
  }
  compareNumber(golden, `${label}valid queries`, result.queries - result.queriesDropped, 'valid_queries');
  compareNumber(golden, `${label}skipped`, result.queriesDropped, 'skipped');
}
