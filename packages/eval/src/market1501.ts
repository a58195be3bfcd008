import { defineComponent, type Protocol } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { leaveOutNothing, leaveOutSameCamera } from './gallery-rule.ts';
import type { JudgingRule } from './judge-rankings.ts';
import { rankingOptions } from './ranking-options.ts';
import { rankingProtocol } from './ranking-protocol.ts';

/** Options of `protocol/market1501`. */
export const market1501Options = z.strictObject({
  ...rankingOptions,
  cameraFilter: z
    .enum(['same-camera', 'none'])
    .default('same-camera')
    .describe(
      'What a ranking leaves out: "same-camera" leaves out gallery images of the same person under the same camera, "none" nothing (for data with one camera).',
    ),
});

/**
 * The Market-1501 rule: rank the gallery by distance (ties by gallery position), leave out images of the same person under the same camera;
 * a query without any match left is not counted. CMC, mAP over all matches, mINP.
 * @see Zheng et al., "Scalable Person Re-identification: A Benchmark" (ICCV 2015), section 5.
 */
export function market1501(options: z.input<typeof market1501Options> = {}): Protocol {
  const { maxRank, cameraFilter, ...splits } = market1501Options.parse(options);
  const judging: JudgingRule = {
    protocol: 'market1501',
    name: cameraFilter === 'none' ? 'market1501, no camera filter' : 'market1501',
    rule: cameraFilter === 'same-camera' ? leaveOutSameCamera : leaveOutNothing,
    maxRank,
  };
  return rankingProtocol(judging, splits);
}

/** `protocol/market1501`. */
export const market1501Component = defineComponent({
  summary: 'CMC, mAP and mINP by the Market-1501 rule.',
  paper: 'Zheng et al., ICCV 2015',
  options: market1501Options,
  build: (options) => market1501(options),
});
