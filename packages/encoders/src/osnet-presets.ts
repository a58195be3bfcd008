import type { OsnetOptions } from './osnet.ts';

/** OSNet: 1.9 million parameters without the embedding on top. */
export const OSNET = { channels: [64, 256, 384, 512] } satisfies OsnetOptions;

/** OSNet x0.75. */
export const OSNET_X0_75 = { channels: [48, 192, 288, 384] } satisfies OsnetOptions;

/** OSNet x0.5. */
export const OSNET_X0_5 = { channels: [32, 128, 192, 256] } satisfies OsnetOptions;

/** OSNet x0.25: 0.14 million parameters without the embedding on top. */
export const OSNET_X0_25 = { channels: [16, 64, 96, 128] } satisfies OsnetOptions;

/** OSNet-IBN, which carries over to other cameras better. */
export const OSNET_IBN = { ...OSNET, hasInstanceNorm: true } satisfies OsnetOptions;
