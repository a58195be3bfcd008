import type { KernelAttributes } from './step-graph.ts';

/** An attribute's value as text that differs whenever the value differs: JSON has no −0, NaN and infinities. */
function textOf(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return `[${Array.from(value as ArrayLike<unknown>, textOf).join()}]`;
  if (typeof value === 'object' && value !== null) return attributeText(value as KernelAttributes);
  return String(value);
}

/** Attributes as text, names sorted: equal for equal attributes. */
export function attributeText(attributes: KernelAttributes): string {
  const set = Object.keys(attributes).filter((name) => attributes[name] !== undefined);
  return `{${set.sort().map((name) => `${name}: ${textOf(attributes[name])}`).join(', ')}}`; // prettier-ignore
}

/** A short text that differs when the numbers do, nearly always. */
export function hashNumbers(data: ArrayLike<number>): string {
  const bits = data instanceof Float32Array ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data;
  let hash = 2166136261;
  for (let i = 0; i < bits.length; i++) hash = Math.imul(hash ^ bits[i]!, 16777619);
  return (hash >>> 0).toString(16);
}
