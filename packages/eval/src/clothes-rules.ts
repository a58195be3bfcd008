import { ReidError, type RetrievalFacts } from '@reidkit/core-tensor/base';
import type { GalleryRule, GalleryRuleFor } from './gallery-rule.ts';

function clothesOf(side: 'queries' | 'gallery', { clothes }: RetrievalFacts): Int32Array {
  if (clothes) return clothes;
  throw new ReidError('PROTOCOL_IMPOSSIBLE', `A clothes protocol expected an outfit for every image, got none for the ${side}.`, {
    hint: 'use a data set that states clothes (PRCC, LTCC, Celeb-reID, …), add them with a sidecar, or choose protocol/market1501.',
  });
}

const ruleOf =
  (because: string, leavesOut: (own: boolean) => boolean): GalleryRuleFor =>
  (query, gallery): GalleryRule => {
    const [mine, theirs] = [clothesOf('queries', query), clothesOf('gallery', gallery)];
    return {
      because,
      remedy: 'choose another of the three: protocol/market1501, protocol/clothes-changing, protocol/same-clothes.',
      leavesOut: (q, g) => query.cameras[q] === gallery.cameras[g] || leavesOut(mine[q] === theirs[g]),
    };
  };

/** Leaves out matches from the query's own camera, and those in the query's own clothes. */
export const leaveOutSameClothes = ruleOf("has the query's own camera or clothes", (own) => own);

/** Leaves out matches from the query's own camera, and those in other clothes than the query's. */
export const leaveOutOtherClothes = ruleOf("has the query's own camera or other clothes", (own) => !own);
