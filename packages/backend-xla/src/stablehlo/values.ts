/** Element types of values in a program. */
export type HloType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool';

/** Arrays that hold the numbers of constants. */
export type HloArray = Float32Array | Int32Array | Uint8Array;

/** A value of a program, by its name in the text. */
export interface HloValue {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: HloType;
}

/** How StableHLO calls the element types. */
const TYPE_NAME: Readonly<Record<HloType, string>> = { float32: 'f32', float64: 'f64', int32: 'i32', int64: 'i64', bool: 'i1' };

/** `tensor<2x3xf32>` */
export const typeText = ({ shape, type }: Pick<HloValue, 'shape' | 'type'>): string => `tensor<${[...shape, TYPE_NAME[type]].join('x')}>`;

/** Bits of numbers that have no decimal form. */
const ODD_BITS: Readonly<Record<'float32' | 'float64', Readonly<Record<string, string>>>> = {
  float32: { NaN: '0x7FC00000', Infinity: '0x7F800000', '-Infinity': '0xFF800000' },
  float64: { NaN: '0x7FF8000000000000', Infinity: '0x7FF0000000000000', '-Infinity': '0xFFF0000000000000' },
};

/** A floating-point number with a point in it, which MLIR wants. */
function floatText(value: number, type: 'float32' | 'float64'): string {
  const odd = ODD_BITS[type][String(value)];
  if (odd) return odd;
  const text = Object.is(value, -0) ? '-0' : String(type === 'float32' ? Math.fround(value) : value);
  if (text.includes('.')) return text;
  return text.includes('e') ? text.replace('e', '.0e') : `${text}.0`;
}

/** One number in a type. */
export function numberText(value: number, type: HloType): string {
  if (type === 'bool') return value ? 'true' : 'false';
  return type === 'float32' || type === 'float64' ? floatText(value, type) : String(Math.trunc(value));
}

/** Numbers in brackets by axis. */
function nestedText(data: HloArray, [length, ...rest]: readonly number[], type: HloType): string {
  if (length === undefined) return numberText(data[0]!, type);
  const step = data.length / length;
  const parts = Array.from({ length }, (_, i) => nestedText(data.subarray(i * step, (i + 1) * step), rest, type));
  return `[${parts.join(', ')}]`;
}

/** Most numbers that are written in decimals; more are written as bytes. */
const MOST_IN_DECIMALS = 16;

/** What stands between `dense<` and `>` for numbers that differ. */
export function denseText(data: HloArray, shape: readonly number[], type: HloType): string {
  if (type === 'bool' || data.length <= MOST_IN_DECIMALS) return nestedText(data, shape, type);
  return `"0x${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex').toUpperCase()}"`;
}

/** `array<i64: 1, 2>` */
export const listText = (values: readonly number[]): string => (values.length === 0 ? 'array<i64>' : `array<i64: ${values.join(', ')}>`);
