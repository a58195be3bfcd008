import { MARKET_1501, type PublishedCounts } from '../readers/market-style-layout.ts';

/** Counts that papers give, by data set and split, to be set beside what is on disk. */
export const PUBLISHED_COUNTS: Readonly<Record<string, Readonly<Record<string, PublishedCounts>>>> = {
  [MARKET_1501.name]: MARKET_1501.published!,
};
