import {
  createRegistry, disposeModule, EVALUATION, hostTensor, initializeParameters, loadStateDict, namedParameters, Random, referenceBackend, scoped, stateDict, tensor,
  tensorReverse, useBackend, type HostTensor, type Tensors,
} from '@reidkit/core-tensor'; // prettier-ignore
import { encodersPlugin, maskedPooling, prototypeMasks } from '@reidkit/encoders';
import { partWeightedScorer } from '@reidkit/eval';
import { beforeAll, describe, expect, it } from 'vitest';
import { recipesPlugin } from '../plugin.ts';
import type { RganetModel } from './model.ts';
import type { RganetModelOptions } from './model-options.ts';

beforeAll(() => useBackend(referenceBackend));

const VISION = { use: 'encoder/clip-vision', options: { imageSize: [16, 8], patch: 4, width: 12, depth: 2, heads: 3, projectedWidth: 6 } };
const [B, P, N, E] = [2, 4, 8, 6];

function made(options: Partial<RganetModelOptions> = {}): RganetModel {
  const model = createRegistry(encodersPlugin, recipesPlugin).use<RganetModel>({
    use: 'model/rganet',
    options: { encoder: VISION, classes: 4, ...options },
  });
  initializeParameters(model, Random.seed(1));
  for (const [at, name] of (['prototypes', 'memory'] as const).entries()) {
    model[name]!.assign(hostTensor(Random.seed(5 + at).normal(P * E), [P, E]));
  }
  return model;
}

function numbers(model: RganetModel, more: () => Tensors = () => ({})): Record<string, number[]> {
  return scoped(() => {
    const images = tensor(Random.seed(3).normal(B * 16 * 8 * 3), [B, 16, 8, 3]);
    const given = model.forward({ images, ...more() }, EVALUATION);
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, [...value.dataSync()]]));
  });
}

describe('a map of its own', () => {
  it('begins as the encoder has it where the last layer is copied', async () => {
    const [plain, own] = [made(), made({ denseAdapter: 'ownLastBlock' })];
    const file = await stateDict(plain);
    const taken = own.adaptCheckpoint(file);
    expect(Object.keys(taken).filter((path) => path.startsWith('dense.'))).toHaveLength(12);
    loadStateDict(own, taken);
    expect(numbers(own)).toEqual(numbers(plain));
    const trained = { ...taken, 'dense.block.ln_1.weight': hostTensor(new Float32Array(12).fill(2), [12]) };
    expect(own.adaptCheckpoint(trained)['dense.block.ln_1.weight']).toBe(trained['dense.block.ln_1.weight']);
    loadStateDict(own, trained);
    const moved = numbers(own);
    expect(moved.global).toEqual(numbers(plain).global); // the whole comes from the layer of the encoder
    expect(moved.regions).not.toEqual(numbers(plain).regions);
    [plain, own].forEach(disposeModule);
  });

  it('looks at neighbours by two convolutions in the place of the projection', () => {
    const model = made({ denseAdapter: 'conv3x3' });
    const shapes = [...namedParameters(model)].flatMap(([path, { shape }]) => (path.startsWith('dense.') ? [[path, ...shape]] : []));
    expect(shapes).toEqual([
      ['dense.conv1.weight', 6, 12, 3, 3],
      ['dense.conv2.weight', 6, 6, 3, 3],
    ]);
    const before = numbers(model);
    model.image_encoder.proj!.assign(hostTensor(Random.seed(9).normal(12 * E), [12, E]));
    expect(numbers(model)).toEqual(before);
    disposeModule(model);
  });
});

describe('the mask of the person', () => {
  const inside = Float32Array.from({ length: B * N }, (_, i) => Number(i >= N && i % N < 4)); // nobody in the first, the upper half of the second

  it('is a factor of the masks of regions; nobody weighs nothing', () => {
    const [plain, masked] = [made(), made({ personMask: 'partMasks' })];
    expect(plain.reads).toEqual([]);
    expect(masked.reads).toEqual(['partMasks']);
    const whole = numbers(plain);
    const seen = numbers(masked, () => ({ partMasks: tensor(inside, [B, N]) }));
    expect(seen['regions.masks']).toEqual(whole['regions.masks']!.map((share, i) => share * inside[Math.floor(i / (P * N)) * N + (i % N)]!)); // prettier-ignore
    expect(seen.weight!.slice(0, P)).toEqual([0, 0, 0, 0]);
    expect(seen.regions!.every(Number.isFinite)).toBe(true);
    expect(seen.weight!.slice(P).every((weight) => weight > 0)).toBe(true);
    expect(seen.global).toEqual(whole.global);
    expect(numbers(masked, () => ({ partMasks: tensor(new Float32Array(B * N).fill(1), [B, N]) })).regions).toEqual(whole.regions);
    [plain, masked].forEach(disposeModule);
  });

  it('may be masks of parts, the largest of which counts, and must have the size of the grid', () => {
    const model = made({ personMask: 'partMasks' });
    const parts = Float32Array.from({ length: B * 2 * N }, (_, i) => (Math.floor(i / N) % 2 === 0 ? inside[Math.floor(i / (2 * N)) * N + (i % N)]! : 0)); // prettier-ignore
    const of = (data: Float32Array, shape: number[]) => numbers(model, () => ({ partMasks: tensor(data, shape) }));
    expect(of(parts, [B, 2, 4, 2])).toEqual(of(inside, [B, N]));
    expect(() => of(inside, [B, 2, 4])).toThrow(/masks of the person of 8 places for 2 images, got \[2, 2, 4\]/);
    disposeModule(model);
  });
});

describe('masks by prototypes', () => {
  const unit = (count: number, seed: number): Float32Array => Random.seed(seed).normal(count);

  it('may leave a region without any mass where the factor is 100: it stays finite and the mass says so', () => {
    const gamma = 100;
    const [map, prototypes] = [tensor([1, 0, 1, 0.1], [1, 2, 2]), tensor([-1, 0, 1, 0, -1, 0.01], [3, 2])];
    const at = (factor: number): { parts: number[]; mass: number[]; masks: number[] } => {
      const masks = prototypeMasks(map, prototypes, { gamma: factor });
      const { parts, mass } = maskedPooling(map, masks);
      return { parts: [...parts.dataSync()], mass: [...mass.dataSync()], masks: [...masks.dataSync()] };
    };
    const sharp = at(gamma);
    expect(sharp.parts.every(Number.isFinite)).toBe(true);
    expect(sharp.mass.map((mass) => mass > 1e-6)).toEqual([false, true, false]);
    expect(sharp.masks.some((share) => share === 0)).toBe(true);
    expect(at(20).masks.every((share) => share > 0)).toBe(true);
    expect(at(20).mass.every((mass) => mass > 0)).toBe(true);
  });

  it('follow a map that is mirrored from left to right, and give the same regions', () => {
    const [rows, columns, width] = [4, 2, 6];
    const map = tensor(unit(B * rows * columns * width, 1), [B, rows, columns, width]);
    const prototypes = tensor(unit(5 * width, 2), [5, width]);
    const flat = (x: typeof map) => x.reshape([B, rows * columns, width]);
    const mirrored = tensorReverse(map, 2);
    const [masks, other] = [prototypeMasks(flat(map), prototypes), prototypeMasks(flat(mirrored), prototypes)];
    const turned = tensorReverse(masks.reshape([B, 5, rows, columns]), 3);
    expect([...other.dataSync()]).toEqual([...turned.dataSync()]);
    const [one, two] = [maskedPooling(flat(map), masks), maskedPooling(flat(mirrored), other)].map(({ parts }) => parts.dataSync());
    one!.forEach((value, i) => expect(two![i]).toBeCloseTo(value, 5));
  });

  it('belong to nobody in particular where the map is zero', () => {
    const { parts, mass } = maskedPooling(tensor(new Float32Array(N * E), [1, N, E]), prototypeMasks(tensor(new Float32Array(N * E), [1, N, E]), tensor(unit(5 * E, 1), [5, E]))); // prettier-ignore
    expect([...parts.dataSync()].every((value) => value === 0)).toBe(true);
    mass.dataSync().forEach((value) => expect(value).toBeCloseTo(N / 5, 5));
  });
});

describe('the weighted distance', () => {
  const [queries, gallery, width] = [5, 7, 6];
  interface Side {
    readonly count: number;
    readonly tensors: Readonly<Record<'global' | 'parts' | 'weight', HostTensor>>;
  }
  const side = (count: number, seed: number, weight?: (at: number) => number): Side => ({
    count,
    tensors: {
      global: hostTensor(Random.seed(seed).normal(count * width), [count, width]),
      parts: hostTensor(Random.seed(seed + 1).normal(count * P * width), [count, P, width]),
      weight: hostTensor(weight ? Float32Array.from({ length: count * P }, (_, at) => weight(at)) : Random.seed(seed + 2).uniform(count * P), [count, P]), // prettier-ignore
    },
  });
  const between = async (q: Side, g: Side): Promise<number[]> => [...(await partWeightedScorer().prepare(g).distances(q))];

  /** Rows `[from, from + length)` of a flat list, as a cosine with another's. */
  const cosine = (a: ArrayLike<number>, b: ArrayLike<number>, at: number, to: number): number => {
    let [ab, aa, bb] = [0, 0, 0];
    for (let k = 0; k < width; k++) {
      const [x, y] = [a[at * width + k]!, b[to * width + k]!];
      [ab, aa, bb] = [ab + x * y, aa + x * x, bb + y * y];
    }
    return ab / Math.sqrt(aa * bb);
  };
  /** Equation 10 as it is written. */
  const written = (q: Side, g: Side): number[] =>
    Array.from({ length: q.count * g.count }, (_, pair) => {
      const [i, j] = [Math.floor(pair / g.count), pair % g.count];
      let [over, under] = [1 - cosine(q.tensors.global.data, g.tensors.global.data, i, j), 1];
      for (let p = 0; p < P; p++) {
        const weight = q.tensors.weight.data[i * P + p]! * g.tensors.weight.data[j * P + p]!;
        over += weight * (1 - cosine(q.tensors.parts.data, g.tensors.parts.data, i * P + p, j * P + p));
        under += weight;
      }
      return over / under;
    });
  const near = (got: readonly number[], want: readonly number[], tolerance: number): void => {
    expect(got).toHaveLength(want.length);
    got.forEach((value, i) => expect(Math.abs(value - want[i]!)).toBeLessThanOrEqual(tolerance));
  };

  it('by one matrix product is equation 10, whole or block by block', async () => {
    const [q, g] = [side(queries, 1), side(gallery, 11)];
    const whole = await between(q, g);
    near(whole, written(q, g), 1e-6);
    const rows = (from: Side, at: number): Side => ({
      count: 1,
      tensors: Object.fromEntries(Object.entries(from.tensors).map(([name, { data, shape }]) => [name, hostTensor(data.slice((at * data.length) / from.count, ((at + 1) * data.length) / from.count), [1, ...shape.slice(1)])])) as Side['tensors'], // prettier-ignore
    });
    const blocks = await Promise.all(Array.from({ length: queries }, (_, at) => between(rows(q, at), g)));
    near(blocks.flat(), whole, 1e-7);
  });

  it('is that of the whole where regions weigh nothing, and theirs where all are the same', async () => {
    const [q, g] = [side(queries, 1, () => 0), side(gallery, 11)];
    const wholes = Array.from({ length: queries * gallery }, (_, pair) => 1 - cosine(q.tensors.global.data, g.tensors.global.data, Math.floor(pair / gallery), pair % gallery)); // prettier-ignore
    near(await between(q, g), wholes, 1e-6);
    const repeated = (from: Side): Side => {
      const { data } = from.tensors.global;
      const parts = Float32Array.from(
        { length: from.count * P * width },
        (_, i) => data[Math.floor(i / (P * width)) * width + (i % width)]!,
      );
      return { ...from, tensors: { ...from.tensors, parts: hostTensor(parts, [from.count, P, width]) } };
    };
    near(await between(repeated(side(queries, 1)), repeated(g)), wholes, 1e-6);
  });
});
