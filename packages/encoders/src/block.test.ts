import { describe, expect, it } from 'vitest';
import { dropPathRates } from './block.ts';

describe('dropPathRates', () => {
  it('grows evenly from 0 to the rate', () => {
    expect(dropPathRates(5, 0.4).map((rate) => Math.round(rate * 1e6) / 1e6)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
    expect(dropPathRates(1, 0.4)).toEqual([0]);
  });
});
