import { classCentroids } from '@reidkit/trainer';
import type { GoldenAdapter } from '../adapter.ts';
import { hostNumbers } from '../golden-tensors.ts';

export const adapter: GoldenAdapter = {
  family: 'muva-memory-init',
  run(golden) {
    const { C: classes, unit_first: isUnit } = golden.json.config;
    const labels = hostNumbers(golden.tensor('in/labels')).data;
    // Where the case says so its features are of length 1 already: dividing again must change nothing.
    const { data } = classCentroids(hostNumbers(golden.tensor('in/features')), labels, classes, { normalizeRows: isUnit });
    golden.report.compare('out/memory', data, golden.tensor('out/memory'));
  },
};
