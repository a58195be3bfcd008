import { Random, type FrameRecord } from '@reidkit/core-tensor/base';
import { describe, expect, it } from 'vitest';
import { queryFrames } from './query-frames.ts';

const frame = (at: number, camera: number, ...identities: (number | null)[]): FrameRecord => ({
  form: 'frame', file: `${at}.jpg`, split: 'train', camera, persons: identities.map((identity) => ({ identity, box: [0, 0, 10, 20] })),
}); // prettier-ignore

// Person 1 is in frames 0 to 5, person 2 in two, person 3 in one; frames 6 to 11 have others.
const frames = [
  ...[0, 1, 2, 3, 4, 5].map((at) => frame(at, at % 2, 1, ...(at < 2 ? [2] : []))),
  frame(6, 0, 3),
  ...[7, 8, 9, 10, 11].map((at) => frame(at, at % 2, null)),
];

describe('queryFrames', () => {
  it('gives every person who is in two frames as a query, with frames that have that person and frames that have not', () => {
    const { queries, repeated } = queryFrames(frames)(Random.seed(1));
    expect(queries.map(({ frame: at, identity }) => `${at}:${identity}`).sort()).toEqual([
      '0:1',
      '0:2',
      '1:1',
      '1:2',
      '2:1',
      '3:1',
      '4:1',
      '5:1',
    ]);
    for (const query of queries) {
      const has = (at: number): boolean => frames[at]!.persons.some(({ identity }) => identity === query.identity);
      expect(frames[query.frame]!.persons[query.person]!.identity).toBe(query.identity);
      expect([query.positives.length, query.negatives.length]).toEqual([3, 3]);
      expect(query.positives.every((at) => has(at) && at !== query.frame)).toBe(true);
      expect(query.negatives.some(has)).toBe(false);
      expect(new Set(query.negatives).size).toBe(3);
    }
    // Person 2 has one other frame; person 1 only two or three under other cameras.
    expect(repeated).toBeGreaterThanOrEqual(2);
    expect(queries.filter(({ identity }) => identity === 2).every(({ positives }) => new Set(positives).size === 1)).toBe(true);
  });

  it('is a pure function of the random place', () => {
    const epoch = queryFrames(frames);
    expect(epoch(Random.seed(1).fork('epoch', 0))).toEqual(epoch(Random.seed(1).fork('epoch', 0)));
    expect(epoch(Random.seed(1).fork('epoch', 1))).not.toEqual(epoch(Random.seed(1).fork('epoch', 0)));
  });

  it('takes frames of other cameras as often as asked', () => {
    const share = (crossCamera: number): number => {
      const epoch = queryFrames(frames, { crossCamera, positives: 1 });
      const drawn = Array.from({ length: 200 }, (_, i) => epoch(Random.seed(i)).queries.filter(({ identity }) => identity === 1)).flat();
      return drawn.filter(({ frame: at, positives }) => frames[at]!.camera !== frames[positives[0]!]!.camera).length / drawn.length;
    };
    expect(share(1)).toBe(1);
    expect(share(0)).toBeCloseTo(3 / 5, 1);
    expect(share(0.5)).toBeCloseTo(4 / 5, 1);
  });

  it('leaves out frames with unknown people where asked, and counts them else', () => {
    expect(queryFrames(frames, { negatives: 1 })(Random.seed(1)).uncertain).toBeGreaterThan(0);
    const careful = queryFrames(frames, { negatives: 1, unknown: 'leave-out' })(Random.seed(1));
    expect(careful.uncertain).toBe(0);
    expect(careful.queries.filter(({ identity }) => identity === 1).every(({ negatives }) => negatives[0] === 6)).toBe(true);
  });

  it('says when there is nobody to search for, and when nobody is ever missing', () => {
    expect(() => queryFrames(frames.slice(6))).toThrow('Nobody with an identity is in two of the 6 frames');
    expect(() => queryFrames(frames.slice(0, 2))(Random.seed(1))).toThrow('No frame is without person');
    expect(queryFrames(frames.slice(0, 2), { negatives: 0 })(Random.seed(1)).queries).toHaveLength(4);
  });
});
