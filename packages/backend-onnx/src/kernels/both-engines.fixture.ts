import * as tf from '@tensorflow/tfjs';
import { Random, referenceBackend, useBackend } from '@reidkit/core-tensor';
import { everyCallBackend } from '../every-call.fixture.ts';

/** The engine under test. */
export const engine = everyCallBackend({ threads: 1 });

/** Makes the same random tensors on every engine. */
export class Draw {
  #calls = 0;
  #root = Random.seed(7);

  normal(...shape: number[]): tf.Tensor {
    return tf.tensor(this.#root.fork(this.#calls++).normal(tf.util.sizeFromShape(shape)), shape);
  }

  positive(...shape: number[]): tf.Tensor {
    const uniform = this.#root.fork(this.#calls++).uniform(tf.util.sizeFromShape(shape));
    return tf.tensor(uniform.map((value) => value + 0.1), shape); // prettier-ignore
  }

  integer(bound: number, ...shape: number[]): tf.Tensor {
    const stream = this.#root.fork(this.#calls++).stream();
    const values = Int32Array.from({ length: tf.util.sizeFromShape(shape) }, () => stream.integer(bound));
    return tf.tensor(values, shape, 'int32');
  }

  /** Integers around zero. */
  whole(bound: number, ...shape: number[]): tf.Tensor {
    const values = this.integer(2 * bound + 1, ...shape).dataSync() as Int32Array;
    return tf.tensor(values.map((value) => value - bound), shape, 'int32'); // prettier-ignore
  }

  truth(...shape: number[]): tf.Tensor {
    return tf.tensor(Uint8Array.from(this.integer(2, ...shape).dataSync()), shape, 'bool');
  }
}

/** A case: tensors made from random ones. */
export type Make = (draw: Draw) => tf.Tensor | tf.Tensor[];

/** What a tensor holds. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: readonly number[];
}

/** Reads tensors. */
export const numbers = (result: tf.Tensor | tf.Tensor[]): Numbers[] =>
  (Array.isArray(result) ? result : [result]).map((each) => ({
    shape: each.shape,
    dtype: each.dtype,
    data: [...each.dataSync()] as number[],
  }));

/** Calls a kernel by name. */
export function kernel(name: string, inputs: Record<string, tf.Tensor>, attributes: object = {}): tf.Tensor[] {
  const result = tf.engine().runKernel(name, inputs as never, attributes as never) as tf.Tensor | tf.Tensor[];
  return Array.isArray(result) ? result : [result];
}

/** Runs on tfjs's JavaScript kernels, then on the engine, and notes the kernels that ran. */
export async function onBoth(run: () => Numbers[], ran?: Set<string>): Promise<{ expected: Numbers[]; got: Numbers[] }> {
  await useBackend(referenceBackend);
  const expected = tf.tidy(() => run() as never) as Numbers[];
  await useBackend(engine);
  let got: Numbers[] = [];
  const { kernelNames } = await tf.profile(() => {
    got = tf.tidy(() => run() as never) as Numbers[];
    return [];
  });
  for (const name of kernelNames) ran?.add(name);
  return { expected, got };
}

const isClose = (got: number, expected: number, tolerance: number): boolean =>
  Object.is(got, expected) || got === expected || Math.abs(got - expected) <= tolerance;

/** Where numbers differ by more than 10⁻⁵ of the largest; nothing where they do not. */
export function difference(got: readonly Numbers[], expected: readonly Numbers[]): string | undefined {
  const kinds = (all: readonly Numbers[]): string => all.map(({ shape, dtype }) => `${dtype} [${shape}]`).join('; ');
  if (kinds(got) !== kinds(expected)) return `got ${kinds(got)}, expected ${kinds(expected)}`;
  for (const [i, { data }] of got.entries()) {
    const want = expected[i]!.data;
    const scale = Math.max(1, ...want.map((value) => (Number.isFinite(value) ? Math.abs(value) : 0)));
    const k = data.findIndex((value, at) => !isClose(value, want[at]!, 1e-5 * scale));
    if (k >= 0) return `element ${k} of result ${i}: got ${data[k]}, expected ${want[k]}`;
  }
  return undefined;
}
