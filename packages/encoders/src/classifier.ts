import { defineComponent, normalInit, type HeadSite, type MakeHead } from '@reidkit/core-tensor';
import { z } from 'zod';
import { Linear } from './linear.ts';

/** Options of `head/linear`. */
export const classifierOptions = z.strictObject({
  hasBias: z.boolean().default(false).describe('Whether each identity has a bias.'),
  deviation: z.number().min(0).default(0.001).describe('Standard deviation of the first weights.'),
});

/** Linear classifier over the training identities: `[B, D] → [B, classes]`. */
export function classifier({ width, classes }: HeadSite, options: z.input<typeof classifierOptions> = {}): Linear {
  const { hasBias, deviation } = classifierOptions.parse(options);
  return new Linear({ inputs: width, outputs: classes, hasBias, initialize: normalInit(deviation) });
}

/** `head/linear`. */
export const classifierComponent = defineComponent({
  summary: 'Linear classifier over the training identities.',
  options: classifierOptions,
  build:
    (options): MakeHead =>
    (site) =>
      classifier(site, options),
});
