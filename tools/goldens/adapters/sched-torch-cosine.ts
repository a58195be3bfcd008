import type { GoldenAdapter } from '../adapter.ts';
import { runSchedule } from '../schedule-run.ts';

export const adapter: GoldenAdapter = {
  family: 'sched-torch-cosine',
  run(golden) {
    const { T_max: length, eta_min: least } = golden.json.config;
    runSchedule(golden, { use: 'schedule/cosine', options: { length, least, after: 'rise' } });
  },
};
