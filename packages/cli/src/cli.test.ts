import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashFile } from '@reidkit/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, type CliResult, runCli } from './run-cli.fixture.ts';

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
const TINY_RUN = [
  'train', 'baseline', '--size', 'tiny', '--data', 'data', '--workers', '0', '--threads', '1',
  '--set', 'stages.0.epochs=3', '--set', 'streams.main.sampler.options.identities=4', '--set', 'streams.main.sampler.options.images=2',
  '--set', 'model.options.encoder.options.planes=4', '--checkpoint-every', '1',
]; // prettier-ignore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-cli-'));
  const drawn = await cli(['synth', 'data', '--workers', '1', ...SMALL.flatMap((option) => ['--set', option])]);
  expect(drawn.stderr + drawn.stdout).toContain('data check data');
  const trained = await cli([...TINY_RUN, '--out', 'run']);
  expect(trained).toMatchObject({ code: 0 });
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the command line', () => {
  it('explains itself, with examples', async () => {
    const { code, stdout } = await cli(['train', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Examples:\n  $ reidkit train baseline');
    expect((await cli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('ends with 2 for wrong usage and says what to do', async () => {
    for (const args of [
      ['trian'],
      ['train'],
      ['train', 'baseline', '--threads', 'many'],
      ['train', 'baseline', '--seeds', 'a..b', '--data', 'data'],
      ['train', 'baseline', '--data', 'data', '--artefact', 'prompts'],
    ]) {
      const { code, stderr } = await cli(args);
      expect([args, code]).toEqual([args, 2]);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
    expect((await cli(['trian'])).stderr).toContain('Did you mean train?');
  });

  it('refuses a stage whose artefact nobody made, or that the recipe does not have', async () => {
    const alone = await cli(['train', 'clip-reid', '--size', 'tiny', '--data', 'data', '--stages', 'image', '--out', 'alone']);
    expect(alone.code).toBe(1);
    expect(alone.stderr).toMatch(/stage "image" needs the artefact "prompts"[\s\S]*--artefact NAME=FILE/);
    const none = await cli(['train', 'clip-reid', '--size', 'tiny', '--data', 'data', '--stages', 'imgae']);
    expect(none.stderr).toMatch(/has no stage "imgae"\. Did you mean "image"\?/);
  });

  it('checks a data set, for people and for programs', async () => {
    const { code, stdout } = await cli(['data', 'check', 'data']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/query: 8 images, 4 identities/);
    expect(stdout).toContain('Nothing is in the way');
    const report = JSON.parse((await cli(['data', 'check', 'data', '--json'])).stdout);
    expect(report).toMatchObject({ ok: true, splits: { query: { records: 8 } } });
  });

  it('trained a run that can be evaluated, embedded with, and reported', async () => {
    const figures = JSON.parse((await cli(['evaluate', 'run', '--json', '--workers', '0'])).stdout);
    const metrics = JSON.parse(await readFile(at('run', 'metrics.json'), 'utf8'));
    expect(figures.mAP).toBe(metrics.mAP);
    const without = JSON.parse(
      (await cli(['evaluate', 'run', '--json', '--workers', '0', '--set', 'protocol.options={"cameraFilter":"none"}'])).stdout,
    );
    expect(without.protocol).toContain('no camera filter');
    const image = join('data', 'query', (await readdir(at('data', 'query')))[0]!);
    const { stdout } = await cli(['embed', 'run', image]);
    expect(JSON.parse(stdout).descriptor).toHaveLength(32);
    await rm(at('run', 'report.html'));
    expect((await cli(['report', 'run'])).code).toBe(0);
    expect(await readFile(at('run', 'report.html'), 'utf8')).toContain('<!doctype html>');
  });

  it('goes on after Ctrl-C with the same result', async () => {
    const stopped = await cli([...TINY_RUN, '--out', 'stopped'], { watch: onceSeen('loss', 'SIGINT') });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('reidkit train --resume stopped');
    expect((await cli(['train', '--resume', 'stopped', '--workers', '0', '--threads', '1'])).code).toBe(0);
    expect(await hashFile(at('stopped', 'model.safetensors'))).toBe(await hashFile(at('run', 'model.safetensors')));
  });

  it('goes on after kill -9 with the same result', async () => {
    const killed = await cli([...TINY_RUN, '--out', 'killed'], { watch: onceSeen('loss', 'SIGKILL', 400) });
    expect(killed.signal).toBe('SIGKILL');
    expect((await cli(['train', '--resume', 'killed', '--workers', '0', '--threads', '1'])).code).toBe(0);
    expect(await hashFile(at('killed', 'model.safetensors'))).toBe(await hashFile(at('run', 'model.safetensors')));
    expect((await readdir(at('killed'))).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('shows and lists recipes, and takes them back as files', async () => {
    expect((await cli(['recipes'])).stdout).toContain('baseline');
    const { stdout } = await cli(['recipes', 'show', 'baseline', '--size', 'tiny']);
    await writeFile(at('mine.json'), stdout);
    expect((await cli(['recipes', 'show', 'mine.json'])).stdout).toBe(stdout);
    expect((await cli(['recipes', 'show', 'baseline', '--parameters'])).stdout).toMatch(/25,\d{3},\d{3} parameters/);
  });

  it('says what the machine offers', async () => {
    const { engines } = JSON.parse((await cli(['doctor', '--json', '--threads', '1'])).stdout);
    expect(engines.onnx).toMatchObject({ name: 'onnx', threads: 1 });
    expect(engines.onnx.gflops).toBeGreaterThan(1);
    expect(engines.tensorflow.device ?? engines.tensorflow.problem).toMatch(/^[cg]pu$|npm install @tensorflow\/tfjs-node/);
    expect(engines.xla.device ?? engines.xla.problem).toMatch(/^\w+ \S|no PJRT plugin|PJRT plugin .* is not there/);
  });
});

describe('bad input gets one clear error, and nothing is left behind', () => {
  const fails = async (args: readonly string[], message: RegExp): Promise<void> => {
    const { code, stderr } = await cli(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('should not. Please report it');
    expect(code).toBe(1);
  };
  const nothingAt = async (...names: string[]): Promise<void> => {
    const held = await readdir(folder);
    for (const name of names) expect(held).not.toContain(name);
  };

  it('a missing folder', async () => {
    await fails([...TINY_RUN.map((word) => (word === 'data' ? 'nowhere' : word)), '--out', 'x1'], /nowhere/);
    await nothingAt('x1');
  });

  it('a folder in which no image matches', async () => {
    await mkdir(at('empty', 'bounding_box_train'), { recursive: true });
    await mkdir(at('empty', 'query'));
    await mkdir(at('empty', 'bounding_box_test'));
    await writeFile(at('empty', 'bounding_box_train', 'holiday.jpg'), 'x');
    await fails([...TINY_RUN.map((word) => (word === 'data' ? 'empty' : word)), '--out', 'x2'], /holiday\.jpg/);
    await nothingAt('x2');
  });

  it('a truncated JPEG, named', async () => {
    const broken = at('broken');
    for (const split of ['bounding_box_train', 'query', 'bounding_box_test']) {
      await mkdir(join(broken, split), { recursive: true });
      for (const name of await readdir(at('data', split))) await copyFile(at('data', split, name), join(broken, split, name));
    }
    const victim = (await readdir(join(broken, 'query')))[0]!;
    const bytes = await readFile(join(broken, 'query', victim));
    await writeFile(join(broken, 'query', victim), bytes.subarray(0, bytes.length >> 1));
    await fails(['evaluate', 'run', '--data', 'broken', '--workers', '0'], new RegExp(victim));
    const { code, stdout } = await cli(['evaluate', 'run', '--data', 'broken', '--workers', '0', '--on-error', 'skip', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ skipped: 1, queries: 7 });
  });

  it('one camera only: says that every query would be dropped, and how to evaluate without the rule', async () => {
    const one = at('one-camera');
    for (const split of ['bounding_box_train', 'query', 'bounding_box_test']) {
      await mkdir(join(one, split), { recursive: true });
      for (const name of await readdir(at('data', split)))
        await copyFile(at('data', split, name), join(one, split, name.replace(/_c\d+s/, '_c1s')));
    }
    await fails(
      ['evaluate', 'run', '--data', 'one-camera', '--workers', '0'],
      /all \d+ queries: every match has the query's own camera.*cameraFilter.*none/s,
    );
    const { code } = await cli([
      'evaluate',
      'run',
      '--data',
      'one-camera',
      '--workers',
      '0',
      '--set',
      'protocol.options={"cameraFilter":"none"}',
    ]);
    expect(code).toBe(0);
  });

  it('query identities that the gallery does not have', async () => {
    const absent = at('absent');
    for (const split of ['bounding_box_train', 'query', 'bounding_box_test']) {
      await mkdir(join(absent, split), { recursive: true });
      for (const name of await readdir(at('data', split))) {
        const renamed = split === 'query' ? name.replace(/^\d{4}/, (id) => String(Number(id) + 900).padStart(4, '0')) : name;
        await copyFile(at('data', split, name), join(absent, split, renamed));
      }
    }
    await fails(['evaluate', 'run', '--data', 'absent', '--workers', '0'], /gallery/);
  });

  it('an unknown recipe, option or run', async () => {
    await fails(['train', 'baselin', '--data', 'data'], /Did you mean "baseline"\?/);
    await fails([...TINY_RUN, '--out', 'x3', '--set', 'stages.0.epoch=1'], /Did you mean "epochs"\?/);
    await fails([...TINY_RUN, '--out', 'x3', '--set', 'model.options.encoder.options.plane=4'], /Did you mean "planes"\?/);
    await fails(['evaluate', 'nobody'], /a run is a folder made by `reidkit train`/);
    await nothingAt('x3');
  });

  it('an out folder that exists', async () => {
    await fails([...TINY_RUN, '--out', 'run'], /holds \d+ files already/);
  });

  it('weights of another model', async () => {
    await fails(
      [...TINY_RUN, '--out', 'x4', '--initial-weights', 'run/training.safetensors'],
      /is a training checkpoint.*"model\.safetensors" of the same run/s,
    );
    await nothingAt('x4');
  });
});

/** Ends the process once a word was seen, some milliseconds later. */
function onceSeen(word: string, signal: NodeJS.Signals, milliseconds = 0): NonNullable<CliOptions['watch']> {
  let seen = false;
  return (stderr, kill) => {
    if (seen || !stderr.includes(word)) return;
    seen = true;
    setTimeout(() => kill(signal), milliseconds);
  };
}
