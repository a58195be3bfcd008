import {
  hostTensor,
  Random,
  referenceBackend,
  scoped,
  slice,
  tensor,
  trainingContext,
  useBackend,
  type Descriptors,
  type Tensor,
} from '@reidkit/core-tensor';
import { maskedPooling, prototypeMasks, PrototypeMemory, stripeMasks } from '@reidkit/encoders';
import { partWeightedScorer } from '@reidkit/eval';
import { beforeAll, describe, expect, it } from 'vitest';

// Directions that must hold without any training: features are made of a prototype for the part, a code of the person, and noise.
beforeAll(() => useBackend(referenceBackend));

const [ROWS, WIDE, P, D, PEOPLE] = [8, 2, 4, 24, 12];
const CELLS = ROWS * WIDE;

/** `[1 + P, D]`: directions of their own, the background's first. */
const PROTOTYPES = Float32Array.from({ length: (1 + P) * D }, (_, i) => (i % D === Math.floor(i / D) ? 3 : 0));

interface Picture {
  readonly person: number;
  /** Rows that the person stands too low, or too high. */
  readonly shift: number;
  /** Parts that something hides. */
  readonly hidden?: readonly number[];
}

/** Places of a picture: `[CELLS, D]`. */
function placesOf({ person, shift, hidden = [] }: Picture, random: Random): Float32Array {
  const codes = Random.seed(99).fork(person);
  const data = random.fork('noise').normal(CELLS * D).map((x) => 0.5 * x); // prettier-ignore
  for (let cell = 0; cell < CELLS; cell++) {
    const part = Math.floor((Math.floor(cell / WIDE) - shift) / (ROWS / P));
    const isBody = part >= 0 && part < P;
    const code = hidden.includes(part) ? random.fork('thing', part) : codes.fork('part', part);
    const own = isBody ? code.normal(D) : new Float32Array(D);
    for (let d = 0; d < D; d++) data[cell * D + d]! += PROTOTYPES[(isBody ? 1 + part : 0) * D + d]! + (d > P ? own[d]! : 0);
  }
  return data;
}

type Pool = (map: Tensor) => Tensor;
const byStripes: Pool = (map) => {
  const { data } = stripeMasks(P, [ROWS, WIDE]);
  const masks = tensor(
    Float32Array.from({ length: map.shape[0]! * P * CELLS }, (_, i) => data[i % (P * CELLS)]!),
    [map.shape[0]!, P, CELLS],
  );
  return maskedPooling(map, masks).parts;
};
const byPrototypes: Pool = (map) =>
  maskedPooling(map, slice(prototypeMasks(map, tensor(PROTOTYPES, [1 + P, D])), [0, 1, 0], [map.shape[0]!, P, CELLS])).parts;

/** Regions of pictures, and their weights: 1, or 0 for what is hidden where that is known. */
function describePictures(
  pictures: readonly Picture[],
  pool: Pool,
  { seed, oracle = false }: { seed: number; oracle?: boolean },
): Descriptors {
  const places = pictures.flatMap((picture, at) => [...placesOf(picture, Random.seed(seed).fork(at))]);
  const parts = scoped(() => [...pool(tensor(places, [pictures.length, CELLS, D])).dataSync()]);
  const weight = pictures.flatMap(({ hidden = [] }) => Array.from({ length: P }, (_, part) => (oracle && hidden.includes(part) ? 0 : 1)));
  const global = pictures.flatMap(() => [1, 0]); // the same for all: regions alone decide
  const count = pictures.length;
  return {
    count,
    tensors: { global: hostTensor(global, [count, 2]), parts: hostTensor(parts, [count, P, D]), weight: hostTensor(weight, [count, P]) },
  };
}

/** Mean average precision with one right picture per query: the mean of 1 / rank. */
async function precision(queries: Descriptors, gallery: Descriptors): Promise<number> {
  const distances = await partWeightedScorer().prepare(gallery).distances(queries);
  let sum = 0;
  for (let q = 0; q < queries.count; q++) {
    const row = distances.subarray(q * gallery.count, (q + 1) * gallery.count);
    sum += 1 / (1 + row.filter((distance) => distance < row[q]!).length);
  }
  return sum / queries.count;
}

const people = (picture: (person: number) => Omit<Picture, 'person'>): Picture[] =>
  Array.from({ length: PEOPLE }, (_, person) => ({ person, ...picture(person) }));
const upright = people(() => ({ shift: 0 }));

describe.each([1, 2, 3, 4, 5])('seed %i', (seed) => {
  it('regions by prototypes find people who stand too low or too high better than stripes do', async () => {
    const shifted = people((person) => ({ shift: [-3, -2, 2, 3][person % 4]! }));
    const by = (pool: Pool): Promise<number> => precision(describePictures(shifted, pool, { seed }), describePictures(upright, pool, { seed: seed + 100 })); // prettier-ignore
    const [prototypes, stripes] = [await by(byPrototypes), await by(byStripes)];
    expect(prototypes).toBeGreaterThan(stripes + 0.1);
  });

  it('weights of 0 for what is hidden find people better than equal weights, and change nothing for whom nothing hides', async () => {
    const hiding = people((person) => ({ shift: 0, hidden: [person % P, (person + 1) % P, (person + 2) % P] }));
    const gallery = describePictures(upright, byStripes, { seed: seed + 100 });
    const by = (pictures: readonly Picture[], oracle: boolean): Promise<number> => precision(describePictures(pictures, byStripes, { seed, oracle }), gallery); // prettier-ignore
    expect(await by(hiding, true)).toBeGreaterThan(await by(hiding, false));
    expect(await by(upright, true)).toBe(await by(upright, false));
  });

  it('a smaller factor blurs the masks, and a larger share of the old holds the memory', () => {
    const map = (): Tensor => tensor(Random.seed(seed).normal(CELLS * D), [1, CELLS, D]);
    const entropy = (gamma: number): number =>
      scoped(() => -[...prototypeMasks(map(), tensor(PROTOTYPES, [1 + P, D]), { gamma }).dataSync()].reduce((sum, p) => sum + p * Math.log(Math.max(p, 1e-12)), 0)); // prettier-ignore
    expect(entropy(1)).toBeGreaterThan(entropy(20));
    const drift = (momentum: number): number =>
      scoped(() => {
        const memory = new PrototypeMemory({ count: P, width: D, momentum });
        memory.centres.assign(hostTensor(Random.seed(seed).fork('memory').normal(P * D), [P, D])); // prettier-ignore
        const nothing = (): never => {
          throw new Error('nothing is drawn');
        };
        const before = [...memory.read().dataSync()];
        const next = memory.update(tensor(Random.seed(seed).fork('parts').normal(2 * P * D), [2, P, D]), tensor([1, 1, 1, 1, 1, 1, 1, 1], [2, P]), trainingContext({ draws: { uniform: nothing, normal: nothing } })); // prettier-ignore
        return Math.hypot(...[...next.dataSync()].map((x, i) => x - before[i]!));
      });
    expect(drift(0.9)).toBeLessThan(drift(0.1));
  });
});
