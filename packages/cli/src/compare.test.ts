import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

const SMALL = [
  'trainIdentities=8',
  'testIdentities=4',
  'cameras=3',
  'trainImages=[2,2]',
  'distractors=4',
  'junk=1',
  'sidecars.parts=false',
];
const TRAIN = [
  'train', 'baseline', '--size', 'tiny', '--data', 'data', '--workers', '0', '--threads', '1', '--set', 'stages.0.epochs=1',
  '--set', 'streams.main.sampler.options.identities=4', '--set', 'streams.main.sampler.options.images=2',
]; // prettier-ignore

describe('reidkit compare --html', () => {
  beforeAll(async () => {
    const run = async (...args: readonly string[]): Promise<void> => {
      const { code, stderr } = await runCli(args, { cwd: folder });
      expect([code, stderr]).toEqual([0, expect.anything()]);
    };
    await run('synth', 'data', '--workers', '1', ...SMALL.flatMap((option) => ['--set', option]));
    await run(...TRAIN, '--out', 'one', '--set', 'stages.0.epochs=0');
    await run(...TRAIN, '--out', 'two', '--seed', '2');
  }, 120_000);

  it('shows the same queries of two runs, where the second gains and loses most, and random ones, each labelled', async () => {
    const { code, stderr, stdout } = await cli('one', 'two', '--html', 'page.html', '--seed', '3');
    expect([code, stderr]).toEqual([0, expect.stringContaining('wrote page.html')]);
    expect(stdout).toContain('query by query');
    const page = await readFile(join(folder, 'page.html'), 'utf8');
    const precision = async (name: string): Promise<number[]> =>
      JSON.parse(await readFile(join(folder, name, 'evaluation.json'), 'utf8')).perQuery.averagePrecision;
    const [one, two] = [await precision('one'), await precision('two')];
    const gains = one.flatMap((value, q) => (value >= 0 ? [100 * (two[q]! - value)] : []));
    const group = (id: string): string => page.slice(page.indexOf(`id="${id}"`)).split('class="group"')[0]!;
    const shown = (id: string): string[] => [...group(id).matchAll(/<span>([+−][\d.]+) points<\/span>/g)].map(([, points]) => points!);
    const up = gains.filter((gain) => gain > 0).sort((a, b) => b - a);
    const down = gains.filter((gain) => gain < 0).sort((a, b) => a - b);
    expect(up.length + down.length).toBeGreaterThan(0);
    expect(shown('gains')).toEqual(up.slice(0, 6).map((gain) => `+${gain.toFixed(1)}`));
    expect(shown('losses')).toEqual(down.slice(0, 6).map((gain) => `−${(-gain).toFixed(1)}`));
    expect(shown('random')).toHaveLength(Math.min(6, gains.length));
    expect(page).toContain(`Drawn by chance (seed 3) from the ${gains.length} queries that both judge`);
    expect(page).toContain('Chosen because they went badly for it');
    expect(page.match(/<h4>one: AP/g)).toHaveLength(page.match(/<h4>two: AP/g)!.length);
    expect(page.indexOf('<h4>one: AP')).toBeLessThan(page.indexOf('<h4>two: AP'));
    expect(page).not.toContain('cannot be read');
    expect(page).not.toMatch(/https?:\/\/|<script/);
  });

  it('says what it needs', async () => {
    const three = await cli('one', 'two', 'one', '--html', 'page.html');
    expect([three.code, three.stderr]).toEqual([2, expect.stringContaining('shows two runs, got 3')]);
    await rm(join(folder, 'two', 'rankings.safetensors'));
    const without = await cli('one', 'two', '--html', 'page.html');
    expect([without.code, without.stderr]).toEqual([1, expect.stringMatching(/keeps no rankings[\s\S]*train --resume two/)]);
    const again = await runCli(['train', '--resume', 'two', '--workers', '0', '--threads', '1'], { cwd: folder });
    expect(again.code).toBe(0);
    expect((await cli('one', 'two', '--html', 'page.html')).code).toBe(0);
  });
});
