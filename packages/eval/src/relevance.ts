import type { RetrievalFacts } from '@reidkit/core-tensor/base';
import type { GalleryRule } from './gallery-rule.ts';

const NONE = new Int32Array(0);

/** What the gallery means to one query: positions of its matches and of what its ranking leaves out, ascending. */
export interface Relevance {
  readonly matches: Int32Array;
  readonly leftOut: Int32Array;
  /** Gallery items of the query's identity, left out or not. */
  readonly sameIdentity: number;
}

/** Positions of every identity. */
function positionsByIdentity(identities: Int32Array): Map<number, number[]> {
  const positions = new Map<number, number[]>();
  identities.forEach((identity, position) => {
    const known = positions.get(identity);
    if (known) known.push(position);
    else positions.set(identity, [position]);
  });
  return positions;
}

/** Sorts the gallery for each query under a rule. A query without `matches` cannot be judged. */
export function relevanceUnder(rule: GalleryRule, query: RetrievalFacts, gallery: RetrievalFacts): (query: number) => Relevance {
  const byIdentity = positionsByIdentity(gallery.identities);
  return (q) => {
    const same = byIdentity.get(query.identities[q]!) ?? [];
    const leftOut = same.filter((g) => rule.leavesOut(q, g));
    const matches = leftOut.length === 0 ? same : same.filter((g) => !rule.leavesOut(q, g));
    const others = rule.others?.(q) ?? NONE;
    return {
      matches: Int32Array.from(matches),
      leftOut: others.length === 0 ? Int32Array.from(leftOut) : Int32Array.from([...leftOut, ...Array.from(others)]).sort(),
      sameIdentity: same.length,
    };
  };
}
