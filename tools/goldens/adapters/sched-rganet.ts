import type { GoldenAdapter } from '../adapter.ts';
import { runSchedule } from '../schedule-run.ts';

export const adapter: GoldenAdapter = {
  family: 'sched-rganet',
  run(golden) {
    const { milestones, gamma } = golden.json.config;
    runSchedule(golden, { use: 'schedule/multistep', options: { milestones, gamma } });
  },
};
