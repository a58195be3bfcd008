import { z } from 'zod';

/** Option for the colour shown where a window reaches past the picture; RGB from 0 to 255, black by default. */
export const fillColor = z
  .tuple([z.number().int().min(0).max(255), z.number().int().min(0).max(255), z.number().int().min(0).max(255)])
  .default([0, 0, 0])
  .describe('RGB from 0 to 255 shown outside the picture');
