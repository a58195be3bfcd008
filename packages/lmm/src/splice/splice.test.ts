import { EVALUATION, Random, disposeModule, initializeParameters, referenceBackend, scoped, tensor, toTensor, useBackend, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { beforeAll, describe, expect, it } from 'vitest';
import { llama } from '../llama.ts';
import { IGNORED } from '../next-word-loss.ts';
import { towerFeatures, visualAdapter } from '../visual-adapter.ts';
import { spliceEmbeddings } from './splice-embeddings.ts';
import { picturesByName, picturesInTurn, planSplice } from './splice-plan.ts';
import { placeRows, statesAt, tokenPlaces, type StateAt } from './token-places.ts';

beforeAll(() => useBackend(referenceBackend));

const [BOS, QUERY, A, B, RGN, SCENE, C, SEG, EOS, REJ] = [1, -201, 5, 6, 9, -202, 7, 8, 2, 10];
const TEXT = [BOS, QUERY, A, B, RGN, SCENE, C, SEG, EOS] as number[];

describe('a plan', () => {
  it('puts two pictures between words and says where each word went', () => {
    const rows = [{ ids: TEXT, pictures: [0, 1] }];
    const plan = planSplice(rows, { tokens: 4 });
    expect(plan.ids.shape).toEqual([1, 15]);
    expect([...plan.places[0]!]).toEqual([0, 1, 5, 6, 7, 8, 12, 13, 14]);
    expect(tokenPlaces(rows, plan, [RGN!, SEG!], 'token').map(({ place }) => place)).toEqual([7, 13]);
    expect(tokenPlaces(rows, plan, [SEG!])).toEqual([{ row: 0, id: SEG, place: 12 }]);
    expect([...plan.source.data]).toEqual([-1, 0, 1, 2, 3, -1, -1, -1, 4, 5, 6, 7, -1, -1, -1]);
  });

  it('shifts by 575 for each picture of 576 tokens', () => {
    const [places] = planSplice([{ ids: TEXT, pictures: [0, 1] }], { tokens: 576 }).places;
    expect([places![4]! - 4, places![7]! - 7]).toEqual([575, 1150]);
  });

  it('agrees with a search for any order, neighbours, and texts of other lengths, on either side', () => {
    const texts = [TEXT, [BOS, SCENE, QUERY, A, SEG], [A, B, C, RGN, QUERY, SCENE], [BOS, RGN]] as number[][];
    const rows = texts.map((ids) => ({ ids, labels: ids, pictures: picturesInTurn([ids])[0]! }));
    for (const side of ['right', 'left'] as const) {
      const plan = planSplice(rows, { tokens: 3, side });
      const [, S] = plan.ids.shape as [number, number];
      texts.forEach((ids, row) => {
        const found = [...plan.ids.data.slice(row * S, row * S + S)];
        ids.forEach((id, i) => {
          if (id >= 0) expect(found[plan.places[row]![i]!]).toBe(id);
          else expect(plan.source.data[row * S + plan.places[row]![i]!]! % 3).toBe(0);
        });
        const length = ids.length + 2 * ids.filter((id) => id < 0).length;
        expect(plan.mask.data.slice(row * S, row * S + S).reduce((sum, one) => sum + one, 0)).toBe(length);
        expect([...plan.labels.data.slice(row * S, row * S + S)].filter((label) => label !== IGNORED)).toEqual(ids.filter((id) => id >= 0));
      });
    }
  });

  it('cuts texts that are too long; what fell away has no place', () => {
    const rows = [{ ids: TEXT, pictures: [0, 1] }];
    const plan = planSplice(rows, { tokens: 4, most: 13 });
    expect(plan.ids.shape).toEqual([1, 13]);
    expect([...plan.places[0]!].slice(-2)).toEqual([-1, -1]);
    expect(tokenPlaces(rows, plan, [SEG!])).toEqual([]);
    expect(planSplice(rows, { tokens: 4, length: 20 }).ids.shape).toEqual([1, 20]);
  });

  it('refuses pictures that are too few or too many, and placeholders that are not there once', () => {
    expect(() => planSplice([{ ids: TEXT, pictures: [0] }], { tokens: 4 })).toThrow('Text 1 has 2 placeholders, 1 pictures');
    expect(() => planSplice([{ ids: [1], labels: [], pictures: [] }], { tokens: 4 })).toThrow('1 words and 0 labels');
    const names = new Map([[QUERY!, 3], [SCENE!, 5]]); // prettier-ignore
    expect(picturesByName([SCENE, A, QUERY] as number[], names)).toEqual([5, 3]);
    for (const ids of [[QUERY], [QUERY, SCENE, SCENE], [QUERY, QUERY], [QUERY, SCENE, -7], []] as number[][]) {
      expect(() => picturesByName(ids, names)).toThrow('once each');
    }
  });

  it('counts pictures as LLaVA does', () => expect(picturesInTurn([[1, -200], [1], [-200, -200]])).toEqual([[0], [], [2, 3]]));
});

describe('spliced texts', () => {
  const model = llama({ vocabulary: 11, width: 8, hidden: 12, depth: 2, heads: 4, groups: 2 });

  /** States of a text with the pictures of the query and the scene. */
  function states(
    ids: number[],
    pictures: Tensor,
  ): { readonly all: Float32Array; readonly at: (tokens: number[], how: StateAt) => number[] } {
    const rows = [{ ids, pictures: [0, 1] }];
    const plan = planSplice(rows, { tokens: 4 });
    const [words, source, mask] = [plan.ids, plan.source, plan.mask].map((value) => toTensor(value)) as [Tensor, Tensor, Tensor];
    const embeddings = spliceEmbeddings({ ids: words, source, mask }, (some) => model.embed(some), pictures);
    const found = model.forward({ embeddings, mask }, EVALUATION).states;
    return {
      all: found.dataSync() as Float32Array,
      at: (tokens, how) => [...statesAt(found, toTensor(placeRows(tokenPlaces(rows, plan, tokens, how)))).dataSync()],
    };
  }
  const picture = (seed: number): Float32Array => Random.seed(seed).normal(4 * 8);
  const both = (query: number, scene: number): Tensor => tensor([...picture(query), ...picture(scene)], [2, 4, 8]);
  const swapped = TEXT.map((id) => (id === SEG ? REJ! : id));

  it('decide the same whichever token follows, bit for bit; the token itself does not', () => {
    initializeParameters(model, Random.seed(1));
    scoped(() => {
      const [seg, rej] = [states(TEXT, both(1, 2)), states(swapped, both(1, 2))];
      expect(seg.at([SEG!], 'predict')).toEqual(rej.at([REJ!], 'predict'));
      expect(seg.at([SEG!], 'token')).not.toEqual(rej.at([REJ!], 'token'));
    });
  });

  it("keep the query's state, bit for bit, when the scene changes; the decision follows the query", () => {
    scoped(() => {
      const [one, other, third] = [states(TEXT, both(1, 2)), states(TEXT, both(1, 3)), states(TEXT, both(4, 2))];
      expect(one.at([RGN!], 'token')).toEqual(other.at([RGN!], 'token'));
      expect(one.at([SEG!], 'predict')).not.toEqual(other.at([SEG!], 'predict'));
      expect(one.at([SEG!], 'predict')).not.toEqual(third.at([SEG!], 'predict'));
    });
    disposeModule(model);
  });

  it('without pictures are words, zeros at padding', () => {
    const table = (ids: Tensor): Tensor => tensor(Array.from(ids.dataSync()).flatMap((id) => [id, id + 1]), [1, 3, 2]); // prettier-ignore
    const one = { ids: tensor([4, 5, 0], [1, 3], 'int32'), source: tensor([-1, -1, -1], [1, 3], 'int32'), mask: tensor([1, 1, 0], [1, 3]) };
    expect([...scoped(() => spliceEmbeddings(one, table)).dataSync()]).toEqual([4, 5, 5, 6, 0, 0]);
    expect(() => scoped(() => spliceEmbeddings(one, table, tensor([1, 2, 3], [1, 1, 3])))).toThrow('spliceEmbeddings (pictures)');
  });
});

describe('visualAdapter', () => {
  it("has LLaVA's names", () => {
    expect(Object.keys(visualAdapter({ inputs: 3, outputs: 4 }))).toEqual(['weight', 'bias']);
    expect(Object.keys(visualAdapter({ inputs: 3, outputs: 4, form: 'mlp2' }))).toEqual(['0', '2']);
  });

  it('takes patches in front of the last layer, or says that there are none', () => {
    const patches = tensor([1, 2], [1, 2, 1]);
    const taps = { beforeLast: tensor([7, 8, 9], [1, 3, 1]) };
    expect([...towerFeatures({ patches, taps, grid: [1, 2], extra: {} }).dataSync()]).toEqual([8, 9]);
    expect(() => towerFeatures({ patches, taps: {}, grid: [1, 2], extra: {} })).toThrow('does not give the tap "beforeLast"');
  });
});
