import { Random, hostTensor, type Box, type GalleryScene, type RetrievalSide } from '@reidkit/core-tensor/base';
import { describe, expect, it } from 'vitest';
import { cosineScorer } from '../cosine-scorer.ts';
import { judgePersonSearch } from './judge-person-search.ts';
import { personSearch } from './person-search.ts';
import type { SearchedFrame, SearchQuery } from './search-scene.ts';

const WIDTH = 6;

/** Frames of a few people, drawn: the same scene as the protocol takes it and as {@link judgePersonSearch} does. */
function scene(seed: number) {
  const random = Random.seed(seed).stream();
  const unit = (): number[] => {
    const row = Array.from({ length: WIDTH }, () => random.normal());
    const norm = Math.hypot(...row);
    return row.map((x) => x / norm);
  };
  const frames: SearchedFrame[] = [];
  const truth: { frame: number; identity: number | null; box: Box }[] = [];
  for (let frame = 0; frame < 12; frame++) {
    const people = Array.from({ length: 3 }, (_, k) => {
      const left = 60 * k + Math.floor(random.uniform() * 10);
      const box: Box = [left, 5, left + 30, 95];
      truth.push({ frame, identity: k === 2 ? null : (frame + k) % 4, box });
      const shift = random.uniform() < 0.3 ? 25 : 2;
      return { box: [left + shift, 5, left + 30 + shift, 95] as Box, score: random.uniform(), feature: Float32Array.from(unit()) };
    });
    frames.push({ camera: frame % 3, detections: people });
  }
  const queries = Array.from({ length: 5 }, (_, q): SearchQuery & { identity: number } => ({
    identity: q % 4,
    frame: q,
    camera: q % 3,
    feature: Float32Array.from(unit()),
    truth: truth.flatMap(({ frame, identity, box }) => (identity === q % 4 ? [{ frame, box }] : [])),
    ...(q === 3 ? { gallery: [1, 3, 6, 7, 8] } : {}),
  }));
  return { frames, queries, truth };
}

function sides({ frames, queries, truth }: ReturnType<typeof scene>): {
  query: RetrievalSide;
  gallery: RetrievalSide & { facts: { scene: GalleryScene } };
} {
  const people = frames.flatMap(({ detections }, frame) => detections.map((found) => ({ frame, ...found })));
  const rows = (list: readonly { readonly feature: ArrayLike<number> }[]) => ({
    count: list.length,
    tensors: { global: hostTensor(Float32Array.from(list.flatMap(({ feature }) => Array.from(feature))), [list.length, WIDTH]) },
  });
  return {
    query: {
      descriptors: rows(queries),
      facts: {
        identities: Int32Array.from(queries, ({ identity }) => identity),
        cameras: Int32Array.from(queries, ({ camera }) => camera),
        queryScene: { frames: Int32Array.from(queries, ({ frame }) => frame), searched: queries.map(({ gallery }) => gallery) },
      },
    },
    gallery: {
      descriptors: rows(people),
      facts: {
        identities: new Int32Array(people.length).fill(-1),
        cameras: Int32Array.from(people, ({ frame }) => frames[frame]!.camera),
        scene: {
          cameras: Int32Array.from(frames, ({ camera }) => camera),
          frames: Int32Array.from(people, ({ frame }) => frame),
          boxes: people.map(({ box }) => box),
          scores: Float32Array.from(people, ({ score }) => score),
          truth,
        },
      },
    },
  };
}

describe('personSearch', () => {
  it.each([1, 2, 3, 4])('gives the figures of judgePersonSearch over cosine distances (scene %i)', async (seed) => {
    const drawn = scene(seed);
    const { query, gallery } = sides(drawn);
    for (const rules of [{}, { minScore: 0.2 }, { ownCamera: 'left out' as const }]) {
      const result = await personSearch(rules).evaluate(query, gallery, cosineScorer());
      const expected = judgePersonSearch(drawn.frames, drawn.queries, rules);
      expect(result.protocol).toBe(expected.protocol);
      [...expected.perQuery.averagePrecision].forEach((value, q) => expect(result.perQuery.averagePrecision[q]).toBeCloseTo(value, 9));
      expect(result.mAP).toBeCloseTo(expected.mAP, 9);
      for (const [rank, value] of Object.entries(expected.top)) expect(result.cmc[Number(rank) - 1]).toBeCloseTo(value, 12);
      expect(result.queriesDropped).toBe(expected.queriesDropped);
    }
  });

  it('lists the detections that it judged, the right ones marked, and says how well people were found', async () => {
    const { query, gallery } = sides(scene(1));
    const protocol = personSearch({ minScore: 0 });
    const [first] = await protocol.rank(query, gallery, cosineScorer(), { queries: [0], length: 40 });
    expect(first!.ranking.every(({ gallery: item }) => gallery.facts.scene.frames[item] !== 0)).toBe(true);
    expect(first!.ranking).toHaveLength(33);
    const distances = first!.ranking.map(({ distance }) => distance);
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    const { figures, perQuery } = await protocol.evaluate(query, gallery, cosineScorer());
    expect(first!.averagePrecision).toBe(perQuery.averagePrecision[0]);
    expect(first!.ranking.findIndex(({ match }) => match)).toBe(perQuery.firstMatch[0]);
    expect(figures!['detection recall']).toBeGreaterThan(0.4);
    expect(figures!['detection recall']).toBeLessThan(1);
  });

  it('counts somebody who was found nowhere as a miss, and drops a query whose person is in no frame', async () => {
    const { query, gallery } = sides(scene(2));
    const scenery = gallery.facts.scene;
    const blind = { ...gallery, facts: { ...gallery.facts, scene: { ...scenery, scores: scenery.scores.map(() => 0) } } };
    const result = await personSearch().evaluate(query, blind, cosineScorer());
    expect(result).toMatchObject({ mAP: 0, mINP: 0, queriesDropped: 0 });
    expect(result.cmc.at(-1)).toBe(0);
    const nobody = {
      ...gallery,
      facts: { ...gallery.facts, scene: { ...scenery, truth: scenery.truth.filter(({ identity }) => identity !== 1) } },
    };
    expect((await personSearch().evaluate(query, nobody, cosineScorer())).notes).toEqual([
      '1 of 5 queries: no searched frame shows the person.',
    ]);
    const empty = { ...gallery, facts: { ...gallery.facts, scene: { ...scenery, truth: [] } } };
    await expect(personSearch().evaluate(query, empty, cosineScorer())).rejects.toThrow(/cannot judge a single one of 5 queries/);
  });

  it('refuses crops, and distances that are not numbers', async () => {
    const { query, gallery } = sides(scene(3));
    const { scene: _, ...facts } = gallery.facts;
    await expect(personSearch().evaluate(query, { ...gallery, facts }, cosineScorer())).rejects.toMatchObject({
      code: 'PROTOCOL_IMPOSSIBLE',
    });
    const odd = {
      name: 'odd',
      reads: ['global'],
      prepare: () => ({ count: 36, distances: async () => new Float32Array(5 * 36).fill(NaN) }),
    };
    await expect(personSearch({ minScore: 0 }).evaluate(query, gallery, odd)).rejects.toThrow(/Query 0 cannot be ranked/);
  });
});
