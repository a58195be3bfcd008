import { ReidError } from '@reidkit/core-tensor/base';

/** What every array of a .mat file has: its name for messages (`file: variable.field{2}`) and its dimensions. */
interface MatArray {
  readonly where: string;
  readonly shape: readonly number[];
}

/** Numbers or truth values, column by column, whatever they were stored as. Complex numbers have a second array. */
export interface MatNumbers extends MatArray {
  readonly kind: 'numbers';
  readonly data: Float64Array;
  readonly imaginary?: Float64Array;
  readonly isLogical: boolean;
}

/** Characters: one text per row. */
export interface MatText extends MatArray {
  readonly kind: 'text';
  readonly rows: readonly string[];
}

/** Arrays in an array, column by column. */
export interface MatCells extends MatArray {
  readonly kind: 'cells';
  readonly items: readonly MatValue[];
}

/** An array of structs, column by column; most have one element. */
export interface MatStructs extends MatArray {
  readonly kind: 'structs';
  readonly fields: readonly string[];
  readonly items: readonly ReadonlyMap<string, MatValue>[];
}

/** An array of a class that is not read: objects, function handles, sparse matrices. */
export interface MatOther extends MatArray {
  readonly kind: 'other';
  readonly className: string;
}

/** A variable of a .mat file, or what is inside one. */
export type MatValue = MatNumbers | MatText | MatCells | MatStructs | MatOther;

const saysWhat = (value: MatValue): string =>
  `${value.kind === 'other' ? `a value of class ${value.className}` : value.kind} of [${value.shape.join(', ')}]`;

function expected(what: string, value: MatValue, hint?: string): ReidError {
  return new ReidError('FILE_INVALID', `${value.where}: expected ${what}, got ${saysWhat(value)}.`, hint === undefined ? {} : { hint });
}

/** All numbers of an array, column by column. Throws FILE_INVALID for another kind of value. */
export function matNumbers(value: MatValue): Float64Array {
  if (value.kind !== 'numbers') throw expected('numbers', value);
  return value.data;
}

/** The one number of an array. Throws FILE_INVALID for more or fewer. */
export function matNumber(value: MatValue): number {
  if (value.kind !== 'numbers' || value.data.length !== 1) throw expected('one number', value);
  return value.data[0]!;
}

/** The rows of a matrix of `width` columns. Throws FILE_INVALID for another width or kind; an empty array has no rows. */
export function matRows(value: MatValue, width: number): number[][] {
  if (value.kind !== 'numbers') throw expected(`numbers in ${width} columns`, value);
  if (value.data.length === 0) return [];
  const [height = 0, columns = 0, ...more] = value.shape;
  if (columns !== width || more.length > 0) throw expected(`numbers in ${width} columns`, value);
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => value.data[x * height + y]!));
}

/** The text of a row of characters; an empty array is the empty text. Throws FILE_INVALID for another kind or several rows. */
export function matText(value: MatValue): string {
  const isEmpty = value.kind === 'numbers' && value.data.length === 0;
  if (isEmpty) return '';
  if (value.kind !== 'text' || value.rows.length > 1) throw expected('a text', value);
  return value.rows[0] ?? '';
}

/** The arrays in a cell array, column by column. Throws FILE_INVALID for another kind of value. */
export function matItems(value: MatValue): readonly MatValue[] {
  if (value.kind !== 'cells') throw expected('cells', value);
  return value.items;
}

/** The elements of an array of structs, column by column. Throws FILE_INVALID for another kind of value, an empty array has none. */
export function matStructs(value: MatValue): MatStructs['items'] {
  if (value.kind === 'numbers' && value.data.length === 0) return [];
  if (value.kind !== 'structs') throw expected('a struct', value);
  return value.items;
}

/** A field of a struct, or a variable of a file. Throws FILE_INVALID, naming what is there. */
export function matField(fields: ReadonlyMap<string, MatValue>, name: string, where: string): MatValue {
  const value = fields.get(name);
  if (value) return value;
  throw new ReidError('FILE_INVALID', `${where} has no "${name}".`, { hint: `it has ${[...fields.keys()].join(', ') || 'nothing'}.` });
}
