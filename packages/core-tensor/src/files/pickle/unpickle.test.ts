import { describe, expect, it } from 'vitest';
import { Raw, pickle } from '../torch/torch-file.fixture.ts';
import { PickledGlobal, PickledObject, PickledTuple } from './pickle-values.ts';
import { unpickle } from './unpickle.ts';

const rules = {
  global: (name: string) => (name.startsWith('good.') ? new PickledGlobal(name) : undefined),
  persistent: (id: unknown) => ({ id }),
};
const read = (bytes: Uint8Array): unknown => unpickle(bytes, { rules, source: 'test' }).value;
const raw = (...parts: readonly (string | number)[]): Uint8Array => new Raw(...parts).bytes;
const refusal = (bytes: Uint8Array): unknown => {
  try {
    read(bytes);
  } catch (error) {
    return (error as { reason?: string }).reason;
  }
  return 'read';
};

describe('unpickle', () => {
  it('gives plain values, lists, tuples and dicts', () => {
    const value = read(pickle({ a: [1, -2, 2 ** 40 + 1, 0.25, true, null, 'ü中'], b: {} })) as Map<string, unknown>;
    expect(value.get('a')).toEqual([1, -2, 2 ** 40 + 1, 0.25, true, null, 'ü中']);
    expect(value.get('b')).toEqual(new Map());
    expect(read(raw(0x80, 2, 'K\x01K\x02\x86.'))).toEqual(new PickledTuple([1, 2]));
  });

  it('reads what protocol 0 writes in letters', () => {
    expect(read(raw("(lp0\nI5\naI01\naL12L\naF2.5\naS'x'\naV\xc3\xbc\naNag0\na."))).toMatchObject([
      5,
      true,
      12,
      2.5,
      'x',
      'ü',
      null,
      expect.any(Array),
    ]);
  });

  it('reads frames, memos and short texts of protocol 4', () => {
    expect(read(raw(0x80, 4, 0x95, 9, '\0\0\0\0\0\0\0', ']\x94(\x8c\x01a\x94h\x01e.'))).toEqual(['a', 'a']);
  });

  it('reads whole numbers of any length', () => {
    expect(read(raw(0x80, 2, 0x8a, 9, '\0\0\0\0\0\0\0\0\x01.'))).toBe(2n ** 64n);
    expect(read(raw(0x80, 2, 0x8a, 1, '\xff.'))).toBe(-1);
    expect(read(raw(0x80, 2, 0x8a, 0, '.'))).toBe(0);
  });

  it('keeps bytes that Python 2 wrote as text', () => {
    expect(read(raw(0x80, 2, 'U\x02\xff\x80.'))).toBe('\xff\x80');
  });

  it('stands for objects of allowed classes without building them', () => {
    expect(read(raw('cgood\nThing\n)\x81}(X\x01\0\0\0aK\x05ub.'))).toMatchObject({ name: 'good.Thing', attributes: new Map([['a', 5]]) });
    expect(read(raw('(igood\nThing\n.'))).toBeInstanceOf(PickledObject);
    expect(read(raw('cgood\nThing\n.'))).toBeInstanceOf(PickledGlobal);
  });

  it('refuses every other name, also where nothing calls it, and says which', () => {
    for (const bytes of [raw('cos\nsystem\n.'), raw('(ios\nsystem\n.'), raw(0x80, 4, '\x8c\x02os\x8c\x06system\x93.')]) {
      expect(refusal(bytes)).toBe('forbidden-global');
      expect(() => read(bytes)).toThrow('"os.system"');
    }
  });

  it.each([
    ['no bytes', raw(), 'truncated'],
    ['no end', raw('N'), 'truncated'],
    ['a text longer than the file', raw('X\xff\xff\xff\x7fabc.'), 'truncated'],
    ['a text of 2^63 bytes', raw(0x8d, '\xff\xff\xff\xff\xff\xff\xff\x7f.'), 'truncated'],
    ['a frame longer than the file', raw(0x80, 4, 0x95, '\xff\xff\xff\xff\xff\xff\xff\x7f}.'), 'truncated'],
    ['a line without end', raw('cos'), 'truncated'],
    ['an unknown opcode', raw(0xff, '.'), 'bad-pickle'],
    ['an extension of the process', raw(0x82, 1, '.'), 'bad-pickle'],
    ['protocol 9', raw(0x80, 9, 'N.'), 'bad-pickle'],
    ['nothing on the stack', raw('.'), 'bad-pickle'],
    ['a mark that was never set', raw('u.'), 'bad-pickle'],
    ['a mark as a value', raw('(.'), 'bad-pickle'],
    ['a place where nothing was kept', raw('h\x05.'), 'bad-pickle'],
    ['a call of a number', raw('K\x01)R.'), 'bad-pickle'],
    ['a call without arguments', raw('cgood\nf\nK\x01R.'), 'bad-pickle'],
    ['items of a list', raw('](NNu.'), 'bad-pickle'],
    ['a key without value', raw('}(Nu.'), 'bad-pickle'],
    ['a key that is set twice', raw('}(NNNNu.'), 'bad-pickle'],
    ['an append to a dict', raw('}Na.'), 'bad-pickle'],
    ['attributes of a number', raw('K\x01}b.'), 'bad-pickle'],
    ['a text that is no UTF-8', raw('X\x01\0\0\0\xff.'), 'bad-pickle'],
    ['a whole number of negative length', raw(0x8b, '\xff\xff\xff\xff.'), 'bad-pickle'],
    ['a whole number of a million bytes', raw(0x8b, '\0\0\x10\0', '\0'.repeat(2 ** 20), '.'), 'limit'],
  ])('refuses %s', (_what, bytes, reason) => {
    expect(refusal(bytes)).toBe(reason);
  });

  it('holds to limits of size, number and height', () => {
    expect(refusal(raw(...Array.from({ length: 17 }, () => 'N0'.repeat(2 ** 19)), 'N.'))).toBe('limit');
    expect(refusal(raw('}0'.repeat(700_000), 'N.'))).toBe('limit');
    expect(refusal(raw('N'.repeat(1_100_000), '.'))).toBe('limit');
    expect(refusal(raw('N', '\x94'.repeat(1_100_000), '.'))).toBe('limit');
  });

  it('stops at the end of the pickle', () => {
    expect(unpickle(raw('K\x07.rest'), { rules, source: 'test' })).toEqual({ value: 7, end: 3 });
  });
});
