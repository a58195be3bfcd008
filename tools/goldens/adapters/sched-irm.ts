import type { GoldenAdapter } from '../adapter.ts';
import { runSchedule } from '../schedule-run.ts';

export const adapter: GoldenAdapter = {
  family: 'sched-irm',
  run(golden) {
    const { iters: length, warmup, factor, method } = golden.json.config;
    const options = { unit: 'step', length, warmup: { length: warmup, factor, method } };
    runSchedule(golden, { use: 'schedule/cosine', options });
  },
};
