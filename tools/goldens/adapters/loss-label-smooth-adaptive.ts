import type { GoldenAdapter } from '../adapter.ts';
import { compareFastreidSmoothing } from './loss-label-smooth-fastreid.ts';

export const adapter: GoldenAdapter = { family: 'loss-label-smooth-adaptive', run: compareFastreidSmoothing };
