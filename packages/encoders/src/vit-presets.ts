import type { VitOptions } from './vit.ts';

/** ViT-B/16 on person images: 16 × 8 patches. 86 million parameters. */
export const VIT_BASE_PATCH16 = { imageSize: [256, 128], patch: 16, width: 768, depth: 12, heads: 12 } satisfies VitOptions;

/** ViT-B/16 with overlapping patches, 21 × 10 of them, as TransReID takes them. */
export const VIT_BASE_PATCH16_STRIDE12 = { ...VIT_BASE_PATCH16, stride: 12 } satisfies VitOptions;

/** ViT-B/16 with PASS's three part tokens. */
export const VIT_BASE_PATCH16_PASS = { ...VIT_BASE_PATCH16, parts: 3 } satisfies VitOptions;

/** ViT-S/16, the size of DeiT-S: 22 million parameters. */
export const VIT_SMALL_PATCH16 = { imageSize: [256, 128], patch: 16, width: 384, depth: 12, heads: 6 } satisfies VitOptions;

/** Small enough to train from nothing on two processor cores in minutes: 16 × 8 patches of 8 pixels. Below a million parameters. */
export const VIT_TINY = { imageSize: [128, 64], patch: 8, width: 128, depth: 4, heads: 4, mlpRatio: 3, dropPath: 0 } satisfies VitOptions;
