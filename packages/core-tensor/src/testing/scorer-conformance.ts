import { hostTensor, type HostTensor } from '../host-tensor.ts';
import type { Descriptors, Scorer } from '../kinds/scorer.ts';
import { Random } from '../random.ts';
import { copyOf, demand, demandEqual, demandRefusal, largestDifference, type ConformanceCheck } from './conformance-check.ts';

/** What the scorer is tried on. */
export interface ScorerConformanceOptions {
  /** Descriptors of `count` images; another `seed` gives others. Default: every name that the scorer reads, `[count, 6]`, normally distributed. */
  readonly descriptors?: (count: number, seed: number) => Descriptors;
  /** Whether an image is nearest to itself. Default: true. */
  readonly isNearestToItself?: boolean;
  /** Largest difference between ways to ask for the same distance, as a share of the largest. Default: 1e-5. */
  readonly tolerance?: number;
}

const GALLERY = 9;
const QUERIES = 4;

const usual =
  ({ reads }: Scorer) =>
  (count: number, seed: number): Descriptors => ({
    count,
    tensors: Object.fromEntries(
      reads.map((name) => [
        name,
        hostTensor(
          Random.seed(seed)
            .fork(name)
            .normal(count * 6),
          [count, 6],
        ),
      ]),
    ),
  });

function rowsOf({ tensors }: Descriptors, rows: readonly number[]): Descriptors {
  const picked = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    const size = data.length / shape[0]!;
    const values = rows.flatMap((row) => [...data.subarray(row * size, (row + 1) * size)]);
    return [name, hostTensor(values, [rows.length, ...shape.slice(1)], dtype)] as const;
  });
  return { count: rows.length, tensors: Object.fromEntries(picked) };
}

/** Descriptors with one tensor replaced by what `change` makes of it. */
function withTensor({ count, tensors }: Descriptors, name: string, change: (value: HostTensor) => HostTensor): Descriptors {
  return { count, tensors: { ...tensors, [name]: change(tensors[name]!) } };
}

const narrower = ({ dtype, shape, data }: HostTensor): HostTensor => {
  const [count = 0, width = 0] = shape;
  return hostTensor(data.slice(0, count * (width - 1)), [count, width - 1], dtype);
};

/** What every scorer keeps to. */
export function scorerConformance(make: () => Scorer, options: ScorerConformanceOptions = {}): ConformanceCheck[] {
  const { isNearestToItself = true, tolerance = 1e-5 } = options;
  const trial = (): { scorer: Scorer; queries: Descriptors; gallery: Descriptors } => {
    const scorer = make();
    const descriptors = options.descriptors ?? usual(scorer);
    return { scorer, queries: descriptors(QUERIES, 1), gallery: descriptors(GALLERY, 2) };
  };
  const demandClose = (what: string, got: ArrayLike<number>, want: Float32Array): void => {
    const scale = want.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const difference = largestDifference(got, want);
    demand(difference <= tolerance * scale, `${what} differs by ${difference.toPrecision(3)}.`);
  };
  return [
    {
      title: 'gives a finite distance for every pair, the same again',
      async check() {
        const { scorer, queries, gallery } = trial();
        const prepared = scorer.prepare(gallery);
        demand(prepared.count === GALLERY, `The prepared gallery counts ${prepared.count} items instead of ${GALLERY}.`);
        const first = (await prepared.distances(queries)).slice();
        demand(first.length === QUERIES * GALLERY, `It gives ${first.length} distances for ${QUERIES} queries and ${GALLERY} items.`);
        const bad = first.find((value) => !Number.isFinite(value));
        demand(bad === undefined, `It gives the distance ${bad}.`);
        demand(largestDifference(await prepared.distances(queries), first) === 0, 'A second call gives other distances.');
      },
    },
    {
      title: 'gives the same distances into an array of the caller',
      async check() {
        const { scorer, queries, gallery } = trial();
        const prepared = scorer.prepare(gallery);
        const want = await prepared.distances(queries);
        demandClose('A distance written into `out`', await prepared.distances(queries, new Float32Array(QUERIES * GALLERY).fill(7)), want);
      },
    },
    {
      title: 'gives each query the same distances, alone or among others',
      async check() {
        const { scorer, queries, gallery } = trial();
        const prepared = scorer.prepare(gallery);
        const together = (await prepared.distances(queries)).slice();
        for (let q = 0; q < QUERIES; q++) {
          const alone = await prepared.distances(rowsOf(queries, [q]));
          demandClose(`Query ${q} alone`, alone, together.slice(q * GALLERY, (q + 1) * GALLERY));
        }
      },
    },
    {
      title: 'gives each gallery item the same distances, wherever it stands',
      async check() {
        const { scorer, queries, gallery } = trial();
        const order = Random.seed(41)
          .stream()
          .shuffle([...Array(GALLERY).keys()]);
        const want = await scorer.prepare(gallery).distances(queries);
        const got = await scorer.prepare(rowsOf(gallery, order)).distances(queries);
        const moved = Float32Array.from(got, (_, i) => want[Math.floor(i / GALLERY) * GALLERY + order[i % GALLERY]!]!);
        demandClose('A gallery in another order', got, moved);
      },
    },
    {
      title: 'leaves the descriptors as they are',
      async check() {
        const { scorer, queries, gallery } = trial();
        const before = [copyOf(queries.tensors), copyOf(gallery.tensors)];
        await scorer.prepare(gallery).distances(queries);
        demandEqual('It writes to the queries', queries.tensors, before[0]!);
        demandEqual('It writes to the gallery', gallery.tensors, before[1]!);
      },
    },
    ...(isNearestToItself
      ? [
          {
            title: 'finds an image nearest to itself',
            async check() {
              const { scorer, gallery } = trial();
              const distances = await scorer.prepare(gallery).distances(gallery);
              for (let i = 0; i < GALLERY; i++) {
                const row = distances.subarray(i * GALLERY, (i + 1) * GALLERY);
                demand(row.indexOf(Math.min(...row)) === i, `Item ${i} is nearer to item ${row.indexOf(Math.min(...row))} than to itself.`);
              }
            },
          },
        ]
      : []),
    {
      title: 'refuses descriptors that are missing, of another width, or no numbers',
      async check() {
        const { scorer, queries, gallery } = trial();
        const name = scorer.reads.find((read) => read in gallery.tensors);
        if (name === undefined) return;
        const { [name]: _, ...rest } = gallery.tensors;
        await demandRefusal(`a gallery without "${name}"`, () => scorer.prepare({ count: GALLERY, tensors: rest }), ['UNKNOWN_NAME']);
        if (gallery.tensors[name]!.shape.length === 2) {
          const misfit = withTensor(queries, name, narrower);
          await demandRefusal('queries of another width', () => scorer.prepare(gallery).distances(misfit), ['SHAPE_MISMATCH']);
        }
        if (gallery.tensors[name]!.dtype !== 'float32') return;
        const broken = withTensor(gallery, name, ({ shape, data }) => hostTensor(Float32Array.from(data).fill(NaN, 0, 1), shape));
        await demandRefusal('a gallery with NaN', () => scorer.prepare(broken).distances(queries), ['INVALID_ARGUMENT']);
      },
    },
  ];
}
