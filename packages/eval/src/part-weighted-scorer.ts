import { ReidError, defineComponent, formatShape, type Descriptors, type MatrixProduct, type Scorer } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { descriptorMatrix, matchWidths, type Matrix } from './descriptor-matrix.ts';
import { javascriptProduct } from './javascript-product.ts';
import { checkFinite, squaredNorms } from './row-norms.ts';

/** Options of `scorer/part-weighted`. */
export const partWeightedScorerOptions = z.strictObject({
  global: z.string().default('global').describe('Name of the descriptor of the whole person, [n, D].'),
  parts: z.string().default('parts').describe('Name of the descriptors of parts, [n, P, D].'),
  weight: z.string().default('weight').describe('Name of the weights of parts, [n, P], from 0.'),
});

type Names = z.output<typeof partWeightedScorerOptions>;

/** One vector per image so that products of two give the sums of the distance. */
interface Packed {
  /** `[n, D + P·D']`: the whole and the parts, each of norm 1, parts times their weight. */
  readonly vectors: Matrix;
  /** `[n, 1 + P]`: 1 and the weights. */
  readonly weights: Matrix;
}

const WHERE = 'scorer/part-weighted';

function partShape({ count, tensors }: Descriptors, name: string): readonly [parts: number, width: number] {
  const { shape } = tensors[name] ?? { shape: [] };
  const [rows, parts = 0, width = 0] = shape;
  if (shape.length === 3 && rows === count) return [parts, width];
  throw new ReidError('SHAPE_MISMATCH', `${WHERE} expected "${name}" to be [${count}, parts, D], got ${formatShape(shape)}.`);
}

/** Writes a part of a row divided by its norm and times a weight. */
function writeUnit(from: Float32Array, begin: number, length: number, into: { data: Float32Array; at: number; weight: number }): void {
  let square = 0;
  for (let k = begin; k < begin + length; k++) square += from[k]! * from[k]!;
  const factor = into.weight / Math.max(Math.sqrt(square), 1e-12);
  for (let k = 0; k < length; k++) into.data[into.at + k] = from[begin + k]! * factor;
}

function pack(descriptors: Descriptors, names: Names): Packed {
  const whole = descriptorMatrix(descriptors, names.global, WHERE);
  const flat = descriptorMatrix(descriptors, names.parts, WHERE);
  const given = descriptorMatrix(descriptors, names.weight, WHERE);
  const [count = 0, width = 0] = whole.shape;
  const [parts, depth] = partShape(descriptors, names.parts);
  if (given.shape[1] !== parts) {
    throw new ReidError('SHAPE_MISMATCH', `${WHERE} expected ${parts} weights per image, got ${formatShape(given.shape)}.`);
  }
  for (const matrix of [whole, flat, given]) checkFinite(WHERE, squaredNorms(matrix));
  const columns = width + parts * depth;
  const data = new Float32Array(count * columns);
  const weights = new Float32Array(count * (1 + parts));
  for (let row = 0; row < count; row++) {
    writeUnit(whole.data, row * width, width, { data, at: row * columns, weight: 1 });
    weights[row * (1 + parts)] = 1;
    for (let part = 0; part < parts; part++) {
      const weight = given.data[row * parts + part]!;
      weights[row * (1 + parts) + 1 + part] = weight;
      const at = row * columns + width + part * depth;
      writeUnit(flat.data, (row * parts + part) * depth, depth, { data, at, weight });
    }
  }
  return {
    vectors: { dtype: 'float32', shape: [count, columns], data },
    weights: { dtype: 'float32', shape: [count, 1 + parts], data: weights },
  };
}

async function distancesTo(gallery: Packed, queries: Packed, product: MatrixProduct, out?: Float32Array): Promise<Float32Array> {
  matchWidths(WHERE, queries.vectors, gallery.vectors);
  const block = await product.multiply(queries.vectors, gallery.vectors, out);
  const [count = 0, terms = 0] = gallery.weights.shape;
  const [mine, theirs] = [queries.weights.data, gallery.weights.data];
  for (let row = 0, at = 0; row * terms < mine.length; row++) {
    for (let g = 0, w = 0; g < count; g++, at++, w += terms) {
      let sum = 0;
      for (let k = 0; k < terms; k++) sum += mine[row * terms + k]! * theirs[w + k]!;
      block[at] = 1 - block[at]! / sum;
    }
  }
  return block;
}

/**
 * Cosine distances of the whole and of parts, parts weighted by how well both images show them: `(d + Σ wᵢ vᵢ dᵢ) / (1 + Σ wᵢ vᵢ)`. All parts
 * of a block are one matrix product.
 * @see RGANet, equations 9 and 10.
 */
export function partWeightedScorer(options: z.input<typeof partWeightedScorerOptions> = {}): Scorer {
  const names = partWeightedScorerOptions.parse(options);
  return {
    name: 'part-weighted cosine',
    reads: [names.global, names.parts, names.weight],
    normalizes: true,
    prepare(descriptors, product = javascriptProduct) {
      const gallery = pack(descriptors, names);
      return { count: descriptors.count, distances: (queries, out) => distancesTo(gallery, pack(queries, names), product, out) };
    },
  };
}

/** `scorer/part-weighted`. */
export const partWeightedScorerComponent = defineComponent({
  summary: 'Cosine distances of the whole and of parts, weighted by how well both images show them.',
  options: partWeightedScorerOptions,
  build: (options) => partWeightedScorer(options),
});
