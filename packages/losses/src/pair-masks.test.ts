import { referenceBackend, scoped, tensor, useBackend } from '@reidkit/core-tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { pairMasks } from './pair-masks.ts';

beforeAll(() => useBackend(referenceBackend));

function masksOf(labels: number[], valid?: boolean[]): { rows: string; same: string; different: string } {
  return scoped(() => {
    const { rows, same, different } = pairMasks(tensor(labels, [labels.length], 'int32'), valid && tensor(valid, [valid.length], 'bool'));
    const text = (mask: typeof rows): string => [...mask.dataSync()].map(Number).join('');
    return { rows: text(rows), same: text(same), different: text(different) };
  });
}

describe('pairMasks', () => {
  it('splits pairs by identity', () => {
    expect(masksOf([4, 7, 4])).toEqual({ rows: '111', same: '101010101', different: '010101010' });
  });

  it('leaves rows without an identity and padding out of every pair', () => {
    expect(masksOf([4, -1, 4], [true, true, false])).toEqual({ rows: '100', same: '100000000', different: '000000000' });
  });
});
