import { Module } from '@reidkit/core-tensor';
import { z } from 'zod';
import { PromptEncoder } from './prompt-encoder.ts';
import { SamDecoder, samDecoderOptions } from './sam-decoder.ts';
import { SamEncoder, samEncoderOptions } from './sam-encoder.ts';

/** Options of {@link Sam}. */
export const samOptions = z.strictObject({
  ...samEncoderOptions.shape,
  imageSize: z.number().int().positive().default(1024).describe('Side of the square input, in pixels.'),
  outputWidth: z.undefined().optional(),
  trainedSize: z.undefined().optional(),
  maskChannels: z.number().int().positive().multipleOf(4).default(16).describe('Channels between the layers that shrink a mask prompt.'),
  decoder: samDecoderOptions.prefault({}).describe('Sizes of the mask decoder; its width is that of all vectors.'),
});

/** Options of {@link Sam} as people write them. */
export type SamOptions = z.input<typeof samOptions>;

/** Segment Anything, whole, under the names of its checkpoints. */
export class Sam extends Module {
  readonly image_encoder: SamEncoder;
  readonly prompt_encoder: PromptEncoder;
  readonly mask_decoder: SamDecoder;
  /** Side of the square input, in pixels. */
  readonly side: number;

  /** Throws ZodError for options that do not fit. */
  constructor(options: SamOptions = {}) {
    super();
    const { imageSize, maskChannels, decoder, outputWidth: _width, trainedSize: _side, ...encoder } = samOptions.parse(options);
    const { width } = decoder;
    this.image_encoder = new SamEncoder({ ...encoder, imageSize: [imageSize, imageSize], outputWidth: width });
    this.prompt_encoder = new PromptEncoder({ width, grid: this.image_encoder.grid, imageSize: [imageSize, imageSize], maskChannels });
    this.mask_decoder = new SamDecoder(decoder);
    this.side = imageSize;
  }
}
