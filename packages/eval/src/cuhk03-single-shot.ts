import { defineComponent, type Protocol } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { leaveOutSameCamera } from './gallery-rule.ts';
import { rankingOptions } from './ranking-options.ts';
import { rankingProtocol } from './ranking-protocol.ts';
import { singleShot, type GivenDraws } from './single-shot.ts';

/** Options of `protocol/cuhk03-single-shot`. */
export const cuhk03SingleShotOptions = z.strictObject({
  ...rankingOptions,
  repeats: z.int().positive().default(10).describe('Galleries drawn for each query, whose curves are averaged.'),
  seed: z.int().nonnegative().default(0).describe('Seed of the draws.'),
});

/**
 * Single-gallery-shot, the older way to use CUHK03: the Market-1501 rule, but the matching curve is the mean over galleries with one drawn
 * image per person. mAP and mINP are of the whole gallery. `draws` gives drawn galleries, as positions, in place of own ones.
 * @see Li et al., "DeepReID: Deep Filter Pairing Neural Network for Person Re-Identification" (CVPR 2014), section 6.
 */
export function cuhk03SingleShot(options: z.input<typeof cuhk03SingleShotOptions> = {}, draws?: GivenDraws): Protocol {
  const { maxRank, repeats, seed, ...splits } = cuhk03SingleShotOptions.parse(options);
  const name = `cuhk03 single-shot, ${repeats} draws${draws ? '' : `, seed ${seed}`}`;
  const watch = singleShot({ repeats, seed, ...(draws ? { draws } : {}) });
  return rankingProtocol({ protocol: 'cuhk03-single-shot', name, rule: leaveOutSameCamera, maxRank, watch }, splits);
}

/** `protocol/cuhk03-single-shot`. */
export const cuhk03SingleShotComponent = defineComponent({
  summary: 'CMC over galleries of one drawn image per person; mAP over the whole gallery.',
  paper: 'Li et al., CVPR 2014',
  options: cuhk03SingleShotOptions,
  build: (options) => cuhk03SingleShot(options),
});
