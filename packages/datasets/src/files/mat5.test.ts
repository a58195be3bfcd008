import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ReidError } from '@reidkit/core-tensor/base';
import { matField, matItems, matNumber, matNumbers, matRows, matStructs, matText, type MatValue } from './mat-values.ts';
import { parseMat5, readMat5, type Mat5Limits } from './mat5.ts';

const fixture = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, '__fixtures__', `mat5-${name}.mat`));

function messageOf(bytes: Uint8Array, limits: Partial<Mat5Limits> = {}): string | null {
  try {
    parseMat5(bytes, 'x.mat', limits);
    return null;
  } catch (error) {
    if (ReidError.is(error) && error.code === 'FILE_INVALID') return error.message;
    throw error;
  }
}

describe.each(['plain', 'compressed'])('a %s file of scipy', (name) => {
  const variables = parseMat5(fixture(name), 'x.mat');
  const get = (variable: string): MatValue => matField(variables, variable, 'x.mat');

  it.each(['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f4', 'f8'])('has numbers of storage type %s, column by column', (kind) => {
    expect([...matNumbers(get(`n_${kind}`))]).toEqual([0, 30, 10, 40, 20, 50]);
    expect(matRows(get(`n_${kind}`), 3)).toEqual([
      [0, 10, 20],
      [30, 40, 50],
    ]);
  });

  it('has more than two dimensions, complex numbers and truth values', () => {
    expect(get('cube')).toMatchObject({ shape: [2, 3, 4] });
    expect([...matNumbers(get('cube'))].slice(0, 4)).toEqual([0, 12, 4, 16]);
    expect(get('complex')).toMatchObject({ data: Float64Array.of(1, 3), imaginary: Float64Array.of(2, -4) });
    expect(get('truth')).toMatchObject({ isLogical: true, data: Float64Array.of(1, 0, 1) });
  });

  it('has texts, empty arrays and large ones', () => {
    expect(matText(get('text'))).toBe('one row');
    expect(get('rows')).toMatchObject({ kind: 'text', rows: ['abc', 'de '] });
    expect(get('empty')).toMatchObject({ shape: [0, 3] });
    expect(matRows(get('empty'), 3)).toEqual([]);
    expect(matRows(get('large'), 50)[39]!.slice(-1)).toEqual([1999]);
  });

  it('has cells and nested structs', () => {
    const [first, second, third, fourth] = matItems(get('cells'));
    expect([matText(first!), matText(second!), matRows(third!, 2), matText(fourth!)]).toEqual(['a.jpg', '\u5b57', [[1.5, -2.5]], '']);
    const [one, two] = matStructs(get('nested'));
    const inner = matStructs(matField(one!, 'inner', 'nested'))[0]!;
    expect(matRows(matField(inner, 'box', 'inner'), 4)).toEqual([[1, 2, 3, 4]]);
    const deep = matStructs(matField(matStructs(matField(two!, 'inner', 'nested'))[0]!, 'deep', 'inner'))[0]!;
    expect([matText(matField(two!, 'name', 'nested')), matNumber(matField(deep, 'x', 'deep'))]).toEqual(['p2', 8]);
  });

  it('names the place of a value that is not what was asked for', () => {
    expect(() => matText(get('cube'))).toThrow('x.mat: cube: expected a text, got numbers of [2, 3, 4].');
    expect(() => matNumbers(get('sparse'))).toThrow('x.mat: sparse: expected numbers, got a value of class sparse of [3, 3].');
    expect(() => matRows(get('n_u1'), 5)).toThrow('expected numbers in 5 columns, got numbers of [2, 3]');
    expect(() => matNumber(matItems(get('cells'))[2]!)).toThrow('x.mat: cells{3}: expected one number');
    expect(() => matField(matStructs(get('nested'))[0]!, 'box', 'x.mat: nested')).toThrow('x.mat: nested has no "box"');
  });
});

it('reads files of the other byte order', () => {
  const variables = parseMat5(fixture('big-endian'), 'x.mat');
  expect(matRows(variables.get('doubles')!, 2)).toEqual([
    [1, 3.5],
    [2, -4],
  ]);
  expect([...matNumbers(variables.get('shorts')!)]).toEqual([1, 256, 65535]);
  expect([...matNumbers(variables.get('small')!)]).toEqual([7, 8, 9]);
  expect(matText(variables.get('text')!)).toBe('hi');
});

/** A file with the header of level 5 and a body. */
function fileWith(body: Uint8Array): Buffer {
  const head = Buffer.alloc(128);
  head.writeUInt16LE(0x0100, 124);
  head.write('IM', 126, 'latin1');
  return Buffer.concat([head, body]);
}

function element(type: number, payload: Uint8Array): Buffer {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(payload.length, 4);
  return Buffer.concat([tag, payload, Buffer.alloc((8 - (payload.length % 8)) % 8)]);
}

const ints = (...values: number[]): Buffer => Buffer.from(Int32Array.from(values).buffer);

const array = (classNumber: number, shape: readonly number[], body: Uint8Array, name = 'v'): Buffer =>
  element(14, Buffer.concat([element(6, ints(classNumber, 0)), element(5, ints(...shape)), element(1, Buffer.from(name)), body]));

describe('a file that is not right', () => {
  it('is told apart from other formats', async () => {
    expect(messageOf(Buffer.from('no mat file'))).toMatch('x.mat: expected a .mat file of level 5, got a file of 11 bytes.');
    expect(messageOf(Buffer.alloc(200))).toMatch('got a file without its mark at byte 126');
    const hdf5 = Buffer.concat([Buffer.from('MATLAB 7.3 MAT-file'.padEnd(124)), Buffer.from([0, 2]), Buffer.from('IM')]);
    expect(messageOf(hdf5)).toMatch('version 7.3, which is HDF5.\n  hint: save it in MATLAB with -v7');
    await expect(readMat5('/nowhere/x.mat')).rejects.toThrow('There is no file /nowhere/x.mat.');
  });

  it('is refused with file and variable when sizes contradict each other', () => {
    const doubles = element(9, Buffer.alloc(16));
    expect(messageOf(fileWith(array(6, [1, 3], doubles)))).toBe('x.mat: v: [1, 3] needs 3 numbers, 2 are there.');
    expect(messageOf(fileWith(array(6, [1, -3], doubles)))).toBe('x.mat: a variable: [1, -3] are no dimensions of an array.');
    expect(messageOf(fileWith(array(1, [1, 30_000], doubles)))).toMatch('v: 30000 elements are announced, but only 24 bytes are left');
    expect(messageOf(fileWith(array(9, [1, 2], element(5, ints(1)))))).toMatch('needs 2 numbers, 1 are there');
    expect(messageOf(fileWith(array(77, [1, 2], doubles)))).toMatch('there is no class of arrays with the number 77');
    expect(messageOf(fileWith(array(14, [1, 1], element(12, Buffer.from(BigInt64Array.of(2n ** 60n).buffer)))))).toMatch(
      'too large to be held exactly',
    );
  });

  it('is refused when it is too large, too deep or inflates without end', () => {
    let nested = array(6, [1, 1], element(9, Buffer.alloc(8)), '');
    for (let i = 0; i < 30; i++) nested = array(1, [1, 1], nested, i === 29 ? 'v' : '');
    expect(messageOf(fileWith(nested))).toMatch('nested more than 24 deep');
    const bomb = element(15, deflateSync(array(9, [1, 2 ** 22], element(2, Buffer.alloc(2 ** 22)))));
    expect(messageOf(fileWith(bomb), { inflatedBytes: 2 ** 20 })).toMatch('larger than 1048576 bytes when inflated');
    expect(messageOf(fixture('plain'), { fileBytes: 1000 })).toBe('x.mat is larger than 1000 bytes.');
    expect(messageOf(fixture('plain'), { arrays: 12 })).toMatch('there are more than 12 arrays in the file');
  });

  it.each(['plain', 'compressed', 'big-endian'])('is never misread into a crash: %s, cut off anywhere or with wrong bytes', (name) => {
    const bytes = fixture(name);
    const step = { plain: 61, compressed: 13 }[name] ?? 1;
    for (let length = 0; length < bytes.length; length += step) messageOf(bytes.subarray(0, length));
    for (let at = 124; at < bytes.length; at += step) {
      const wrong = Uint8Array.from(bytes);
      wrong[at] = wrong[at]! ^ (1 << (at % 8));
      messageOf(wrong);
    }
    expect(messageOf(bytes)).toBeNull();
  });
});
