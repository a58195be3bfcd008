import { join } from 'node:path';
import { type CropRecord, currentBackend, type DatasetReader, hostTensor, writeSafetensors } from '@reidkit/core-tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRankings } from './rankings.ts';
import { runFolder } from './run-folder.ts';
import { type SmallRun, smallRun } from './small-run.fixture.ts';
import { train } from './train.ts';

let small: SmallRun;
beforeAll(async () => {
  small = await smallRun();
});
afterAll(() => small.remove());

describe('the rankings of a run', () => {
  it('are what its ranked lists show, for every judged query', async () => {
    const recipe = small.recipe();
    recipe.stages = recipe.stages.map((stage) => ({ ...stage, epochs: 1 }));
    const { folder, evaluation } = await train({
      recipe, registry: small.registry, backend: currentBackend(), out: join(small.folder, 'ranked'), workers: 0,
    }); // prettier-ignore
    expect(evaluation).not.toHaveProperty('rankings');
    const { splits } = await small.registry.use<DatasetReader>(recipe.streams.main!.dataset).read();
    const fileOf = (split: string, position: number): string => (splits[split]![position] as CropRecord).file;
    const rankings = await readRankings(folder);
    const judged = evaluation.perQuery.averagePrecision.flatMap((value, at) => (value >= 0 ? [at] : []));
    expect(rankings.queries.map((query) => query.judged)).toEqual(judged);
    const lists = [...evaluation.lists.random, ...evaluation.lists.worst];
    expect(lists.length).toBeGreaterThan(4);
    for (const list of lists) {
      const at = rankings.queries.findIndex(({ position }) => fileOf('query', position) === (list.query as CropRecord).file);
      expect(evaluation.perQuery.averagePrecision[rankings.queries[at]!.judged]).toBe(list.averagePrecision);
      expect(rankings.ranking(at).map(({ position, match }) => [fileOf('gallery', position), match])).toEqual(
        list.ranking.map(({ item, match }) => [item.file, match]),
      );
      rankings.ranking(at).forEach(({ distance }, rank) => expect(distance).toBeCloseTo(list.ranking[rank]!.distance, 5));
    }
  });

  it('are refused when they are something else, or not there', async () => {
    const folder = runFolder(small.folder);
    await expect(readRankings(folder)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await writeSafetensors(folder.rankings, {
      queries: hostTensor(new Int32Array(4), [2, 2]),
      items: hostTensor(new Int32Array(3), [3, 1]),
    });
    await expect(readRankings(folder)).rejects.toMatchObject({ code: 'FILE_INVALID' });
  });
});
