import type { ResizeFilter } from '@reidkit/core-tensor/base';

/** Weights of one resize axis in the form the WebAssembly reads: one entry of `stride` bytes per output position. */
export interface ResampleTable {
  readonly words: Int32Array;
  readonly stride: number;
}

const FRACTION_BITS = 22;
const LOW_BITS = 15;
const LOW_MASK = 2 ** LOW_BITS - 1;

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** Keys' cubic with a = −0.5. */
function cubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}

const FILTERS = {
  bilinear: { support: 1, weight: triangle },
  bicubic: { support: 2, weight: cubic },
} as const;

/** Input positions of one output position and their weights, which add up to 1. */
function taps(output: number, input: number, scale: number, filter: keyof typeof FILTERS): { first: number; weights: number[] } {
  const { support, weight } = FILTERS[filter];
  const stretch = Math.max(scale, 1);
  const centre = (output + 0.5) * scale;
  const first = Math.max(0, Math.trunc(centre - support * stretch + 0.5));
  const end = Math.min(input, Math.trunc(centre + support * stretch + 0.5));
  const inverse = 1 / stretch;
  const raw = Array.from({ length: end - first }, (_, k) => weight((k + first - centre + 0.5) * inverse));
  const total = raw.reduce((sum, value) => sum + value, 0);
  return { first, weights: total === 0 ? raw : raw.map((value) => value / total) };
}

/** Rounded half away from zero to 22 fractional bits. */
const toFixed = (weight: number): number => Math.trunc(weight * 2 ** FRACTION_BITS + (weight < 0 ? -0.5 : 0.5));

const pack = (first: number, second: number): number => (first & 0xffff) | (second << 16);

/** Pillow's weights for one axis: the support grows with the shrink factor, so that shrinking averages (anti-aliasing). */
export function resampleTable(input: number, output: number, filter: Exclude<ResizeFilter, 'nearest'>): ResampleTable {
  const scale = input / output;
  const entries = Array.from({ length: output }, (_, position) => taps(position, input, scale, filter));
  const mostPairs = Math.ceil(Math.max(...entries.map(({ weights }) => weights.length)) / 2);
  const length = 2 + 2 * mostPairs;
  const words = new Int32Array(length * output);
  entries.forEach(({ first, weights }, position) => {
    const at = position * length;
    const pairs = Math.ceil(weights.length / 2);
    words[at] = first;
    words[at + 1] = pairs;
    for (let k = 0; k < pairs; k++) {
      const even = toFixed(weights[2 * k]!);
      const odd = toFixed(weights[2 * k + 1] ?? 0);
      words[at + 2 + 2 * k] = pack(even & LOW_MASK, odd & LOW_MASK);
      words[at + 3 + 2 * k] = pack(even >> LOW_BITS, odd >> LOW_BITS);
    }
  });
  return { words, stride: length * 4 };
}
