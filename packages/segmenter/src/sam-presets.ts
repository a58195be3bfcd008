import type { SamOptions } from './sam.ts';

const SAM = { imageSize: 1024, patch: 16, window: 14 } as const;

/** SAM with ViT-B: 93,735,472 parameters, of which the encoder has 89,670,912. */
export const SAM_VIT_B = { ...SAM, width: 768, depth: 12, heads: 12, globalLayers: [2, 5, 8, 11] } satisfies SamOptions;

/** SAM with ViT-L: the encoder has 308,278,272 parameters. */
export const SAM_VIT_L = { ...SAM, width: 1024, depth: 24, heads: 16, globalLayers: [5, 11, 17, 23] } satisfies SamOptions;

/** SAM with ViT-H: the encoder has 637,026,048 parameters. */
export const SAM_VIT_H = { ...SAM, width: 1280, depth: 32, heads: 16, globalLayers: [7, 15, 23, 31] } satisfies SamOptions;

/** Small enough for tests and for training from nothing on two processor cores: frames of 64 pixels, below 100,000 parameters. */
export const SAM_TINY = {
  imageSize: 64,
  patch: 8,
  window: 4,
  width: 32,
  depth: 2,
  heads: 2,
  globalLayers: [1],
  decoder: { width: 32, heads: 8, hidden: 64, qualityHidden: 32 },
} satisfies SamOptions;
