import type { GoldenAdapter } from '../adapter.ts';
import { compareHardTriplet } from './loss-triplet-hard.ts';

export const adapter: GoldenAdapter = { family: 'loss-triplet-soft', run: compareHardTriplet };
