import type { GoldenAdapter } from '../adapter.ts';
import { runWarmupMultistep } from '../schedule-run.ts';

export const adapter: GoldenAdapter = { family: 'sched-muva-stage2', run: runWarmupMultistep };
