import type { HostTensor, MatrixProduct } from '@reidkit/core-tensor';
import { ProgramRunner } from './pjrt/runner.ts';
import { HloProgram } from './stablehlo/program.ts';
import type { HloValue } from './stablehlo/values.ts';
import type { XlaDevice } from './xla-device.ts';

/** Programs that are kept: ranking asks for blocks of one size, and one for what is left. */
const MOST_PROGRAMS = 8;

function textOf(a: readonly number[], b: readonly number[]): string {
  const program = new HloProgram();
  const [left, right] = [a, b].map((shape, i): HloValue => ({ name: `%arg${i}`, shape, type: 'float32' })) as [HloValue, HloValue];
  return program.text([{ value: left }, { value: right }], [program.matmul(left, right, { transB: true })], 'product');
}

/** `a · bᵀ` by XLA, one program for each pair of sizes. */
export function matrixProduct(open: () => XlaDevice): MatrixProduct {
  const runners = new Map<string, ProgramRunner>();
  const runnerFor = (a: HostTensor, b: HostTensor): ProgramRunner => {
    const { client, programs } = open();
    const key = `${a.shape} ${b.shape}`;
    const runner =
      runners.get(key) ??
      new ProgramRunner(client, programs(textOf(a.shape, b.shape)), 2, [{ shape: [a.shape[0]!, b.shape[0]!], dtype: 'float32' }]);
    runners.delete(key);
    runners.set(key, runner); // last in the map is the last used
    if (runners.size > MOST_PROGRAMS) {
      const [oldest, unused] = runners.entries().next().value!;
      runners.delete(oldest);
      unused.dispose();
    }
    return runner;
  };
  return {
    name: 'xla',
    async multiply(a, b) {
      if (a.data.length === 0 || b.data.length === 0) return new Float32Array(a.shape[0]! * b.shape[0]!);
      const { client } = open();
      const inputs = [client.upload(a), client.upload(b)];
      const [product] = runnerFor(a, b).run(inputs);
      for (const buffer of inputs) client.release(buffer);
      const { data } = await client.download(product!);
      client.release(product!);
      return data as Float32Array;
    },
  };
}
