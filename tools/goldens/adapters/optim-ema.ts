import { currentBackend, movingAverage } from '@reidkit/core-tensor';
import type { GoldenAdapter } from '../adapter.ts';
import { rowOf } from '../optimizer-run.ts';

export const adapter: GoldenAdapter = {
  family: 'optim-ema',
  async run({ json, tensor, report }) {
    const { momentum } = json.config;
    const values = tensor('in/values');
    const want = tensor('out/ema');
    const program = currentBackend().makeProgram(({ state, batch }) => ({ state: movingAverage(state, batch, momentum) }), {
      parameters: {},
      state: { weight: rowOf(values, 0) },
    });
    const got: number[] = [];
    for (let t = 1; t < values.shape[0]!; t++) {
      await program.run({ batch: { weight: rowOf(values, t) } });
      got.push(...(await program.read()).state.weight!.data);
    }
    program.dispose();
    report.compare('average after each step', got, want);
  },
};
