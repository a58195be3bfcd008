import { describe, expect, it } from 'vitest';
import { camerasOf, makePlan } from './plan.ts';
import { syntheticOptions, type SyntheticInput } from './synthetic-options.ts';

const planOf = (input: SyntheticInput) => makePlan(syntheticOptions.parse(input));

describe('makePlan', () => {
  it('fits the demo by default: a hundred unseen identities and more, six cameras, five hundred distractors', () => {
    const { crops } = planOf({});
    const identities = (split: string): Set<number> =>
      new Set(crops.filter((job) => job.split === split && job.identity > 0).map((job) => job.identity));
    const [train, query, gallery] = [identities('train'), identities('query'), identities('gallery')];
    expect(query.size).toBeGreaterThanOrEqual(100);
    expect(gallery).toEqual(query);
    expect([...query].filter((identity) => train.has(identity))).toEqual([]);
    expect(new Set(crops.map((job) => job.camera)).size).toBe(6);
    expect(crops.filter((job) => job.identity === 0).length).toBeGreaterThanOrEqual(500);
    expect(crops.length).toBeLessThan(8000);
    expect(new Set(crops.map((job) => job.file)).size).toBe(crops.length);
  });

  it('takes queries from different cameras, and one of each kind where there are infrared ones', () => {
    const { crops } = planOf({ trainIdentities: 0, testIdentities: 30, cameras: 4, infraredCameras: 2 });
    for (let identity = 1; identity <= 30; identity++) {
      const [first, second] = crops.filter((job) => job.split === 'query' && job.identity === identity);
      expect([first!.camera < 2, second!.camera < 2].sort()).toEqual([false, true]);
    }
  });

  it('gives every domain cameras of its own, and an identity those of one domain', () => {
    const options = syntheticOptions.parse({ domains: ['street', 'mall'], cameras: 3, trainIdentities: 4, testIdentities: 2 });
    expect([1, 2].map((identity) => camerasOf(options, identity))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    for (const job of makePlan(options).crops.filter(({ kind }) => kind === 'identity'))
      expect(camerasOf(options, job.identity)).toContain(job.camera);
  });

  it('lets the same identities walk through several frames, never twice through one', () => {
    const { scenes } = planOf({ scenes: { train: 40, test: 10, persons: [2, 4], identities: 6, strangers: 0 } });
    expect(scenes).toHaveLength(50);
    const train = scenes.filter(({ split }) => split === 'train').map(({ persons }) => persons);
    for (const persons of train) expect(new Set(persons).size).toBe(persons.length);
    const counts = new Map<number, number>();
    for (const identity of train.flat() as number[]) counts.set(identity, (counts.get(identity) ?? 0) + 1);
    expect(counts.size).toBe(6);
    expect(Math.min(...counts.values())).toBeGreaterThan(10);
  });
});
