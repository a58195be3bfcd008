import type { GoldenAdapter } from '../adapter.ts';
import { runWarmupCosine } from '../schedule-run.ts';

export const adapter: GoldenAdapter = { family: 'sched-clipreid-stage1', run: runWarmupCosine };
