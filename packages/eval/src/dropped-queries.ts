import { ReidError, type RetrievalFacts } from '@reidkit/core-tensor/base';
import type { GalleryRule } from './gallery-rule.ts';
import type { Relevance } from './relevance.ts';

const NAMED = 5;
const CAMERA_REMEDY =
  'to evaluate without the camera rule set the option cameraFilter to "none", or give query and gallery their true cameras.';

/** Queries that cannot be judged, by reason. */
export interface DroppedQueries {
  /** Queries whose identity no gallery item has. */
  readonly absent: readonly number[];
  /** Queries all of whose matches the rule leaves out. */
  readonly leftOut: readonly number[];
}

/** Sorts out the queries without a match. */
export function findDropped(relevance: readonly Relevance[]): DroppedQueries {
  const without = relevance.flatMap(({ matches }, query) => (matches.length === 0 ? [query] : []));
  return {
    absent: without.filter((query) => relevance[query]!.sameIdentity === 0),
    leftOut: without.filter((query) => relevance[query]!.sameIdentity > 0),
  };
}

const queriesOf = (count: number, total: number): string => {
  if (count === total) return total === 1 ? 'the only query' : `all ${total} queries`;
  return `${count} of ${total} queries`;
};

function nameIdentities(queries: readonly number[], facts: RetrievalFacts): string {
  const identities = [...new Set(queries.map((query) => facts.identities[query]!))];
  const more = identities.length - NAMED;
  const named = identities.slice(0, NAMED).join(', ');
  return `${identities.length === 1 ? 'identity' : 'identities'} ${named}${more > 0 ? ` and ${more} more` : ''}`;
}

function camerasInWords(query: RetrievalFacts, gallery: RetrievalFacts): string {
  const cameras = new Set([...query.cameras, ...gallery.cameras]);
  if (cameras.size > 1) return '';
  return cameras.has(-1) ? ' (no camera is known)' : ' (the data set has one camera)';
}

/** Says in sentences which queries are not judged and why; empty when all are. */
export function explainDropped(
  { absent, leftOut }: DroppedQueries,
  { query, gallery, rule }: { readonly query: RetrievalFacts; readonly gallery: RetrievalFacts; readonly rule: GalleryRule },
): string[] {
  const total = query.identities.length;
  const sentences: string[] = [];
  if (leftOut.length > 0) {
    sentences.push(`${queriesOf(leftOut.length, total)}: every match ${rule.because}${camerasInWords(query, gallery)}.`);
  }
  if (absent.length > 0) {
    const verb = new Set(absent.map((position) => query.identities[position])).size === 1 ? 'is' : 'are';
    sentences.push(`${queriesOf(absent.length, total)}: ${nameIdentities(absent, query)} ${verb} not in the gallery.`);
  }
  return sentences;
}

/** The error for a protocol that cannot judge a single query. */
export function protocolImpossible(
  protocol: string,
  dropped: DroppedQueries,
  sides: { readonly query: RetrievalFacts; readonly gallery: RetrievalFacts; readonly rule: GalleryRule },
): ReidError {
  if (sides.query.identities.length === 0 || sides.gallery.identities.length === 0) {
    const empty = sides.query.identities.length === 0 ? 'there are no queries' : 'the gallery is empty';
    return new ReidError('PROTOCOL_IMPOSSIBLE', `protocol/${protocol} cannot judge anything: ${empty}.`, {
      hint: 'check the names of the splits and what the data set reader left out.',
    });
  }
  const hint =
    dropped.leftOut.length > 0
      ? (sides.rule.remedy ?? CAMERA_REMEDY)
      : 'check that both sides number their identities alike: the same folder, the same label map.';
  const reasons = explainDropped(dropped, sides).map((reason) => `  - ${reason}`);
  return new ReidError('PROTOCOL_IMPOSSIBLE', [`protocol/${protocol} cannot judge a single query:`, ...reasons].join('\n'), { hint });
}
