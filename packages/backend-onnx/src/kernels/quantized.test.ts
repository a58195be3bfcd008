import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dequantizeRows, type HostTensor, hostTensor, quantizedLinear, type QuantizedMatrix, quantizeRows, Random, toTensor, useBackend } from '@reidkit/core-tensor'; // prettier-ignore
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onnxBackend } from '../onnx-backend.ts';

const backend = onnxBackend({ threads: 1 });

/** The product in a compiled step, where the weight is a constant. */
async function compiledProduct(x: HostTensor<'float32'>, weight: QuantizedMatrix, bias?: HostTensor): Promise<Float32Array> {
  await useBackend(backend);
  const program = backend.makeProgram(({ batch, parameters }) => ({ outputs: { y: quantizedLinear(batch.x!, weight, parameters.bias) } }), {
    parameters: bias ? { bias } : {},
  });
  const { outputs } = await program.run({ batch: { x } });
  program.dispose();
  return outputs.y!.data as Float32Array;
}

function product(x: HostTensor<'float32'>, weight: HostTensor<'float32'>, bias?: HostTensor): Float64Array {
  const [N, K] = weight.shape as [number, number];
  const rows = x.data.length / K;
  const y = new Float64Array(rows * N);
  for (let i = 0; i < y.length; i++) {
    const [row, column] = [Math.floor(i / N), i % N];
    for (let k = 0; k < K; k++) y[i]! += x.data[row * K + k]! * weight.data[column * K + k]!;
    y[i]! += bias?.data[column] ?? 0;
  }
  return y;
}

/** Length of the difference over the length of what was expected. */
function relativeError(got: Float32Array, expected: Float64Array): number {
  expect(got.length).toBe(expected.length);
  const length = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
  return length(expected.map((value, i) => value - got[i]!)) / length(expected);
}

const normal = (name: string, ...shape: number[]) => hostTensor(Random.seed(9).fork(name).normal(shape.reduce((a, b) => a * b, 1)), shape); // prettier-ignore

/** Numbers that rounding to 8 bits by blocks of 16 and more keeps: wholes from −127 to 127, with 127 in each block. */
function wholes(name: string, rows: number, columns: number): HostTensor<'float32'> {
  const stream = Random.seed(4).fork(name).stream();
  return hostTensor(
    Float32Array.from({ length: rows * columns }, (_, i) => (i % 16 === 3 ? 127 : stream.integer(255) - 127)),
    [rows, columns],
  );
}

describe('the product with a weight of whole numbers, compiled', () => {
  it.each([
    [8, 16], [8, 32], [8, 64], [8, 128], [8, 256], [4, 32], [4, 128],
  ] as const)('of %i bits in blocks of %i is within 1 % of that with the numbers it stands for', async (bits, block) => {
    const weight = quantizeRows(normal('w', 37, 512), { bits, block });
    const bias = normal('b', 37);
    for (const rows of [1, 5]) {
      const x = normal(`x${rows}`, rows, 512);
      const error = relativeError(await compiledProduct(x, weight, bias), product(x, dequantizeRows(weight), bias));
      expect(error).toBeLessThan(0.01);
    }
  }); // prettier-ignore

  it.each([1, 4])('is exact where rounding loses nothing: %i rows, and no sum overflows', async (rows) => {
    const weight = quantizeRows(wholes('w', 20, 256), { block: 32 });
    const most = hostTensor(new Float32Array(rows * 256).fill(127), [rows, 256]);
    for (const x of [wholes('x', rows, 256), most]) {
      const error = relativeError(await compiledProduct(x, weight), product(x, dequantizeRows(weight)));
      expect(error).toBeLessThan(1e-6);
    }
    const largest = quantizeRows(hostTensor(new Float32Array(20 * 256).fill(127), [20, 256]), { block: 64 });
    expect(relativeError(await compiledProduct(most, largest), product(most, dequantizeRows(largest)))).toBeLessThan(1e-6);
  });

  it('is that with the numbers it stands for, to the last digits, operation by operation', async () => {
    await useBackend(backend);
    const weight = quantizeRows(normal('w', 6, 64), { block: 32 });
    const x = normal('x', 3, 64);
    const y = quantizedLinear(toTensor(x), weight);
    expect(relativeError(y.dataSync() as Float32Array, product(x, dequantizeRows(weight)))).toBeLessThan(1e-6);
  });
});

describe('large weights', () => {
  const { TMPDIR } = process.env;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weights-'));
    process.env.TMPDIR = folder;
  });
  afterEach(async () => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await rm(folder, { recursive: true });
  });

  /** 48 MB in two parts, the second of a length that is no whole number of pages. */
  const parts = [quantizeRows(wholes('a', 4000, 4096)), quantizeRows(wholes('b', 7999, 4096))];
  const step = async (): Promise<HostTensor[]> => {
    await useBackend(backend);
    const program = backend.makeProgram(
      ({ batch }) => ({ outputs: Object.fromEntries(parts.map((weight, i) => [`y${i}`, quantizedLinear(batch.x!, weight)])) }),
      { parameters: {} },
    );
    const { outputs } = await program.run({ batch: { x: wholes('x', 1, 4096) } });
    program.dispose();
    return parts.map((_, i) => outputs[`y${i}`]!);
  };

  it('go to the library through a file, which is gone afterwards', async () => {
    const results = await step();
    const x = wholes('x', 1, 4096);
    parts.forEach((weight, i) => {
      const expected = product(x, dequantizeRows(weight));
      expect(relativeError(results[i]!.data as Float32Array, expected)).toBeLessThan(1e-6);
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('that cannot be written are an error that says where and what to do', async () => {
    process.env.TMPDIR = join(folder, 'not-there');
    const error = await step().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'SAVE_FAILED',
      message: expect.stringMatching(/weights of a graph, 47 MB, cannot be written to .*not-there.*let TMPDIR name a folder/s),
    });
  });
});
