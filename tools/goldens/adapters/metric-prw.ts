import { judgePersonSearch, scoreDetections } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';
import { compareNumber, wholeNumbers } from '../retrieval-case.ts';
import { compareSearch, framesOf, queriesOf, rowsOf, truthOf } from '../search-case.ts';

/** The identity of people whom nobody identified. */
const UNLABELLED = 5555;

export const adapter: GoldenAdapter = {
  family: 'metric-prw',
  run(golden) {
    const { det_thresh: minScore, k1, k2 } = golden.json.config;
    const frames = framesOf(golden);
    const owners = wholeNumbers(golden.tensor('in/context_query'));
    const people = rowsOf(golden, 'in/context_feature');
    const queries = queriesOf(golden, frames).map((query, q) => ({ ...query, context: people.filter((_, at) => owners[at] === q) }));
    compareSearch(golden, '', judgePersonSearch(frames, queries, { minScore }));
    compareSearch(golden, 'crosscam_', judgePersonSearch(frames, queries, { minScore, ownCamera: 'left out' }));
    compareSearch(golden, 'cbgm_', judgePersonSearch(frames, queries, { minScore, context: { k1, k2 } }));

    const truth = truthOf(golden);
    const detected = frames.map(({ detections }, at) => ({ detections, truth: truth.filter(({ frame }) => frame === at) }));
    const labelled = detected
      .map((frame) => ({ ...frame, truth: frame.truth.filter(({ identity }) => identity !== UNLABELLED) }))
      .filter((frame) => frame.truth.length > 0);
    for (const [name, chosen] of Object.entries({ all: detected, labeled: labelled })) {
      const boxes = chosen.map((frame) => ({ ...frame, truth: frame.truth.map(({ box }) => box) }));
      const { recall, averagePrecision } = scoreDetections(boxes, { minScore });
      compareNumber(golden, `${name} recall`, recall, `det_${name}_recall`);
      compareNumber(golden, `${name} ap`, averagePrecision, `det_${name}_ap`);
    }
  },
};
