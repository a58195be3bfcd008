import type { Node } from '@reidkit/core-tensor';

/** CLIP's mean colour in bytes, which LLaVA pads with. */
export const LLAVA_FILL = [122, 116, 104] as const;

/** Transforms of a picture as LLaVA 1.5 prepares it: padded to a square, resized, normalised as CLIP wants it. `size` in pixels. */
export function llavaTransforms(size: number): Node[] {
  return [
    { use: 'transform/pad-square', options: { fill: [...LLAVA_FILL] } },
    { use: 'transform/resize', options: { height: size, width: size, filter: 'bicubic' } },
    { use: 'transform/normalize', options: { constants: 'clip' } },
  ];
}
