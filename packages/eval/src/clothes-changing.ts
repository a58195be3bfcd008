import { defineComponent, type Protocol } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { leaveOutOtherClothes, leaveOutSameClothes } from './clothes-rules.ts';
import { furtherRules } from './further-rules.ts';
import { leaveOutSameCamera } from './gallery-rule.ts';
import { rankingOptions } from './ranking-options.ts';
import { rankingProtocol } from './ranking-protocol.ts';

/** Options of `protocol/clothes-changing` and `protocol/same-clothes`. */
export const clothesOptions = z.strictObject({ ...rankingOptions });

/**
 * The Market-1501 rule without matches in the query's own clothes. The general figures and those of the same clothes stand beside, as
 * `general mAP`, `same-clothes mAP` and so on. Throws PROTOCOL_IMPOSSIBLE for data without clothes labels.
 * @see Gu et al., "Clothes-Changing Person Re-identification with RGB Modality Only" (CVPR 2022), section 4.1.
 */
export function clothesChanging(options: z.input<typeof clothesOptions> = {}): Protocol {
  const { maxRank, ...splits } = clothesOptions.parse(options);
  const watch = furtherRules({ general: leaveOutSameCamera, 'same-clothes': leaveOutOtherClothes });
  return rankingProtocol({ protocol: 'clothes-changing', name: 'clothes-changing', rule: leaveOutSameClothes, maxRank, watch }, splits);
}

/**
 * The Market-1501 rule without the person's images in other clothes; the general and the clothes-changing figures stand beside. Throws
 * PROTOCOL_IMPOSSIBLE for data without clothes labels.
 */
export function sameClothes(options: z.input<typeof clothesOptions> = {}): Protocol {
  const { maxRank, ...splits } = clothesOptions.parse(options);
  const watch = furtherRules({ general: leaveOutSameCamera, 'clothes-changing': leaveOutSameClothes });
  return rankingProtocol({ protocol: 'same-clothes', name: 'same-clothes', rule: leaveOutOtherClothes, maxRank, watch }, splits);
}

/** `protocol/clothes-changing`. */
export const clothesChangingComponent = defineComponent({
  summary: 'Matches in other clothes only, with the general and same-clothes figures beside.',
  paper: 'Gu et al., CVPR 2022',
  options: clothesOptions,
  build: (options) => clothesChanging(options),
});

/** `protocol/same-clothes`. */
export const sameClothesComponent = defineComponent({
  summary: 'Matches in the same clothes only, with the general and clothes-changing figures beside.',
  paper: 'Gu et al., CVPR 2022',
  options: clothesOptions,
  build: (options) => sameClothes(options),
});
