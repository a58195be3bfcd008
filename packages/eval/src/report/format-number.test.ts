import { describe, expect, it } from 'vitest';
import { thinOut } from './curves-section.ts';
import { count, duration, percent, plural } from './format-number.ts';

describe('numbers in a report', () => {
  it('are percent with one decimal, or a dash', () => {
    expect([percent(0.93449), percent(1), percent(undefined), percent(NaN)]).toEqual(['93.4 %', '100.0 %', '–', '–']);
  });

  it('have gaps between thousands', () => {
    expect([count(999), count(15913), count(1234567)]).toEqual(['999', '15 913', '1 234 567']);
    expect([plural(1, 'file', 'files'), plural(1000, 'file', 'files')]).toEqual(['1 file', '1 000 files']);
  });

  it('are times as people say them', () => {
    expect([duration(0.417), duration(12.34), duration(59.97), duration(200), duration(7500), duration(NaN)]).toEqual([
      '0.42 s',
      '12.3 s',
      '1 min 0 s',
      '3 min 20 s',
      '2 h 5 min',
      '–',
    ]);
  });
});

describe('thinOut', () => {
  it('averages neighbouring points, the last group too', () => {
    const points = [1, 2, 3, 4, 5].map((at) => ({ at, value: at * 10 }));
    expect(thinOut(points, 3)).toEqual([
      { x: 1.5, y: 15 },
      { x: 3.5, y: 35 },
      { x: 5, y: 50 },
    ]);
    expect(thinOut(points)).toHaveLength(5);
  });
});
