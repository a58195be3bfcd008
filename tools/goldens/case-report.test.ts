import { describe, expect, it } from 'vitest';
import type { GoldenTensor } from './adapter.ts';
import { CaseReport, toleranceOf } from './case-report.ts';
import { compareNumbers, placeOf } from './compare-numbers.ts';
import { numberOf } from './parse-json.ts';

const floats = (...values: number[]): GoldenTensor => ({ dtype: 'F64', shape: [values.length], data: Float64Array.from(values) });

describe('comparing numbers', () => {
  it('lets infinities pass only where they are wanted, with their sign', () => {
    const want = floats(-Infinity, Infinity, 1);
    expect(compareNumbers([-Infinity, Infinity, 1], want, { atol: 1, rtol: 1 }).wrong).toBe(0);
    expect(compareNumbers([Infinity, Infinity, 1], want, { atol: 1, rtol: 1 }).wrong).toBe(1);
    expect(compareNumbers([-1e30, Infinity, Infinity], want, { atol: 1, rtol: 1 }).wrong).toBe(2);
  });

  it('says when both are NaN, and fails when one is', () => {
    expect(compareNumbers([NaN], floats(NaN), {})).toMatchObject({ wrong: 0, bothNaN: 1 });
    expect(compareNumbers([0], floats(NaN), { atol: 1 })).toMatchObject({ wrong: 1, bothNaN: 0 });
    expect(compareNumbers([NaN], floats(0), { atol: 1 })).toMatchObject({ wrong: 1, bothNaN: 0 });
  });

  it('takes the largest finite number of the tensor as the measure, where that is asked for', () => {
    const want = floats(0, 100, -Infinity);
    expect(compareNumbers([0.9, 100, -Infinity], want, { rtol: 0.01, compare: 'max' })).toMatchObject({ wrong: 0, share: 0.9 });
    expect(compareNumbers([0.9, 100, -Infinity], want, { rtol: 0.01, compare: 'element' }).wrong).toBe(1);
  });

  it('compares 64-bit whole numbers exactly', () => {
    const want: GoldenTensor = { dtype: 'I64', shape: [1], data: BigInt64Array.of(2n ** 60n + 1n) };
    expect(compareNumbers([2 ** 60], want, {}).wrong).toBe(1);
    expect(compareNumbers([NaN], want, {}).wrong).toBe(1);
  });

  it('gives the place of the worst number', () => {
    expect(placeOf(0, [])).toEqual([]);
    expect(placeOf(17, [2, 3, 4])).toEqual([1, 1, 1]);
    const want: GoldenTensor = { dtype: 'F32', shape: [2, 2], data: new Float32Array(4) };
    expect(compareNumbers([0, 1, 3, 2], want, {}).worst).toMatchObject({ at: [1, 0], got: 3, difference: 3 });
  });
});

describe('the report of a case', () => {
  it('holds whole numbers to equality, whatever the tolerance of the case', () => {
    const report = new CaseReport({ atol: 5 });
    report.compare('ids', [1, 2], { dtype: 'I64', shape: [2], data: Int32Array.of(1, 3) });
    expect(report.findings().failures[0]).toMatch(/^ids: 1 of 2 off.*got 2, want 3/);
    report.compare('counts', [2], { dtype: 'I32', shape: [1], data: Int32Array.of(3) }, { atol: 1 });
    expect(report.findings().failures).toHaveLength(1);
  });

  it('takes the sharper tolerance of outputs and gradients, where the case has one', () => {
    const tolerance = { atol: 4, rtol: 1, compare: 'max', atol_out: 2, grad: { atol: 3, rtol: 0 } } as const;
    expect(toleranceOf(tolerance, 'out/y')).toEqual({ atol: 2, rtol: 1, compare: 'max' });
    expect(toleranceOf(tolerance, 'grad/y')).toEqual({ atol: 3, rtol: 0, compare: 'max' });
    expect(toleranceOf(tolerance, 'w/y')).toEqual({ atol: 4, rtol: 1, compare: 'max' });
    const want = floats(0);
    const report = new CaseReport({ atol: 4, atol_out: 2 }, (tensor) => (tensor === want ? 'out/y' : undefined));
    report.compare('stored', [3], want);
    report.compare('made by the adapter', [3], floats(0));
    report.compare('loose by the adapter', [3], want, { atol: 3 });
    expect(report.findings().failures.map((line) => line.split(':')[0])).toEqual(['stored']);
  });

  it('counts what was compared, facts too', () => {
    const report = new CaseReport({});
    report.check('a fact', true);
    report.check('another', false, 'it does not hold');
    report.check('a third', false);
    expect(report.findings()).toMatchObject({ compared: 3, failures: ['another: it does not hold', 'a third'] });
  });

  it('reads numbers that a case writes as words', () => {
    expect([numberOf('nan'), numberOf('inf'), numberOf('-inf'), numberOf(2)]).toEqual([NaN, Infinity, -Infinity, 2]);
    for (const value of ['2', null, 'toString']) expect(() => numberOf(value)).toThrow(TypeError);
  });
});
