import type { GoldenAdapter } from '../adapter.ts';
import { runSchedule } from '../schedule-run.ts';

export const adapter: GoldenAdapter = {
  family: 'sched-linear-decay',
  run(golden) {
    const { steps: length, warmup, min_lr: least } = golden.json.config;
    const options = { unit: 'step', length, least, warmup: { length: warmup, from: least } };
    runSchedule(golden, { use: 'schedule/linear', options });
  },
};
