import type { ResNetOptions } from './resnet.ts';

/** ResNet-18: 11 million parameters. */
export const RESNET18 = { block: 'basic', layers: [2, 2, 2, 2] } satisfies ResNetOptions;

/** ResNet-34: 21 million parameters. */
export const RESNET34 = { block: 'basic', layers: [3, 4, 6, 3] } satisfies ResNetOptions;

/** ResNet-50: 24 million parameters. */
export const RESNET50 = { block: 'bottleneck', layers: [3, 4, 6, 3] } satisfies ResNetOptions;

/** ResNet-50-IBN-a. */
export const RESNET50_IBN_A = { ...RESNET50, hasInstanceNorm: true } satisfies ResNetOptions;

/** Small enough to train from nothing on two processor cores in minutes. */
export const RESNET_TINY = { block: 'basic', layers: [1, 1, 1, 1], planes: 16, imageSize: [128, 64] } satisfies ResNetOptions;
