import { hostTensor, Random, ReidError, type Descriptors } from '@reidkit/core-tensor/base';
import { describe, expect, it } from 'vitest';
import { euclidScorer } from './euclid-scorer.ts';
import { renderReport } from './report/render-report.ts';
import { kReciprocal } from './rerank/k-reciprocal.ts';

const drawn = (count: number, seed: number): Descriptors => ({
  count,
  tensors: { global: hostTensor(Random.seed(seed).normal(count * 8), [count, 8]) },
});

// The numbers are those of the collection of threads that users wrote in other toolkits.
describe('what users of other toolkits stumble over in evaluation', () => {
  it('3: re-ranking that would not fit ends with what it needs, not with the process', async () => {
    const sides = { query: drawn(300, 1), gallery: drawn(3000, 2), scorer: euclidScorer({ squared: true }) };
    const error: unknown = await kReciprocal({ k1: 100, memory: 1 })
      .apply(sides)
      .catch((thrown: unknown) => thrown);
    expect(ReidError.is(error) && [error.code, error.message, error.hint]).toEqual([
      'INVALID_OPTIONS',
      expect.stringMatching(/^Re-ranking 3300 images with k1 100 and k2 6 needs more than the 1 MB it may take/),
      'set its option memory to 2, or take smaller k1 and k2.',
    ]);
  });

  it('9: the worst queries stand last and are called so, after queries drawn by chance', async () => {
    const list = { averagePrecision: 0.5, query: { image: { file: 'none.jpg' }, identity: 1, camera: 0 }, ranking: [] };
    const method = { name: 'Trained', mAP: 0.5, cmc: { '1': 0.5 } };
    const page = await renderReport({
      title: 'a run',
      evaluation: { protocol: 'market1501', queries: 3, queriesDropped: 0, gallery: 9, testIdentities: 2, methods: [method] },
      rankedLists: { best: [list], worst: [list], random: [list] },
      dataset: { fingerprint: { dataset: 'people', splits: {}, hash: 'a' } },
      environment: { versions: {}, backend: 'none', seed: 1, seconds: {} },
    });
    const places = ['Drawn by chance from all judged queries', 'Chosen because they went well', 'Chosen because they failed: they show where the model breaks, not how it usually does.'].map((text) => page.replace(/\s+/g, ' ').indexOf(text)); // prettier-ignore
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});
