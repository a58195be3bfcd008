import { EVALUATION, referenceBackend, scoped, tensor, useBackend } from '@reidkit/core-tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { sideRows } from './side-rows.ts';

beforeAll(() => useBackend(referenceBackend));

const ids = (...values: number[]) => tensor(values, [values.length], 'int32');

describe('sideRows', () => {
  it('picks the row of camera and view, and spreads over what is unknown', () => {
    const rows = scoped(() => {
      const facts = [
        { count: 2, ids: ids(1, -1, 0, -1), what: 'cameras' },
        { count: 3, ids: ids(2, 1, -1, -1), what: 'views' },
      ];
      return [...sideRows(facts, 4, EVALUATION).dataSync()];
    });
    const third = Math.fround(1 / 3);
    expect(rows.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 1]);
    expect(rows.slice(6, 12)).toEqual([0, 0.5, 0, 0, 0.5, 0]);
    expect(rows.slice(12, 18)).toEqual([third, third, third, 0, 0, 0]);
    rows.slice(18).forEach((value) => expect(value).toBeCloseTo(1 / 6, 6));
  });
});
