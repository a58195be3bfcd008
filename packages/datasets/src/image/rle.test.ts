import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { polygonRle } from './polygon-rle.ts';
import { decodeRle, encodeRle, intersectRle, rleArea, rleBox, rleIou, uniteRle } from './rle.ts';
import { parseRleText, rleText } from './rle-text.ts';

const masks = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 7 })).chain(([height, width]) =>
  fc.record({
    height: fc.constant(height),
    width: fc.constant(width),
    a: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: height * width, maxLength: height * width }),
    b: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: height * width, maxLength: height * width }),
  }),
);

describe('masks as runs', () => {
  it('go down the columns and begin with zeros', () => {
    expect(encodeRle([1, 0, 0, 1, 1, 0], { height: 2, width: 3 })).toEqual({ height: 2, width: 3, runs: [0, 2, 1, 1, 2] });
    expect(encodeRle([0, 0, 7, 0, 0, 0], { height: 3, width: 2 }).runs).toEqual([1, 1, 4]);
  });

  it('come back as they were, by runs and by text, and combine as pixels do', () => {
    fc.assert(
      fc.property(masks, ({ height, width, a, b }) => {
        const [runsA, runsB] = [encodeRle(a, { height, width }), encodeRle(b, { height, width })];
        expect([...decodeRle(runsA)]).toEqual(a);
        expect(parseRleText(rleText(runsA), { height, width })).toEqual(runsA);
        const both = a.map((value, i) => value & b[i]!);
        const either = a.map((value, i) => value | b[i]!);
        expect(intersectRle(runsA, runsB)).toEqual(encodeRle(both, { height, width }));
        expect(uniteRle(runsA, runsB)).toEqual(encodeRle(either, { height, width }));
        expect(rleArea(runsA)).toBe(a.filter(Boolean).length);
        const [shared, all] = [both.filter(Boolean).length, either.filter(Boolean).length];
        expect(rleIou(runsA, runsB)).toBe(shared === 0 ? 0 : shared / all);
      }),
    );
  });

  it('have a box with exclusive edges, none when empty', () => {
    const at = (...set: number[]): number[] => Array.from({ length: 12 }, (_, i) => Number(set.includes(i)));
    expect(rleBox(encodeRle(at(5), { height: 3, width: 4 }))).toEqual([1, 1, 2, 2]);
    expect(rleBox(encodeRle(at(1, 11), { height: 3, width: 4 }))).toEqual([1, 0, 4, 3]);
    expect(rleBox(encodeRle(at(8, 1), { height: 3, width: 4 }))).toEqual([0, 0, 2, 3]);
    expect(rleBox(encodeRle(at(), { height: 3, width: 4 }))).toBeNull();
  });

  it('are refused when they do not fill the mask', () => {
    expect(() => decodeRle({ height: 2, width: 3, runs: [1, 2] })).toThrow('expected runs of 6 pixels together, got 3');
    expect(() => decodeRle({ height: 2, width: 2, runs: [-1, 5] })).toThrow('Run 0 of a mask has the length -1');
    expect(() => decodeRle({ height: 1e6, width: 1e6, runs: [] })).toThrow('A mask expected a height and width');
    expect(() => parseRleText('o\n', { height: 2, width: 2 })).toThrow('Character 2 of a mask’s counts is "\\n"');
    expect(() => parseRleText('oooooooooo', { height: 2, width: 2 })).toThrow('does not end');
    expect(() => encodeRle([1], { height: 2, width: 2 })).toThrow('expected 4 pixels for [2, 2], got 1');
    expect(() => uniteRle({ height: 1, width: 1, runs: [1] }, { height: 1, width: 2, runs: [2] })).toThrow('Masks of one size');
  });
});

it('polygons fill what is inside of them', () => {
  const mask = polygonRle([1, 1, 4, 1, 4, 3, 1, 3], { height: 5, width: 6 });
  expect(rleBox(mask)).toEqual([1, 1, 4, 3]);
  expect(rleArea(mask)).toBe(6);
  expect(() => polygonRle([1, 1, 2, 2], { height: 5, width: 6 })).toThrow('at least three pairs');
});
