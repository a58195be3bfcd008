import { hostTensor } from '@reidkit/core-tensor/base';
import { describe, expect, it } from 'vitest';
import { hammingDistance, packBits } from './hamming-distance.ts';
import { hammingScorer } from './hamming-scorer.ts';

const a = hostTensor([1, 0, 0, 0, 0, 0, 0, 1, 1, 1], [1, 10], 'int32');
const b = hostTensor([1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0], [2, 10], 'bool');

describe('packBits', () => {
  it('puts the first bit highest and fills the last byte with zeros', () => {
    expect(packBits(a)).toMatchObject({ rows: 1, bits: 10, bytesPerRow: 2, data: Uint8Array.of(0b10000001, 0b11000000) });
  });

  it('refuses anything but zeros and ones', () => {
    expect(() => packBits(hostTensor([0, 2], [1, 2], 'int32'))).toThrow('expected zeros and ones, got 2 in row 0, bit 1');
  });
});

describe('hammingDistance', () => {
  it('counts differing bits', () => {
    expect([...hammingDistance(packBits(a), packBits(b))]).toEqual([0, 3]);
  });

  it('refuses codes of different lengths', () => {
    expect(() => hammingDistance(packBits(a), packBits(hostTensor([1], [1, 1], 'int32')))).toThrow('got [1, 10] and [1, 1]');
  });

  it('is a share in scorer/hamming', async () => {
    const prepared = hammingScorer({ descriptor: 'code' }).prepare({ count: 2, tensors: { code: b } });
    expect([...(await prepared.distances({ count: 1, tensors: { code: a } }))]).toEqual([0, Math.fround(0.3)]);
    expect(() => hammingScorer().prepare({ count: 2, tensors: { code: b } })).toThrow('"global", which is not there');
  });
});
