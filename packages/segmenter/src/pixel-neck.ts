import type { OneToOne } from './layer-row.ts';
import { Conv2d } from '@reidkit/encoders';
import { ChannelNorm } from './channel-norm.ts';

/** Widths of a neck. */
export interface PixelNeckOptions {
  /** Width of an encoder's patches. */
  readonly inputs: number;
  /** Width that decoders take. */
  readonly outputs: number;
}

/**
 * Layers of SAM's neck, a 1 × 1 and a 3 × 3 convolution without biases and a norm behind each: `[B, D, h, w] → [B, C, h, w]` by
 * {@link runRow}. FusionSegReID puts one behind CLIP.
 */
export function pixelNeck({ inputs, outputs }: PixelNeckOptions): readonly OneToOne[] {
  return [
    new Conv2d({ inputs, outputs, size: 1 }),
    new ChannelNorm(outputs),
    new Conv2d({ inputs: outputs, outputs, size: 3, padding: 1 }),
    new ChannelNorm(outputs),
  ];
}
