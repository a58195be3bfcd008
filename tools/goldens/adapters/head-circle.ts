import { circleLogits } from '@reidkit/losses';
import type { GoldenAdapter } from '../adapter.ts';
import { compareMarginHead } from './head-arcface.ts';

export const adapter: GoldenAdapter = { family: 'head-circle', run: (golden) => compareMarginHead(golden, circleLogits) };
