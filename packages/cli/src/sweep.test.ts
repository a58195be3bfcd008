import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashFile } from '@reidkit/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, type CliResult, runCli } from './run-cli.fixture.ts';
import { countRuns, gridPoints, parseGrid } from './sweep/grid.ts';
import { settingsOf, type SweepRun } from './sweep/sweep-results.ts';

describe('a grid', () => {
  it('is every combination, the last axis fastest, each setting with all seeds, in folders named by them', () => {
    const { axes, problems } = parseGrid(['a.b=1,2', 'c=[1,2],{"x":[3,4]},"y,z"']);
    expect(problems).toEqual([]);
    expect(axes).toEqual([
      { path: 'a.b', values: ['1', '2'] },
      { path: 'c', values: ['[1,2]', '{"x":[3,4]}', '"y,z"'] },
    ]);
    const points = gridPoints(axes, [4, 5]);
    expect([points.length, countRuns(axes, [4, 5])]).toEqual([12, 12]);
    expect(points.slice(0, 3).map(({ overrides, seed }) => [...overrides, seed])).toEqual([
      ['a.b=1', 'c=[1,2]', 4],
      ['a.b=1', 'c=[1,2]', 5],
      ['a.b=1', 'c={"x":[3,4]}', 4],
    ]);
    expect(new Set(points.map(({ folder }) => folder)).size).toBe(12);
    for (const { folder } of points) expect(folder).toMatch(/^[\w.=,+-]{1,160}$/);
    expect(gridPoints([{ path: 'epochs', values: ['2'] }], [1])[0]!.folder).toBe('epochs=2,seed=1');
  });

  it('names what is wrong with each axis', () => {
    const { axes, problems } = parseGrid(['epochs', 'a=', 'b=1,,2', 'c=1,1', 'd=1', 'd=2', 'seed=1,2', 'preset=paper,code']);
    expect(axes).toEqual([{ path: 'd', values: ['1'] }]);
    expect(problems).toEqual([
      expect.stringContaining('got "epochs"'),
      '--grid a: there are no values.',
      expect.stringContaining('--grid b: a value is empty'),
      expect.stringContaining('--grid c: the value "1" is given twice'),
      expect.stringContaining('--grid d: the path is given twice'),
      expect.stringContaining('--seeds'),
      expect.stringContaining('--preset'),
    ]);
  });

  it('is summed up by setting: mean and standard deviation over the seeds that are finished', () => {
    const run = (value: string, seed: number, mAP?: number): SweepRun => ({
      overrides: [`x=${value}`], seed, folder: `x=${value},seed=${seed}`, status: mAP === undefined ? 'failed' : 'finished',
      ...(mAP === undefined ? {} : { figures: { mAP, rank1: 0.5, mINP: 0.25 } }),
    }); // prettier-ignore
    const [one, two, three] = settingsOf([run('1', 1, 0.2), run('1', 2, 0.4), run('1', 3), run('2', 1, 0.3), run('3', 1)]);
    expect(one).toMatchObject({ overrides: ['x=1'], runs: 3, figures: { mAP: { count: 2 }, rank1: { mean: 0.5, spread: 0 } } });
    expect(one!.figures!.mAP.mean).toBeCloseTo(0.3, 12);
    expect(one!.figures!.mAP.spread).toBeCloseTo(Math.SQRT2 / 10, 12);
    expect(two!.figures!.mAP).toEqual({ mean: 0.3, spread: 0, count: 1 });
    expect(three!.figures).toBeNull();
  });
});

let folder: string;
const at = (...path: string[]): string => join(folder, ...path);
const cli = (args: readonly string[], options: CliOptions = {}): Promise<CliResult> => runCli(args, { cwd: folder, ...options });

const SMALL = [
  'trainIdentities=8',
  'testIdentities=4',
  'cameras=3',
  'trainImages=[2,2]',
  'distractors=4',
  'junk=1',
  'sidecars.parts=false',
];
const BASE = [
  'baseline', '--size', 'tiny', '--data', 'data', '--workers', '0', '--threads', '1', '--set', 'stages.0.epochs=2', '--set',
  'streams.main.sampler.options.identities=4', '--set', 'streams.main.sampler.options.images=2', '--checkpoint-every', '1',
]; // prettier-ignore
const PLANES = 'model.options.encoder.options.planes';
const MARGIN = 'stages.0.losses.triplet.options.margin';

const read = async (path: string): Promise<any> => JSON.parse(await readFile(path, 'utf8'));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-sweep-'));
  const drawn = await cli(['synth', 'data', '--workers', '1', ...SMALL.flatMap((option) => ['--set', option])]);
  expect(drawn).toMatchObject({ code: 0 });
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('reidkit sweep', () => {
  it('refuses a bad grid before anything is started, all problems at once', async () => {
    const bad = [
      '--grid', 'stages.0.epoch=1,2', '--grid', `${PLANES}=`, '--grid', `${MARGIN}=0.1,0.1`, '--seeds', 'a..b', '--out', 'bad',
    ]; // prettier-ignore
    const { code, stderr } = await cli(['sweep', ...BASE, ...bad]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/there is no "epoch"\. Did you mean "epochs"\?/);
    expect(stderr).toContain('there are no values');
    expect(stderr).toContain('given twice');
    expect(stderr).toContain('--seeds expects');
    const many = Array.from({ length: 30 }, (_, i) => i + 1).join(',');
    const tooMany = await cli(['sweep', ...BASE, '--grid', `${PLANES}=${many}`, '--seeds', '1..20', '--out', 'bad']);
    expect([tooMany.code, tooMany.stderr]).toEqual([2, expect.stringContaining('600 runs (30 × 20), at most 500')]);
    const wrong = await cli([
      'sweep',
      ...BASE,
      '--grid',
      `${PLANES}=4,0`,
      '--grid',
      'model.options.encoder.options.plane=1',
      '--out',
      'bad',
    ]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/plane=1[\s\S]*Did you mean "planes"\?/);
    expect(wrong.stderr).toMatch(/planes=0/);
    expect(existsSync(at('bad'))).toBe(false);
  });

  it('goes on after kill -9 with the same result, skips what is finished, and writes table and charts', async () => {
    const sweep = [
      'sweep',
      ...BASE,
      '--grid',
      `${PLANES}=4,8`,
      '--grid',
      `${MARGIN}=0.3`,
      '--seeds',
      '1..2',
      '--processes',
      '2',
      '--out',
      'sweep',
    ];
    const killed = await cli(sweep, { watch: onceSeen('(3 left)', 'SIGKILL', 1000) });
    expect(killed.signal).toBe('SIGKILL');
    const before = (await read(at('sweep', 'sweep.json'))).runs.filter(({ status }: SweepRun) => status === 'finished');
    expect(before.length).toBeGreaterThanOrEqual(1);
    expect(before.length).toBeLessThan(4);
    const { mtimeMs } = await statOf(at('sweep', before[0].folder, 'model.safetensors'));

    const again = await cli(sweep);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stderr).toMatch(/4 runs, [123] of them finished before; 2 at a time/);
    expect((await statOf(at('sweep', before[0].folder, 'model.safetensors'))).mtimeMs).toBe(mtimeMs);
    const { runs, settings } = await read(at('sweep', 'sweep.json'));
    expect(runs.map(({ status }: SweepRun) => status)).toEqual(['finished', 'finished', 'finished', 'finished']);
    expect((await readdir(at('sweep'))).filter((name) => name.includes('partial') || name === 'running.json')).toEqual([]);
    for (const { folder: name, figures } of runs) {
      const metrics = await read(at('sweep', name, 'metrics.json'));
      expect(figures).toEqual({ mAP: metrics.mAP, rank1: metrics.cmc['1'], mINP: metrics.mINP });
    }
    const mean = (runs[0].figures.mAP + runs[1].figures.mAP) / 2;
    expect(settings[0].figures.mAP.mean).toBeCloseTo(mean, 12);
    const table = await readFile(at('sweep', 'sweep.md'), 'utf8');
    expect(table).toContain(`| ${PLANES} | ${MARGIN} | runs | mAP | R1 | mINP |`);
    expect(table).toMatch(new RegExp(`\\| 8 \\| 0.3 \\| 2 \\| \\d+\\.\\d ± \\d+\\.\\d \\|`));
    const page = await readFile(at('sweep', 'sweep.html'), 'utf8');
    expect(page.match(/<svg viewBox/g)).toHaveLength(1);
    expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)|<script/);

    // A run that was stopped and one that was not give the same numbers.
    const alone = await cli(['train', ...BASE, '--set', `${PLANES}=8`, '--set', `${MARGIN}=0.3`, '--seed', '2', '--out', 'alone']);
    expect(alone).toMatchObject({ code: 0 });
    expect(await hashFile(at('sweep', runs[3].folder, 'model.safetensors'))).toBe(await hashFile(at('alone', 'model.safetensors')));
    const other = await cli([...sweep, '--set', 'stages.0.epochs=3']);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('sweep of another recipe')]);
  }, 180_000);

  it('reports a run that fails and goes on with the others; takes the recipe of a run', async () => {
    await mkdir(at('failing', 'seed=1'), { recursive: true });
    const fresh = [
      'sweep',
      'alone',
      '--workers',
      '0',
      '--set',
      'stages.0.epochs=1',
      '--seeds',
      '1,2',
      '--processes',
      '1',
      '--out',
      'failing',
    ];
    const foreign = await cli(fresh);
    expect([foreign.code, foreign.stderr]).toEqual([1, expect.stringContaining('and no sweep')]);
    await rm(at('failing'), { recursive: true });
    // A file of somebody else where a run would go: that run is refused, the other is trained.
    const broken = await cli(fresh, {
      watch: (stderr) => stderr.includes('2 runs; 1 at a time') && void blockOnce(at('failing', 'seed=2')),
    });
    expect(broken.code).toBe(1);
    expect(broken.stderr).toMatch(/seed=2: FAILED: The folder .* holds 1 file already/);
    expect(broken.stdout).toMatch(/1 of 2 runs are finished[\s\S]*failed {2}seed=2/);
    expect(await readFile(at('failing', 'sweep.md'), 'utf8')).toMatch(/\| 1 of 2 \|[\s\S]*## Failed\n\n- seed=2: The folder/);
    expect(await readFile(at('failing', 'sweep.html'), 'utf8')).toContain('No axis of the grid has several numbers');
    expect(existsSync(at('failing', 'seed=1', 'report.html'))).toBe(true);
  }, 120_000);

  it('saves and leaves on Ctrl-C', async () => {
    const sweep = ['sweep', ...BASE, '--grid', 'stages.0.epochs=200', '--processes', '1', '--out', 'stopped'];
    let isSent = false;
    const { code, stderr } = await cli(sweep, {
      onStart: (kill) => {
        const timer = setInterval(() => {
          if (isSent || !existsSync(at('stopped', 'stages.0.epochs=200', 'training.safetensors'))) return;
          isSent = true;
          clearInterval(timer);
          kill('SIGINT');
        }, 50);
      },
    });
    expect(code).toBe(130);
    expect(stderr).toContain('the same command goes on');
    expect((await read(at('stopped', 'sweep.json'))).runs[0].status).toBe('waiting');
    expect(await readFile(at('stopped', 'logs', 'stages.0.epochs=200.log'), 'utf8')).toContain('reidkit train --resume');
  });

  it('explains itself with examples', async () => {
    expect((await cli(['sweep', '--help'])).stdout).toContain('Examples:\n  $ reidkit sweep baseline');
  });
});

async function statOf(path: string): Promise<{ mtimeMs: number }> {
  return (await import('node:fs/promises')).stat(path);
}

async function blockOnce(path: string): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'notes.txt'), 'mine');
}

/** Ends the process once a text was seen, some milliseconds later. */
function onceSeen(text: string, signal: NodeJS.Signals, milliseconds: number): NonNullable<CliOptions['watch']> {
  let seen = false;
  return (stderr, kill) => {
    if (seen || !stderr.includes(text)) return;
    seen = true;
    setTimeout(() => kill(signal), milliseconds);
  };
}
