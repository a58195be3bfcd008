/** Bounds on image files, which come from outside. */
export interface ImageLimits {
  /** Largest file in bytes. */
  readonly maxBytes: number;
  /** Largest width times height. */
  readonly maxPixels: number;
}

/** 64 MiB and 64 million pixels: far above any camera frame. */
export const DEFAULT_IMAGE_LIMITS: ImageLimits = { maxBytes: 2 ** 26, maxPixels: 64_000_000 };
