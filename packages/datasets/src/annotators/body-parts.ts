import type { Box } from '@reidkit/core-tensor/base';

/** The three parts that MUVA looks at, from top to bottom. */
export const BODY_PARTS = ['head', 'upper', 'legs'] as const;

/** One of them. */
export type BodyPart = (typeof BODY_PARTS)[number];

/** Where a part is when nothing else is known: from and to, as shares of the height. */
export const PART_STRIPES: Readonly<Record<BodyPart, readonly [from: number, to: number]>> = {
  head: [0, 0.22],
  upper: [0.18, 0.58],
  legs: [0.52, 1],
};

/** The stripe of a part over the full width of a region. */
export function partStripe(part: BodyPart, [x0, y0, x1, y1]: Box): Box {
  const [from, to] = PART_STRIPES[part];
  return [x0, y0 + from * (y1 - y0), x1, y0 + to * (y1 - y0)];
}
