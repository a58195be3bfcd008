import { defineComponent, type Protocol } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { leaveOutSameCamera } from './gallery-rule.ts';
import { rankingOptions } from './ranking-options.ts';
import { rankingProtocol } from './ranking-protocol.ts';
import { truncatedPrecision } from './truncated-precision.ts';

/** Options of `protocol/irm`. */
export const irmProtocolOptions = z.strictObject({
  ...rankingOptions,
  cut: z.int().positive().default(500).describe('Raw rank at which the ranking is cut for the figure map@CUT-hits.'),
});

/**
 * The Market-1501 rule with one more figure, `map@500-hits`: what the released evaluator of Instruct-ReID prints as mAP. The `mAP` of the
 * result is the standard one.
 */
export function irmProtocol(options: z.input<typeof irmProtocolOptions> = {}): Protocol {
  const { maxRank, cut, ...splits } = irmProtocolOptions.parse(options);
  const name = `market1501 with map@${cut}-hits`;
  return rankingProtocol({ protocol: 'irm', name, rule: leaveOutSameCamera, maxRank, watch: truncatedPrecision(cut) }, splits);
}

/** `protocol/irm`. */
export const irmProtocolComponent = defineComponent({
  summary: 'The Market-1501 rule, with the truncated mAP of Instruct-ReID beside, as map@500-hits.',
  paper: 'https://arxiv.org/abs/2306.07520',
  options: irmProtocolOptions,
  build: (options) => irmProtocol(options),
});
