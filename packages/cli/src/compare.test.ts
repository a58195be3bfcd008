import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, type CliResult } from './run-cli.fixture.ts';

let folder: string;
const cli = (...args: readonly string[]): Promise<CliResult> => runCli(['compare', ...args], { cwd: folder });

/** A file as `evaluate --out` writes it; the precision of query q is `precision(q)`, every fifth query is dropped. */
function evaluation(hash: string, precision: (query: number) => number): string {
  const queries = Array.from({ length: 100 }, (_, q) => q);
  const kept = (of: (query: number) => number): number[] => queries.map((q) => (q % 5 === 4 ? -1 : of(q)));
  return JSON.stringify({
    protocol: 'market1501', mAP: 0.5, queries: 100, fingerprint: { dataset: 'people', version: '1', hash },
    perQuery: {
      averagePrecision: kept(precision), inverseNegativePenalty: kept(precision), firstMatch: kept((q) => (q % 2 === 0 ? 0 : 3)),
    },
  }); // prettier-ignore
}

const hard = (query: number): number => (query % 10) / 10;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-compare-'));
  await writeFile(join(folder, 'first.json'), evaluation('a', hard));
  await writeFile(join(folder, 'better.json'), evaluation('a', (q) => hard(q) + 0.05)); // prettier-ignore
  await writeFile(join(folder, 'elsewhere.json'), evaluation('b', hard));
  await writeFile(join(folder, 'old.json'), JSON.stringify({ mAP: 0.5 }));
});
afterAll(() => rm(folder, { recursive: true }));

describe('reidkit compare', () => {
  it('gives intervals over queries, and differences query by query', async () => {
    const { runs, confidence } = JSON.parse((await cli('first.json', 'better.json', '--json')).stdout);
    expect(confidence).toBe(0.95);
    const [first, better] = runs;
    const judged = Array.from({ length: 100 }, (_, q) => q).filter((q) => q % 5 !== 4);
    expect(first.figures.mAP.value).toBeCloseTo(judged.reduce((sum, q) => sum + hard(q), 0) / judged.length, 12);
    expect(first.figures['rank-1'].value).toBeCloseTo(judged.filter((q) => q % 2 === 0).length / judged.length, 12);
    expect(first.figures.mAP.low).toBeLessThan(first.figures.mAP.value);
    expect(first.figures.mAP.high - first.figures.mAP.low).toBeGreaterThan(0.05);
    expect(first.differences).toBeNull();
    // Every query is 5 points better: the intervals overlap, the difference is certain.
    expect(better.figures.mAP.low).toBeLessThan(first.figures.mAP.high);
    expect(better.differences.mAP.low).toBeCloseTo(0.05, 9);
    expect(better.differences.mAP.high).toBeCloseTo(0.05, 9);
  });

  it('gives the same intervals from the same seed, others from another', async () => {
    const [one, again, other] = await Promise.all(['1', '1', '2'].map((seed) => cli('first.json', '--json', '--seed', seed)));
    expect(again!.stdout).toBe(one!.stdout);
    expect(JSON.parse(other!.stdout).runs[0].figures).not.toEqual(JSON.parse(one!.stdout).runs[0].figures);
  });

  it('prints a table for people and says what cannot be compared', async () => {
    const { stdout, code } = await cli('first.json', 'better.json', 'elsewhere.json');
    expect(code).toBe(0);
    expect(stdout).toContain('people (1)  market1501');
    expect(stdout).toMatch(/better\.json +\+5\.0 \[\+5\.0, \+5\.0\]/);
    expect(stdout).toContain('elsewhere.json was judged on other queries than first.json');
    expect(stdout).toContain('2000 samples, seed 1');
  });

  it('says what to do with a file without the numbers of queries', async () => {
    const { code, stderr } = await cli('old.json');
    expect(code).toBe(1);
    expect(stderr).toMatch(/holds no evaluation with the numbers of every query[\s\S]*evaluate RUN --out FILE/);
  });
});
