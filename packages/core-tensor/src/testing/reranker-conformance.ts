import { hostTensor } from '../host-tensor.ts';
import type { Reranker } from '../kinds/reranker.ts';
import type { Descriptors, Scorer } from '../kinds/scorer.ts';
import { Random } from '../random.ts';
import { demand, demandRefusal, largestDifference, type ConformanceCheck } from './conformance-check.ts';

/** What the re-ranking is tried on. */
export interface RerankerConformanceOptions {
  /** Descriptors of `count` images; another `seed` gives others. Default: `global` and all that it reads, `[count, 4]`. */
  readonly descriptors?: (count: number, seed: number) => Descriptors;
}

const [QUERIES, GALLERY] = [5, 12];

/** Squared Euclidean distances of `global`. */
const squared: Scorer = {
  name: 'squared',
  reads: ['global'],
  prepare: ({ count, tensors: gallery }) => ({
    count,
    distances: async ({ count: queries, tensors }) => {
      const [a, b] = [tensors.global!.data as Float32Array, gallery.global!.data as Float32Array];
      const width = count === 0 ? 0 : b.length / count;
      return Float32Array.from({ length: queries * count }, (_, at) => {
        const [q, g] = [Math.floor(at / count), at % count];
        let sum = 0;
        for (let k = 0; k < width; k++) sum += (a[q * width + k]! - b[g * width + k]!) ** 2;
        return sum;
      });
    },
  }),
};

/** The rows, knowing their positions. */
function rowsOf({ tensors }: Descriptors, rows: readonly number[]): Descriptors {
  const picked = Object.entries(tensors).map(([name, { shape, data, dtype }]) => {
    const size = data.length / shape[0]!;
    return [name, hostTensor(rows.flatMap((row) => [...data.subarray(row * size, (row + 1) * size)]), [rows.length, ...shape.slice(1)], dtype)] as const; // prettier-ignore
  });
  return { count: rows.length, tensors: Object.fromEntries(picked), positions: rows };
}

/** What every re-ranking keeps to. */
export function rerankerConformance(make: () => Reranker, options: RerankerConformanceOptions = {}): ConformanceCheck[] {
  const usual = (count: number, seed: number): Descriptors => {
    const names = new Set(['global', ...(make().reads ?? [])]);
    const tensors = [...names].map((name) => [name, hostTensor(Random.seed(seed).fork(name).normal(count * 4), [count, 4])] as const); // prettier-ignore
    return { count, tensors: Object.fromEntries(tensors) };
  };
  const descriptors = options.descriptors ?? usual;
  const query = descriptors(QUERIES, 1);
  const gallery = descriptors(GALLERY, 2);
  const distances = async (rows: readonly number[]): Promise<Float32Array> => {
    const after = await make().apply({ query, gallery, scorer: squared });
    return after.scorer.prepare(after.gallery).distances(rowsOf(after.query, rows));
  };
  const everyone = Array.from({ length: QUERIES }, (_, q) => q);
  return [
    {
      title: 'gives a distance of every query to every gallery item, the same again',
      async check() {
        const found = await distances(everyone);
        demand(found.length === QUERIES * GALLERY, `It gives ${found.length} distances of ${QUERIES} queries to ${GALLERY} items.`);
        demand(found.every((value) => Number.isFinite(value)), 'It gives a distance that is not finite.'); // prettier-ignore
        demand(largestDifference(await distances(everyone), found) === 0, 'A second time it gives other distances.');
      },
    },
    {
      title: 'gives a query the same distances whichever others are asked about with it',
      async check() {
        const all = await distances(everyone);
        const [last] = [await distances([QUERIES - 1, 1])];
        const want = [...all.subarray((QUERIES - 1) * GALLERY), ...all.subarray(GALLERY, 2 * GALLERY)];
        demand(largestDifference(last, Float32Array.from(want)) < 1e-6, 'Asked about in another order, a query has other distances.');
      },
    },
    {
      title: 'leaves what it is given as it was, and says what it depends on',
      async check() {
        const before = [...(query.tensors.global!.data as Float32Array)];
        await distances(everyone);
        demand(before.every((value, at) => value === query.tensors.global!.data[at]), 'It changed the descriptors of the queries.'); // prettier-ignore
        demand(JSON.stringify(make().parameters) === JSON.stringify(make().parameters), 'Its parameters differ from one time to the next.');
      },
    },
    {
      title: 'refuses distances that are not numbers',
      async check() {
        const lost: Descriptors = { ...gallery, tensors: { ...gallery.tensors, global: hostTensor(new Float32Array(GALLERY * 4).fill(NaN), [GALLERY, 4]) } }; // prettier-ignore
        const attempt = async (): Promise<unknown> => {
          const after = await make().apply({ query, gallery: lost, scorer: squared });
          return after.scorer.prepare(after.gallery).distances(rowsOf(after.query, everyone));
        };
        await demandRefusal('descriptors that are NaN', attempt, ['INVALID_ARGUMENT']);
      },
    },
  ];
}
