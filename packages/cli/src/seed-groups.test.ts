import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineRecipe } from '@reidkit/core-tensor';
import type { EvaluationSummary } from '@reidkit/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ComparedRun, groupBySeed, sayGroup } from './seed-groups.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-seeds-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A run's folder as far as it is looked at. */
async function run(name: string, seed: number, mAP: number, epochs = 2): Promise<ComparedRun> {
  const recipe = defineRecipe({
    name: 'small', seed, model: { use: 'model/baseline' },
    streams: { main: { dataset: { use: 'dataset/market1501' }, sampler: { use: 'sampler/pk' }, transforms: [] } },
    stages: [{ name: 'train', epochs, losses: { id: { use: 'loss/cross-entropy' } }, optimizer: { use: 'optimizer/adam' }, schedule: { use: 'schedule/cosine' } }],
    evaluation: { transforms: [], protocol: { use: 'protocol/market1501' }, scorer: { use: 'scorer/cosine' } },
  }); // prettier-ignore
  const path = join(folder, name);
  await mkdir(path);
  const fingerprints = { streams: {}, evaluation: {} };
  const record = {
    format: 'reidkit-run-1',
    recipe,
    facts: {},
    labels: [],
    fingerprints,
    versions: {},
    backend: { name: 'a', version: '1', device: 'c' },
  };
  await writeFile(join(path, 'recipe.json'), JSON.stringify(record));
  const summary = { protocol: 'market1501', fingerprint: { hash: 'a' } } as unknown as EvaluationSummary;
  return { name: path, summary, figures: { mAP, 'rank-1': 2 * mAP } };
}

describe('groupBySeed', () => {
  it('gives mean and spread over runs of one recipe, and leaves out others', async () => {
    const runs = [await run('a', 1, 0.4), await run('b', 2, 0.5), await run('longer', 3, 0.9, 5), await run('c', 7, 0.3)];
    const file: ComparedRun = { ...runs[0]!, name: join(folder, 'figures.json') };
    const groups = await groupBySeed([...runs, file]);
    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({ recipe: 'small', seeds: [1, 2, 7] });
    expect(groups[0]!.runs).toEqual([runs[0]!.name, runs[1]!.name, runs[3]!.name]);
    expect(groups[0]!.figures.mAP!.mean).toBeCloseTo(0.4, 12);
    expect(groups[0]!.figures.mAP!.spread).toBeCloseTo(0.1, 12);
    expect(sayGroup(groups[0]!)).toBe(
      'small over 3 seeds (1, 2, 7): mAP 40.0 ± 10.0, rank-1 80.0 ± 20.0 (mean ± standard deviation over runs)',
    );
  });

  it('says nothing of a single run, nor of the same seed twice', async () => {
    const one = await run('single', 1, 0.4);
    expect(await groupBySeed([one])).toEqual([]);
    expect(await groupBySeed([one, await run('again', 1, 0.4)])).toEqual([]);
  });
});
