import { z } from 'zod';

/** Options that all protocols of one gallery have. */
export const rankingOptions = {
  maxRank: z.int().positive().default(50).describe('Last rank of the cumulative matching curve; at most the gallery size is used.'),
  query: z.string().default('query').describe('Name of the split with the queries.'),
  gallery: z.string().default('gallery').describe('Name of the split that is searched.'),
};
