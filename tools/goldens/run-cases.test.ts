import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodeSafetensors, hostTensor, type HostTensors } from '@reidkit/core-tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GoldenAdapter } from './adapter.ts';
import { caseLines, totalLine } from './print-results.ts';
import { runCases, type CaseResult } from './run-cases.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goldens-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, json: object | string, tensors?: HostTensors): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, `${name}.json`), typeof json === 'string' ? json : JSON.stringify(json));
  if (tensors) await writeFile(join(folder, `${name}.safetensors`), encodeSafetensors(tensors));
}

/** Doubles `in/x`; its options make the mistakes that a port can make. */
const double: GoldenAdapter = {
  family: 'double',
  run({ json, tensor, report }) {
    const { wrong = 0, nan = false, short = false, nothing = false, throws = false } = json.config ?? {};
    if (throws) throw new Error('the port is not ready');
    if (nothing) return;
    const got = Float64Array.from(tensor('in/x').data as Float32Array, (value) => 2 * value);
    got[1] = nan ? NaN : got[1]! + wrong;
    report.compare('twice', short ? got.subarray(1) : got, tensor('out/y'));
  },
};

const run = (adapters: readonly GoldenAdapter[] = [double], served: readonly string[] = [], only?: string): Promise<CaseResult[]> =>
  runCases({
    directory: folder,
    served,
    ...(only === undefined ? {} : { only }),
    findAdapter: async (family) => adapters.find((adapter) => adapter.family === family),
  });

const TENSORS = { 'in/x': hostTensor([1, 2, 3], [3]), 'out/y': hostTensor([2, 4, 6], [3]) };
const doubled = (config: object, tolerance: object = { atol: 1e-6 }): object => ({ family: 'double', config, tolerance });

describe('the golden runner', () => {
  it('passes, fails and skips, and says so in one line a case', async () => {
    await put('a/good', doubled({}), TENSORS);
    await put('b/bad', doubled({ wrong: 0.5 }), TENSORS);
    await put('c/foreign', { family: 'unheard-of' });
    await put('index', { cases: ['a/good'] });
    const results = await run();
    expect(results.map(({ title, outcome }) => [title, outcome])).toEqual([
      ['a/good', 'passed'],
      ['b/bad', 'failed'],
      ['c/foreign', 'skipped'],
    ]);
    expect(totalLine(results)).toBe('1 passed, 1 failed, 1 skipped');
    expect(caseLines(results[0]!)[0]).toMatch(/^pass {2}a\/good {2}\(1 compared, \d+ ms\)$/);
    expect(caseLines(results[2]!)).toEqual(['skip  c/foreign  no adapter for family "unheard-of"']);
  });

  it('tells what differed: how many, where, by how much and what was allowed', async () => {
    await put('bad', doubled({ wrong: 0.5 }), TENSORS);
    const [result] = await run();
    expect(result!.lines).toEqual(['twice: 1 of 3 off, the most at [1]: got 4.5, want 4, differs by 0.500, allowed 0.00000100']);
  });

  it('fails a family that is said to be served and has no adapter', async () => {
    await put('good', doubled({}), TENSORS);
    const [result] = await run([], ['double']);
    expect(result).toMatchObject({ outcome: 'failed', lines: [expect.stringContaining('served.json')] });
  });

  it('fails an adapter that compares nothing', async () => {
    await put('empty', doubled({ nothing: true }), TENSORS);
    await put('zero', { ...doubled({}), family: 'zero' }, { 'out/y': hostTensor([], [0]) });
    const zero: GoldenAdapter = { family: 'zero', run: ({ tensor, report }) => report.compare('y', [], tensor('out/y')) };
    for (const { outcome, lines } of await run([double, zero])) expect([outcome, lines]).toEqual(['failed', ['compared nothing']]);
  });

  it('fails an adapter that throws, naming the place', async () => {
    await put('thrown', doubled({ throws: true }), TENSORS);
    const [result] = await run();
    expect(result!.lines[0]).toBe('threw Error: the port is not ready');
    expect(result!.lines[1]).toMatch(/run-cases\.test\.ts/);
  });

  it('fails a NaN, a missing number, and a tensor that the case does not have', async () => {
    await put('nan', doubled({ nan: true }, { atol: Infinity }), TENSORS);
    await put('short', doubled({ short: true }), TENSORS);
    await put('without', doubled({}));
    const lines = Object.fromEntries((await run()).map((result) => [result.title, result.lines[0]]));
    expect(lines.nan).toMatch(/got NaN, want 4/);
    expect(lines.short).toBe('twice: got 2 numbers, want 3 of shape [3]');
    expect(lines.without).toBe('threw Error: the case has no tensor "in/x"; it has none');
  });

  it('holds a case to its own tolerance', async () => {
    await put('inside', doubled({ wrong: 0.5 }, { atol: 0, rtol: 0.1, compare: 'max' }), TENSORS);
    await put('outside', doubled({ wrong: 0.5 }, { atol: 0, rtol: 0.1, compare: 'element' }), TENSORS);
    await put('none', { family: 'double', config: { wrong: 1e-9 } }, TENSORS);
    expect((await run()).map(({ title, outcome }) => `${title} ${outcome}`)).toEqual(['inside passed', 'none failed', 'outside failed']);
    expect((await run())[0]!.share).toBeCloseTo(0.5 / 0.6);
  });

  it('runs what a pattern names: cases, paths or families', async () => {
    await put('x/one', doubled({}), TENSORS);
    await put('x/two', doubled({}), TENSORS);
    await put('y/three', { family: 'other' });
    const titles = async (only: string): Promise<string[]> => (await run([double], [], only)).map(({ title }) => title);
    expect(await titles('t*')).toEqual(['x/two', 'y/three']);
    expect(await titles('x/*')).toEqual(['x/one', 'x/two']);
    expect(await titles('other, one')).toEqual(['x/one', 'y/three']);
    expect(await titles('nobody')).toEqual([]);
  });

  it('reads the numbers that Python writes and JSON has not', async () => {
    await put('odd', '{ "family": "odd", "config": { "list": [NaN, -Infinity, Infinity, 1e3], "text": "NaN and \\"Infinity" } }');
    const seen: unknown[] = [];
    const odd: GoldenAdapter = {
      family: 'odd',
      run({ json, report }) {
        seen.push(json.config.list, json.config.text);
        report.check('read', true);
      },
    };
    expect((await run([odd]))[0]!.outcome).toBe('passed');
    expect(seen).toEqual([[NaN, -Infinity, Infinity, 1000], 'NaN and "Infinity']);
  });

  it('fails a file that is no JSON instead of passing over it', async () => {
    await put('cut', '{ "family": "double", ');
    expect((await run())[0]).toMatchObject({ title: 'cut', outcome: 'failed', lines: [expect.stringContaining('cannot be read')] });
  });
});
