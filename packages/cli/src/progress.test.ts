import { describe, expect, it } from 'vitest';
import { formatSeconds, ProgressLine } from './progress.ts';
import { parseSeeds } from './seeds.ts';
import { applyOptions } from './apply-options.ts';

describe('ProgressLine', () => {
  it('writes plain lines at most every ten seconds where there is no terminal', () => {
    const written: string[] = [];
    let now = 0;
    const line = new ProgressLine({ write: (text) => written.push(text) }, () => now);
    line.update('a');
    now = 9_000;
    line.update('b');
    now = 11_000;
    line.update('c');
    line.done('d');
    expect(written).toEqual(['a\n', 'c\n', 'd\n']);
  });
});

describe('formatSeconds', () => {
  it('reads as people say it', () => {
    expect([7.6, 61, 3723, Infinity].map(formatSeconds)).toEqual(['8 s', '1 min 01 s', '1 h 02 min', '–']);
  });
});

describe('parseSeeds', () => {
  it('takes ranges and lists', () => {
    expect(parseSeeds('2..4')).toEqual([2, 3, 4]);
    expect(parseSeeds('1,5, 9')).toEqual([1, 5, 9]);
    expect(() => parseSeeds('five')).toThrow(/1\.\.5/);
    expect(() => parseSeeds('5..1')).toThrow(/1\.\.5/);
  });
});

describe('applyOptions', () => {
  it('nests by dots and reads JSON', () => {
    expect(applyOptions(['a.b=3', 'a.c=x', 'd=[1,2]'])).toEqual({ a: { b: 3, c: 'x' }, d: [1, 2] });
    expect(() => applyOptions(['x'])).toThrow(/option=value/);
  });
});
