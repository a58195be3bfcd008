import type { GoldenAdapter } from '../adapter.ts';
import { runSchedule } from '../schedule-run.ts';

export const adapter: GoldenAdapter = {
  family: 'sched-poly',
  run(golden) {
    const { iters: length, power } = golden.json.config;
    runSchedule(golden, { use: 'schedule/polynomial', options: { unit: 'step', length, power } });
  },
};
