import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors, readElement, sizeOf, type ElementType } from '@reidkit/core-tensor';
import type { GoldenCase, GoldenTensor } from './adapter.ts';
import { CaseReport, type CaseTolerance } from './case-report.ts';
import type { FoundCase } from './find-cases.ts';

type Reader = (view: DataView, count: number) => GoldenTensor['data'];

const numbers = (type: ElementType, view: DataView, count: number): number[] =>
  Array.from({ length: count }, (_, i) => readElement(type, view, i));

/** 64-bit whole numbers as int32 where all fit, as float64 where those are exact, else as they are. */
function wholeNumbers(type: 'I64' | 'U64', view: DataView, count: number): GoldenTensor['data'] {
  const values = numbers(type, view, count);
  if (values.every((value) => value === (value | 0))) return Int32Array.from(values);
  if (values.every(Number.isSafeInteger)) return Float64Array.from(values);
  return BigInt64Array.from({ length: count }, (_, i) => view.getBigInt64(i * 8, true));
}

const READERS: Partial<Record<ElementType, Reader>> = {
  F64: (view, count) => Float64Array.from(numbers('F64', view, count)),
  I64: (view, count) => wholeNumbers('I64', view, count),
  U64: (view, count) => wholeNumbers('U64', view, count),
  U32: (view, count) => Float64Array.from(numbers('U32', view, count)),
  U8: (view, count) => Uint8Array.from(numbers('U8', view, count)),
  BOOL: (view, count) => Uint8Array.from(numbers('BOOL', view, count)),
};

function decode(type: ElementType, shape: readonly number[], bytes: Uint8Array): GoldenTensor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = sizeOf(shape);
  const fallback = type.includes('F') ? Float32Array : Int32Array;
  return { dtype: type, shape, data: READERS[type]?.(view, count) ?? fallback.from(numbers(type, view, count)) };
}

async function readTensors(path: string): Promise<Map<string, GoldenTensor>> {
  if (!existsSync(path)) return new Map();
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, GoldenTensor>();
    for (const [key, { type, shape }] of file.entries) tensors.set(key, decode(type, shape, await file.readBytes(key)));
    return tensors;
  } finally {
    await file.close();
  }
}

/** Reads the tensors beside a case, each in the precision of the file. Throws FILE_INVALID. */
export async function openCase({ name, folder, json }: FoundCase): Promise<GoldenCase & { readonly report: CaseReport }> {
  const tensors = await readTensors(join(folder, `${name}.safetensors`));
  const keys = new Map([...tensors].map(([key, tensor]) => [tensor, key]));
  return {
    name,
    folder,
    json,
    keys: [...tensors.keys()],
    has: (key) => tensors.has(key),
    tensor(key) {
      const found = tensors.get(key);
      if (!found) throw new Error(`the case has no tensor "${key}"; it has ${[...tensors.keys()].join(', ') || 'none'}`);
      return found;
    },
    report: new CaseReport((json.tolerance ?? {}) as CaseTolerance, (tensor) => keys.get(tensor)),
  };
}
