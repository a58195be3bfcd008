import { ReidError, type Protocol, type RetrievalFacts, type RetrievalResult } from '@reidkit/core-tensor/base';
import { protocolConformance } from '@reidkit/core-tensor/testing';
import { describe, expect, it } from 'vitest';
import { clothesChanging, sameClothes } from './clothes-changing.ts';
import { llcmProtocol, sysuMm01Protocol } from './cross-modality.ts';
import { cuhk03SingleShot } from './cuhk03-single-shot.ts';
import { givenDistances } from './given-distances.ts';
import { irmProtocol } from './irm.ts';
import { market1501 } from './market1501.ts';
import { trialGalleries } from './trial-galleries.ts';
import { occluded, regdbProtocol, textToImage } from './unfiltered.ts';

const factsOf = (identities: readonly number[], cameras: readonly number[], clothes?: readonly number[]): RetrievalFacts => ({
  identities: Int32Array.from(identities),
  cameras: Int32Array.from(cameras),
  ...(clothes ? { clothes: Int32Array.from(clothes) } : {}),
});

/** Four people, each in two outfits before two cameras. */
const dressed = {
  query: factsOf([0, 1, 2, 3], [0, 0, 0, 0], [0, 10, 20, 30]),
  gallery: factsOf([0, 0, 1, 1, 2, 2, 3, 3], [1, 1, 1, 1, 1, 1, 1, 1], [0, 1, 10, 11, 20, 21, 30, 31]),
};

const PROTOCOLS: Readonly<Record<string, () => Protocol>> = {
  market1501,
  cuhk03SingleShot,
  clothesChanging,
  sameClothes,
  llcmProtocol,
  sysuMm01Protocol,
  irmProtocol,
  textToImage,
  regdbProtocol,
  occluded,
};

for (const [name, make] of Object.entries(PROTOCOLS)) {
  describe(`${name} keeps to the conformance suite`, () => {
    for (const { title, check } of protocolConformance(make, { facts: dressed })) it(title, check);
  });
}

interface World {
  readonly distances: readonly (readonly number[])[];
  readonly query: RetrievalFacts;
  readonly gallery: RetrievalFacts;
}

function judge(protocol: Protocol, { distances, query, gallery }: World): Promise<RetrievalResult> {
  const given = givenDistances(Float32Array.from(distances.flat()), [distances.length, gallery.identities.length]);
  return protocol.evaluate({ descriptors: given.queries, facts: query }, { descriptors: given.gallery, facts: gallery }, given.scorer);
}

describe('protocol/cuhk03-single-shot', () => {
  const world: World = {
    // The nearest image of the person is at rank 1, the other at rank 4; person 2 lies between.
    distances: [[1, 4, 2, 3]],
    query: factsOf([1], [0]),
    gallery: factsOf([1, 1, 2, 3], [1, 1, 1, 1]),
  };

  it('averages the curve over given draws and keeps the precision of the whole gallery', async () => {
    const result = await judge(cuhk03SingleShot({}, () => [[0, 2, 3], [1, 2, 3]]), world); // prettier-ignore
    expect(result.cmc).toEqual([0.5, 0.5, 1, 1]);
    expect(result.mAP).toBe((1 + 2 / 4) / 2);
  });

  it('draws the same galleries from the same seed, others from another', async () => {
    const rank1 = async (seed: number): Promise<number> => (await judge(cuhk03SingleShot({ seed, repeats: 101 }), world)).cmc[0]!;
    expect(await rank1(3)).toBe(await rank1(3));
    expect(await rank1(3)).not.toBe(await rank1(4));
    expect(Math.abs((await rank1(3)) - 0.5)).toBeLessThan(0.2);
  });
});

describe('clothes protocols', () => {
  const world: World = {
    // Nearest first: same clothes, somebody else, other clothes.
    distances: [[1, 2, 3]],
    query: factsOf([1], [0], [10]),
    gallery: factsOf([1, 2, 1], [1, 1, 1], [10, 20, 11]),
  };

  it('judge by clothes and state the others beside', async () => {
    const changing = await judge(clothesChanging(), world);
    expect(changing).toMatchObject({ mAP: 0.5, figures: { 'general mAP': (1 + 2 / 3) / 2, 'general rank-1': 1, 'same-clothes mAP': 1 } });
    const same = await judge(sameClothes(), world);
    expect(same).toMatchObject({ mAP: 1, figures: { 'clothes-changing mAP': 0.5, 'clothes-changing rank-1': 0 } });
  });

  it('say what to do when clothes are not known', async () => {
    const nothing = judge(clothesChanging(), { ...world, query: factsOf([1], [0]) });
    await expect(nothing).rejects.toThrow('expected an outfit for every image, got none for the queries');
    const oneOutfit = judge(clothesChanging(), { ...world, gallery: factsOf([1, 2, 1], [1, 1, 1], [10, 20, 10]) });
    const error: unknown = await oneOutfit.catch((thrown: unknown) => thrown);
    expect(ReidError.is(error) && [error.code, error.message, error.hint]).toEqual([
      'PROTOCOL_IMPOSSIBLE',
      expect.stringContaining("every match has the query's own camera or clothes"),
      expect.stringContaining('protocol/same-clothes'),
    ]);
  });
});

describe('protocol/irm', () => {
  it('divides by the matches before the cut, counted before anything is left out', async () => {
    const result = await judge(irmProtocol({ cut: 3 }), {
      // Order: own camera (left out), match, other, match. The cut keeps three raw places, and one match.
      distances: [[1, 2, 3, 4]],
      query: factsOf([1], [0]),
      gallery: factsOf([1, 1, 2, 1], [0, 1, 1, 1]),
    });
    expect(result.mAP).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(result.figures).toEqual({ 'map@3-hits': 1 });
  });

  it('gives 0 to a query whose matches all lie behind the cut', async () => {
    const world = { distances: [[1, 2]], query: factsOf([1], [0]), gallery: factsOf([2, 1], [1, 1]) };
    expect((await judge(irmProtocol({ cut: 1 }), world)).figures).toEqual({ 'map@1-hits': 0 });
  });
});

describe('protocols of drawn galleries', () => {
  const gallery = factsOf([1, 1, 1, 2, 2, 2], [0, 0, 1, 0, 1, 1]);

  it('draw one image of every person and camera', () => {
    const drawn = trialGalleries(gallery, { trials: 20, seed: 1 });
    for (const positions of drawn) {
      expect(positions).toHaveLength(4);
      expect([...positions].map((at) => `${gallery.identities[at]} ${gallery.cameras[at]}`)).toEqual(['1 0', '1 1', '2 0', '2 1']);
    }
    expect(new Set(drawn.map((positions) => positions.join())).size).toBeGreaterThan(1);
    expect(trialGalleries(gallery, { trials: 20, seed: 1 })).toEqual(drawn);
  });

  it('take given galleries and refuse those that do not fit', () => {
    const galleries = [Int32Array.of(0, 3)];
    expect(trialGalleries({ ...gallery, galleries }, { trials: 9, seed: 1 })).toBe(galleries);
    expect(() => trialGalleries({ ...gallery, galleries: [Int32Array.of(0), Int32Array.of(6)] }, { trials: 9, seed: 1 })).toThrow(
      'The gallery of trial 1 holds position 6; expected 0 to 5.',
    );
  });

  it('count people in the curve, images in the precision', async () => {
    const world: World = {
      distances: [[1, 2, 3]],
      query: factsOf([1], [9]),
      gallery: { ...factsOf([2, 2, 1], [0, 1, 1]), galleries: [Int32Array.of(0, 1, 2)] },
    };
    const result = await judge(llcmProtocol(), world);
    expect(result).toMatchObject({ mAP: 1 / 3, cmc: [0, 1], gallery: 3 });
  });

  it('leave out the camera at the same place, whoever is seen', async () => {
    const world: World = { distances: [[1, 2, 3], [1, 2, 3]], query: factsOf([1, 1], [2, 5]), gallery: factsOf([2, 1, 1], [1, 1, 0]) }; // prettier-ignore
    const { perQuery } = await judge(sysuMm01Protocol({ galleries: 1 }), world);
    expect([...perQuery.averagePrecision]).toEqual([1, (1 / 2 + 2 / 3) / 2]);
  });
});
