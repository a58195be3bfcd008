import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schedule } from '../kinds/schedule.ts';
import { corePlugin } from '../plugin.ts';
import { createRegistry } from '../registry.ts';

const { use } = createRegistry(corePlugin);
const schedule = (kind: string, options: object = {}): Schedule => use<Schedule>({ use: `schedule/${kind}`, options });
const rates = (kind: string, options: object, count: number, base = 1): number[] =>
  Array.from({ length: count }, (_, at) => schedule(kind, options).rate(at, base));
const close = (got: readonly number[], want: readonly number[]): void => {
  expect(got).toHaveLength(want.length);
  got.forEach((rate, i) => expect(rate).toBeCloseTo(want[i]!, 12));
};

describe('schedules', () => {
  it('stay, fall at milestones, along a cosine, straight, along a power', () => {
    close(rates('constant', {}, 3, 0.2), [0.2, 0.2, 0.2]);
    close(rates('multistep', { milestones: [1, 3], gamma: 0.5 }, 5, 8), [8, 4, 4, 2, 2]);
    close(rates('cosine', { length: 4, least: 0.2 }, 6), [
      1,
      0.2 + 0.4 * (1 + Math.SQRT1_2),
      0.6,
      0.2 + 0.4 * (1 - Math.SQRT1_2),
      0.2,
      0.2,
    ]);
    close(rates('linear', { length: 4, least: 0.2 }, 6), [1, 0.8, 0.6, 0.4, 0.2, 0.2]);
    close(rates('polynomial', { length: 4, power: 2 }, 6), [1, 0.5625, 0.25, 0.0625, 0, 0]);
  });

  it('go on along the cosine where they may rise again', () => {
    close(rates('cosine', { length: 2, after: 'rise' }, 5), [1, 0.5, 0, 0.5, 1]);
  });

  it('count from 0 or from 1', () => {
    close(rates('multistep', { milestones: [2], first: 1 }, 3), [1, 0.1, 0.1]);
    expect(schedule('constant', { unit: 'step' }).unit).toBe('step');
    expect(schedule('constant').unit).toBe('epoch');
  });

  it('warm up from a rate, or by a factor on what they would give', () => {
    close(rates('multistep', { milestones: [1], warmup: { length: 4, from: 0.2 } }, 6), [0.2, 0.4, 0.6, 0.8, 0.1, 0.1]);
    close(rates('multistep', { milestones: [1], warmup: { length: 2, factor: 0.5 } }, 3), [0.5, 0.075, 0.1]);
    close(rates('constant', { warmup: { length: 2, factor: 0.5, method: 'constant' } }, 3), [0.5, 0.5, 1]);
    close(rates('constant', { warmup: { length: 0, from: 0 } }, 1), [1]);
    close(rates('linear', { length: 6, warmup: { length: 2, from: 0 } }, 8), [0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0]);
  });

  it('scale with the base rate, whatever they are', () => {
    const kinds = fc.constantFrom(
      schedule('multistep', { milestones: [3, 7], warmup: { length: 5, factor: 0.1 } }),
      schedule('cosine', { length: 20, first: 1, warmup: { length: 5, factor: 0.01 } }),
      schedule('polynomial', { length: 20, power: 0.9 }),
    );
    fc.assert(
      fc.property(kinds, fc.integer({ min: 0, max: 40 }), fc.double({ min: 1e-6, max: 10, noNaN: true }), (chosen, at, base) => {
        expect(chosen.rate(at, base)).toBeCloseTo(base * chosen.rate(at, 1), 9);
      }),
    );
  });

  it('refuse options that make no sense, in words', () => {
    expect(() => schedule('cosine', { length: 0 })).toThrow('"length"');
    expect(() => schedule('cosine', { lenght: 10 })).toThrow('unknown option "lenght". Did you mean "length"?');
    expect(() => schedule('multistep', { milestones: [1], first: 2 })).toThrow('"first"');
    expect(() => schedule('constant', { warmup: { length: 1 } })).toThrow('"warmup.from": missing, expected number');
  });
});
