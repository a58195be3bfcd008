import { judgePersonSearch } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';
import { wholeNumbers } from '../retrieval-case.ts';
import { compareSearch, framesOf, queriesOf } from '../search-case.ts';

export const adapter: GoldenAdapter = {
  family: 'metric-cuhk-sysu',
  run(golden) {
    const { det_thresh: minScore } = golden.json.config;
    const frames = framesOf(golden);
    const queries = queriesOf(golden, frames);
    const lists = golden.tensor('in/gallery_lists');
    const [, length = 0] = lists.shape;
    const positions = wholeNumbers(lists);
    const listed = queries.map((query, q) => ({
      ...query,
      gallery: [...positions.subarray(q * length, (q + 1) * length)].filter((frame) => frame >= 0),
    }));
    compareSearch(golden, '', judgePersonSearch(frames, listed, { minScore }));
    // fullset_reference_* is what the reference does by mistake, and is not compared.
    compareSearch(golden, 'fullset_', judgePersonSearch(frames, queries, { minScore }));
  },
};
