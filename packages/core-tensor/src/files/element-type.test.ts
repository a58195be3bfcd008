import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeElements,
  encodeElements,
  findOverflow,
  fromBrainFloat,
  fromHalf,
  readElement,
  toBrainFloat,
  toHalf,
  type ElementType,
} from './element-type.ts';

describe('half precision', () => {
  it.each([
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x03ff, 1023 * 2 ** -24],
    [0x0001, 2 ** -24],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
  ])('%i stands for %d', (bits, value) => {
    expect(fromHalf(bits)).toBe(value);
    expect(toHalf(value)).toBe(bits);
  });

  it('keeps -0 and NaN', () => {
    expect(Object.is(fromHalf(0x8000), -0)).toBe(true);
    expect(toHalf(-0)).toBe(0x8000);
    expect([fromHalf(0x7e00), fromHalf(toHalf(NaN)), fromHalf(0x7c01)]).toEqual([NaN, NaN, NaN]);
  });

  it('rounds to the nearest, ties to even, and overflows where IEEE 754 does', () => {
    expect(toHalf(1 + 2 ** -11)).toBe(0x3c00); // half way between 0x3c00 and 0x3c01
    expect(toHalf(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(toHalf(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01);
    expect([toHalf(65519), toHalf(65520), toHalf(1e30), toHalf(-1e30)]).toEqual([0x7bff, 0x7c00, 0x7c00, 0xfc00]);
    expect([toHalf(2 ** -25), toHalf(2 ** -25 * 1.001), toHalf(3 * 2 ** -25), toHalf(1023.5 * 2 ** -24)]).toEqual([0, 1, 2, 0x0400]);
  });

  it('goes there and back for every one of the 65536', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = fromHalf(bits);
      if (!Number.isNaN(value) && toHalf(value) !== bits) throw new Error(`${bits} comes back as ${toHalf(value)}`);
    }
  });
});

describe('bfloat16', () => {
  it.each([
    [0x3f80, 1],
    [0xc000, -2],
    [0x3eab, 0.333984375],
    [0x7f7f, 3.3895313892515355e38],
    [0x0001, 9.183549615799121e-41],
    [0x7f80, Infinity],
    [0xff80, -Infinity],
  ])('%i stands for %d', (bits, value) => {
    expect(fromBrainFloat(bits)).toBe(value);
    expect(toBrainFloat(value)).toBe(bits);
  });

  it('rounds to the nearest, ties to even, and keeps NaN', () => {
    expect([toBrainFloat(1 + 2 ** -8), toBrainFloat(1 + 3 * 2 ** -8), toBrainFloat(1 + 2 ** -8 + 2 ** -15)]).toEqual([
      0x3f80, 0x3f82, 0x3f81,
    ]);
    expect([toBrainFloat(3.4e38), toBrainFloat(-3.4e38)]).toEqual([0x7f80, 0xff80]);
    expect(fromBrainFloat(toBrainFloat(NaN))).toBeNaN();
    const lastBit = new Float32Array(new Uint32Array([0x7f800001]).buffer)[0]!;
    expect(fromBrainFloat(toBrainFloat(lastBit))).toBeNaN();
  });

  it('goes there and back for every one of the 65536', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = fromBrainFloat(bits);
      if (!Number.isNaN(value) && toBrainFloat(value) !== bits) throw new Error(`${bits} comes back as ${toBrainFloat(value)}`);
    }
  });
});

describe('elements of files', () => {
  const bytes = (write: (view: DataView) => void, length: number): Uint8Array => {
    const view = new DataView(new ArrayBuffer(length));
    write(view);
    return new Uint8Array(view.buffer);
  };

  it.each<[ElementType, Uint8Array, number[]]>([
    ['F64', bytes((view) => view.setFloat64(0, 1 / 3, true), 8), [Math.fround(1 / 3)]],
    ['F32', bytes((view) => view.setFloat32(0, -2.5, true), 4), [-2.5]],
    ['F16', Uint8Array.of(0x00, 0x3c), [1]],
    ['BF16', Uint8Array.of(0x80, 0x3f), [1]],
    ['I64', bytes((view) => view.setBigInt64(0, -7n, true), 8), [-7]],
    ['U64', bytes((view) => view.setBigUint64(0, 7n, true), 8), [7]],
    ['I32', bytes((view) => view.setInt32(0, -(2 ** 31), true), 4), [-(2 ** 31)]],
    ['U32', bytes((view) => view.setUint32(0, 2 ** 31 - 1, true), 4), [2 ** 31 - 1]],
    ['I16', Uint8Array.of(0xff, 0xff), [-1]],
    ['U16', Uint8Array.of(0xff, 0xff), [65535]],
    ['I8', Uint8Array.of(0x80), [-128]],
    ['U8', Uint8Array.of(0x80), [128]],
    ['BOOL', Uint8Array.of(0, 1, 7), [0, 1, 1]],
  ])('of %s are read', (type, data, want) => {
    expect([...decodeElements(type, data)!]).toEqual(want);
    const shifted = new Uint8Array(data.length + 1);
    shifted.set(data, 1);
    expect([...decodeElements(type, shifted.subarray(1))!]).toEqual(want); // where no address is even
    expect([...decodeElements(type, Buffer.from(shifted).subarray(1))!]).toEqual(want); // part of a larger buffer, which slice() shares
  });

  it("become numbers in place only where they are the caller's own, and all of their memory", () => {
    const four = Uint8Array.of(0, 0, 128, 63);
    expect(decodeElements('F32', four)!.buffer).not.toBe(four.buffer);
    expect(decodeElements('F32', four, true)!.buffer).toBe(four.buffer);
    const eight = Uint8Array.of(1, 1, 1, 1, 0, 0, 128, 63);
    expect([...decodeElements('F32', eight.subarray(4), true)!]).toEqual([1]);
  });

  it('are refused where int32 cannot hold them, and read one by one in full precision', () => {
    const large = bytes((view) => view.setBigInt64(0, 2n ** 40n, true), 8);
    expect(decodeElements('I64', large)).toBeUndefined();
    expect(decodeElements('U32', Uint8Array.of(0, 0, 0, 0x80))).toBeUndefined();
    expect(readElement('I64', new DataView(large.buffer), 0)).toBe(2 ** 40);
    const third = bytes((view) => view.setFloat64(8, 1 / 3, true), 16);
    expect(readElement('F64', new DataView(third.buffer), 1)).toBe(1 / 3);
  });

  it('are written as they are, or smaller on demand', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true }), (data) => {
        expect(decodeElements('F32', encodeElements(data))).toEqual(data);
        expect(decodeElements('F16', encodeElements(data, 'F16'))).toEqual(data.map((value) => fromHalf(toHalf(value))));
        expect(decodeElements('BF16', encodeElements(data, 'BF16'))).toEqual(data.map((value) => fromBrainFloat(toBrainFloat(value))));
      }),
    );
    expect([findOverflow(Float32Array.of(NaN, Infinity, 65519), 'F16'), findOverflow(Float32Array.of(0, -65520), 'F16')]).toEqual([-1, 1]);
    expect(encodeElements(Int32Array.of(1), 'F16')).toEqual(Uint8Array.of(1, 0, 0, 0));
    const part = new Float32Array([1, 2, 3]).subarray(1, 2);
    expect(decodeElements('F32', encodeElements(part))).toEqual(Float32Array.of(2));
  });
});
