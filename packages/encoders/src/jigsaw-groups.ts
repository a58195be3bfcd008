import { concat, reshape, slice, transpose, type Tensor } from '@reidkit/core-tensor';
import { z } from 'zod';

/** Options of {@link jigsawGroups}. */
export const jigsawOptions = z.strictObject({
  parts: z.number().int().positive().default(4).describe('Number of groups of patches; what is left over of an uneven number is left out.'),
  isRearranged: z
    .boolean()
    .default(true)
    .describe('Whether patches are shifted and shuffled first; without it each group is a stripe of the image.'),
  shift: z
    .number()
    .int()
    .positive()
    .default(5)
    .describe("Patches move by one less than this, those in front to the end, as in the authors' code."),
  shuffles: z
    .number()
    .int()
    .positive()
    .default(2)
    .describe('Stripes of patches that are dealt out in turns, so that every group has some of each.'),
});

/** Options of {@link jigsawGroups} with defaults filled in. */
export type JigsawOptions = z.output<typeof jigsawOptions>;

/** Number of patches in each group, of `count` in all; 0 when they cannot be dealt out. */
export function jigsawLength(count: number, { parts, isRearranged, shift, shuffles }: JigsawOptions): number {
  const canDeal = shift <= count && [0, 1].some((more) => (count + more) % shuffles === 0);
  return isRearranged && !canDeal ? 0 : Math.floor(count / parts);
}

/**
 * Patches shifted, dealt out in turns and cut into groups, so that each group sees the whole person: `[B, N, D] → [B · parts, L, D]`, all
 * groups of an image one after the other. Where N cannot be dealt out evenly the last patch but one is taken twice.
 * @see He et al., "TransReID" (2021), section 3.3.
 */
export function jigsawGroups(patches: Tensor, options: JigsawOptions): Tensor {
  const [batch, count, width] = patches.shape as [number, number, number];
  const size = jigsawLength(count, options);
  const cut = (x: Tensor, from: number, length: number): Tensor => slice(x, [0, from, 0], [batch, length, width]);
  let x = patches;
  if (options.isRearranged) {
    const moved = options.shift - 1;
    if (moved > 0) x = concat([cut(x, moved, count - moved), cut(x, 0, moved)], 1);
    if (count % options.shuffles !== 0) x = concat([x, cut(x, count - 2, 1)], 1);
    x = reshape(transpose(reshape(x, [batch, options.shuffles, -1, width]), [0, 2, 1, 3]), [batch, -1, width]);
  }
  return reshape(cut(x, 0, size * options.parts), [batch * options.parts, size, width]);
}
