import type { ClipResNetOptions } from './clip-resnet.ts';
import type { ClipTextOptions } from './clip-text.ts';
import type { ClipVisionOptions } from './clip-vision.ts';

/** CLIP ViT-B/32 at 224 pixels. */
export const CLIP_VIT_B32 = {
  imageSize: [224, 224],
  patch: 32,
  width: 768,
  depth: 12,
  heads: 12,
  projectedWidth: 512,
} satisfies ClipVisionOptions;

/** CLIP ViT-B/16 at 224 pixels: 86 million parameters. */
export const CLIP_VIT_B16 = { ...CLIP_VIT_B32, patch: 16 } satisfies ClipVisionOptions;

/** CLIP ViT-B/16 on person images: 16 × 8 patches, as CLIP-ReID, RGANet and MUVA take it. */
export const CLIP_VIT_B16_PERSON = { ...CLIP_VIT_B16, imageSize: [256, 128] } satisfies ClipVisionOptions;

/** The same with overlapping patches, 21 × 10 of them. */
export const CLIP_VIT_B16_PERSON_STRIDE12 = { ...CLIP_VIT_B16_PERSON, stride: 12 } satisfies ClipVisionOptions;

/** CLIP ViT-L/14 at 224 pixels: 304 million parameters. */
export const CLIP_VIT_L14 = {
  imageSize: [224, 224],
  patch: 14,
  width: 1024,
  depth: 24,
  heads: 16,
  projectedWidth: 768,
} satisfies ClipVisionOptions;

/** CLIP ViT-L/14 at 336 pixels: 24 × 24 patches. */
export const CLIP_VIT_L14_336 = { ...CLIP_VIT_L14, imageSize: [336, 336] } satisfies ClipVisionOptions;

/** Small enough to train from nothing on two processor cores in minutes: 16 × 8 patches of 8 pixels. */
export const CLIP_VIT_TINY = {
  imageSize: [128, 64],
  patch: 8,
  width: 96,
  depth: 3,
  heads: 4,
  projectedWidth: 64,
} satisfies ClipVisionOptions;

/** CLIP RN50 at 224 pixels: 38 million parameters. */
export const CLIP_RN50 = {
  imageSize: [224, 224],
  layers: [3, 4, 6, 3],
  width: 64,
  heads: 32,
  projectedWidth: 1024,
  lastStride: 2,
} satisfies ClipResNetOptions;

/** CLIP RN50 on person images: a map of 16 × 8, every place of which asks in the attention pooling, as CLIP-ReID takes it. */
export const CLIP_RN50_PERSON = { ...CLIP_RN50, imageSize: [256, 128], lastStride: 1, dense: true } satisfies ClipResNetOptions;

/** CLIP RN101 at 224 pixels. */
export const CLIP_RN101 = { ...CLIP_RN50, layers: [3, 4, 23, 3], projectedWidth: 512 } satisfies ClipResNetOptions;

/** CLIP RN50x4 at 288 pixels. */
export const CLIP_RN50X4 = {
  imageSize: [288, 288],
  layers: [4, 6, 10, 6],
  width: 80,
  heads: 40,
  projectedWidth: 640,
  lastStride: 2,
} satisfies ClipResNetOptions;

/** CLIP RN50x16 at 384 pixels. */
export const CLIP_RN50X16 = {
  imageSize: [384, 384],
  layers: [6, 8, 18, 8],
  width: 96,
  heads: 48,
  projectedWidth: 768,
  lastStride: 2,
} satisfies ClipResNetOptions;

/** CLIP RN50x64 at 448 pixels. */
export const CLIP_RN50X64 = {
  imageSize: [448, 448],
  layers: [3, 15, 36, 10],
  width: 128,
  heads: 64,
  projectedWidth: 1024,
  lastStride: 2,
} satisfies ClipResNetOptions;

/** Text side of CLIP ViT-B/32, ViT-B/16 and RN101: 38 million parameters and the vectors of 49,408 words. */
export const CLIP_TEXT = { width: 512, depth: 12, heads: 8, summaryWidth: 512 } satisfies ClipTextOptions;

/** Text side of CLIP RN50. */
export const CLIP_TEXT_RN50 = { ...CLIP_TEXT, summaryWidth: 1024 } satisfies ClipTextOptions;

/** Text side of CLIP ViT-L/14 at both sizes, and of RN50x16. */
export const CLIP_TEXT_L14 = { width: 768, depth: 12, heads: 12, summaryWidth: 768 } satisfies ClipTextOptions;

/** Text side of CLIP RN50x4. */
export const CLIP_TEXT_RN50X4 = { width: 640, depth: 12, heads: 10, summaryWidth: 640 } satisfies ClipTextOptions;

/** Text side of CLIP RN50x64. */
export const CLIP_TEXT_RN50X64 = { width: 1024, depth: 12, heads: 16, summaryWidth: 1024 } satisfies ClipTextOptions;

/** Text side beside {@link CLIP_VIT_TINY}, to train from nothing. */
export const CLIP_TEXT_TINY = { width: 64, depth: 2, heads: 4, summaryWidth: 64, vocabulary: 512, length: 32 } satisfies ClipTextOptions;
