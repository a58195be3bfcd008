import { ReidError, type FrameRecord, type Random, type RandomStream } from '@reidkit/core-tensor/base';
import { z } from 'zod';

/** Options of {@link queryFrames}. */
const queryFramesOptions = z.strictObject({
  positives: z.int().min(1).max(64).default(3).describe('frames with the person, for each query'),
  negatives: z.int().min(0).max(64).default(3).describe('frames without the person, for each query'),
  unknown: z
    .enum(['any', 'leave-out'])
    .default('any')
    .describe('frames without the person that have people nobody identified, who may be anyone: taken and counted, or left out'),
  crossCamera: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('probability that frames with the person are taken from other cameras, where there are any'),
});

/** One query with the frames that it is trained on. */
export interface QueryFrames {
  /** Position of the query's own frame. */
  readonly frame: number;
  /** Position of the person in it. */
  readonly person: number;
  readonly identity: number;
  /** Positions of frames with the person, never its own. */
  readonly positives: readonly number[];
  /** Positions of frames without the person. */
  readonly negatives: readonly number[];
}

/** The queries of an epoch, and what had to be done about too few frames. */
export interface QueryFramesEpoch {
  readonly queries: readonly QueryFrames[];
  /** Queries with fewer frames of the person than asked for: some come again. */
  readonly repeated: number;
  /** Frames taken as without the person in which somebody is unknown. */
  readonly uncertain: number;
}

/** Which frames have whom. */
interface Index {
  readonly frames: readonly FrameRecord[];
  readonly framesOf: ReadonlyMap<number, readonly number[]>;
  /** Frames that may stand for "not here". */
  readonly others: readonly number[];
  readonly queries: readonly { readonly frame: number; readonly person: number; readonly identity: number }[];
}

const hasUnknown = ({ persons }: FrameRecord): boolean => persons.some(({ identity }) => identity === null);

function indexOf(frames: readonly FrameRecord[], unknown: 'any' | 'leave-out'): Index {
  const framesOf = new Map<number, number[]>();
  frames.forEach(({ persons }, at) => {
    for (const identity of new Set(persons.flatMap((person) => (person.identity === null ? [] : [person.identity])))) {
      framesOf.set(identity, [...(framesOf.get(identity) ?? []), at]);
    }
  });
  const queries = frames.flatMap(({ persons }, frame) =>
    persons.flatMap(({ identity }, person) =>
      identity === null || framesOf.get(identity)!.length < 2 ? [] : [{ frame, person, identity }],
    ),
  );
  const others = Array.from(frames.keys()).filter((at) => unknown === 'any' || !hasUnknown(frames[at]!));
  return { frames, framesOf, others, queries };
}

/** So many of the positions, each once as far as there are enough. */
function take(positions: readonly number[], count: number, draws: RandomStream): number[] {
  const first = draws.shuffle(positions).slice(0, count);
  return [...first, ...Array.from({ length: count - first.length }, () => draws.choice(positions))];
}

/** So many positions without some, by trying: the ones to leave out are few. */
function takeOthers(positions: readonly number[], without: ReadonlySet<number>, count: number, draws: RandomStream): number[] {
  if (positions.length < 4 * (without.size + count)) {
    const left = positions.filter((at) => !without.has(at));
    return left.length === 0 ? [] : take(left, count, draws);
  }
  const taken = new Set<number>();
  while (taken.size < count) {
    const at = draws.choice(positions);
    if (!without.has(at)) taken.add(at);
  }
  return [...taken];
}

/**
 * Draws the training units of a search in frames: every identified person who is in another frame too is a query, with frames that have that
 * person and frames that have not. A pure function of the random place; queries come in random order. Throws DATASET_INVALID when nobody is in
 * two frames, or everybody in all of them.
 */
export function queryFrames(
  frames: readonly FrameRecord[],
  options: z.input<typeof queryFramesOptions> = {},
): (random: Random) => QueryFramesEpoch {
  const { positives, negatives, unknown, crossCamera } = queryFramesOptions.parse(options);
  const index = indexOf(frames, unknown);
  if (index.queries.length === 0) {
    throw new ReidError('DATASET_INVALID', `Nobody with an identity is in two of the ${frames.length} frames, so there is nobody to search for.`); // prettier-ignore
  }
  const unitOf = (query: Index['queries'][number], draws: RandomStream): QueryFrames => {
    const all = index.framesOf.get(query.identity)!;
    const rest = all.filter((at) => at !== query.frame);
    const elsewhere = rest.filter((at) => frames[at]!.camera !== frames[query.frame]!.camera);
    const pool = elsewhere.length > 0 && draws.uniform() < crossCamera ? elsewhere : rest;
    const others = takeOthers(index.others, new Set(all), negatives, draws);
    if (others.length < negatives) {
      throw new ReidError('DATASET_INVALID', `No frame is without person ${query.identity}${unknown === 'any' ? '' : ' and without unknown people'}.`, {
        hint: unknown === 'any' ? 'set negatives to 0.' : 'set unknown to "any".',
      }); // prettier-ignore
    }
    return { ...query, positives: take(pool, positives, draws), negatives: others };
  };
  return (random) => {
    const order = random.fork('order').stream().shuffle(Array.from(index.queries.keys()));
    const queries = order.map((at) => unitOf(index.queries[at]!, random.fork('query', at).stream()));
    return {
      queries,
      repeated: queries.filter((query) => new Set(query.positives).size < positives).length,
      uncertain: queries.flatMap((query) => query.negatives).filter((at) => hasUnknown(frames[at]!)).length,
    };
  };
}
