import { describe, expect, it } from 'vitest';
import { ReidError, reportProblems } from './errors.ts';
import { didYouMean, nearestName } from './nearest-name.ts';
import { pathPattern, selectPaths } from './path-pattern.ts';

describe('ReidError', () => {
  it('carries code, reason, hint and cause, and says the hint', () => {
    const cause = new Error('inner');
    const error = new ReidError('FILE_INVALID', 'It is cut.', { hint: 'copy it again.', reason: 'truncated', cause });
    expect(error).toMatchObject({ code: 'FILE_INVALID', reason: 'truncated', hint: 'copy it again.', cause, name: 'ReidError' });
    expect(error.message).toBe('It is cut.\n  hint: copy it again.');
    expect(new ReidError('FILE_INVALID', 'It is cut.').message).toBe('It is cut.');
  });

  it('is known by a mark, over copies of the package, and not by its class', () => {
    expect(ReidError.is(new ReidError('FILE_INVALID', ''))).toBe(true);
    expect(ReidError.is({ [Symbol.for('reidkit.error')]: true })).toBe(true);
    for (const other of [new Error(), null, undefined, 'text', {}]) expect(ReidError.is(other)).toBe(false);
    expect(JSON.stringify(new ReidError('FILE_INVALID', 'x'))).not.toContain('reidkit.error');
  });

  it('writes several problems as one', () => {
    expect(reportProblems('RECIPE_INVALID', 'Two things:', ['a', 'b']).message).toBe('Two things:\n  - a\n  - b');
  });
});

describe('nearestName', () => {
  const names = ['loss/triplet', 'loss/circle', 'loss/cross-entropy', 'margin'];

  it('finds a misspelling, whatever its case', () => {
    expect(nearestName('loss/tripet', names)).toBe('loss/triplet');
    expect(nearestName('Margin', names)).toBe('margin');
    expect(nearestName('mragin', names)).toBe('margin');
  });

  it('finds nothing in what is far', () => {
    expect(nearestName('encoder/vit', names)).toBeUndefined();
    expect(nearestName('x', [])).toBeUndefined();
    expect([didYouMean('zzz', names), didYouMean('margn', names)]).toEqual(['', ' Did you mean "margin"?']);
  });
});

describe('paths', () => {
  it('match patterns in which * is any text and nothing else is special', () => {
    const matches = (pattern: string, ...paths: string[]): boolean[] => paths.map(pathPattern(pattern));
    expect(matches('*', 'a', 'a.b', '')).toEqual([true, true, true]);
    expect(matches('*.bias', 'a.bias', 'a.b.bias', 'bias', 'a.biases')).toEqual([true, true, false, false]);
    expect(matches('blocks.1.*', 'blocks.1.attn.w', 'blocks.11.w', 'blocksx1.w')).toEqual([true, false, false]);
    expect(matches('a+(b)[c]', 'a+(b)[c]', 'aab')).toEqual([true, false]);
    expect(matches('a*c*e', 'abcde', 'ace', 'acd')).toEqual([true, true, false]);
  });

  it('are selected in their own order, and a pattern that hits nothing is an error', () => {
    const paths = ['encoder.weight', 'encoder.bias', 'head.weight'];
    expect(selectPaths(paths, ['head.*', '*.weight'])).toEqual(['encoder.weight', 'head.weight']);
    expect(selectPaths(paths, [])).toEqual([]);
    expect(() => selectPaths(paths, ['*', 'head.wieght'])).toThrow('No parameter matches "head.wieght". Did you mean "head.weight"?');
    expect(() => selectPaths(paths, ['neck.*'])).toThrow(expect.objectContaining({ code: 'UNKNOWN_NAME' }));
  });
});
