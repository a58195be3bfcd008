import type { RetrievalFacts } from '@reidkit/core-tensor/base';

/**
 * Which gallery items the ranking of a query leaves out ("junk"). Items of the query's own identity, which are few, are asked about one by
 * one; a rule that also leaves out others lists them.
 */
export interface GalleryRule {
  /** Why a match is left out, as the end of "every match …". */
  readonly because: string;
  /** What to do when it leaves no query a match; by default to switch the camera rule off. */
  readonly remedy?: string;
  /** Whether a gallery item of the query's own identity is left out. */
  leavesOut(query: number, gallery: number): boolean;
  /** Gallery items of other identities that are left out. */
  others?(query: number): ArrayLike<number>;
}

/** Makes a rule for two sides. */
export type GalleryRuleFor = (query: RetrievalFacts, gallery: RetrievalFacts) => GalleryRule;

/** Leaves out matches from the query's own camera, the Market-1501 rule. Cameras are compared as they are: unknown (−1) equals unknown. */
export const leaveOutSameCamera: GalleryRuleFor = (query, gallery) => ({
  because: "has the query's own camera",
  leavesOut: (q, g) => query.cameras[q] === gallery.cameras[g],
});

/** Leaves nothing out. */
export const leaveOutNothing: GalleryRuleFor = () => ({ because: 'is left out', leavesOut: () => false });
