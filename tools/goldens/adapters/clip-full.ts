import type { GoldenAdapter } from '../adapter.ts';
import { compareClip } from '../clip-whole.ts';

export const adapter: GoldenAdapter = { family: 'clip-full', run: compareClip };
