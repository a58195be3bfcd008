import type { Adjustment } from './adjust-bytes.ts';

/** Of value, p, q and t (numbers 0 to 3), the red, green and blue in each sixth of the colour circle. */
const SECTORS: readonly (readonly [number, number, number])[] = [
  [0, 3, 1],
  [2, 0, 1],
  [1, 0, 3],
  [1, 2, 0],
  [3, 1, 0],
  [0, 1, 2],
];

const clip = (x: number): number => Math.min(1, Math.max(0, x));

const grey = (pixels: Float32Array, i: number): number => 0.2989 * pixels[i]! + 0.587 * pixels[i + 1]! + 0.114 * pixels[i + 2]!;

const blend = (base: number, value: number, factor: number): number => clip(factor * value + (1 - factor) * base);

function changeContrast(pixels: Float32Array, factor: number): Float32Array {
  let total = 0;
  for (let i = 0; i < pixels.length; i += 3) total += grey(pixels, i);
  const mean = total / (pixels.length / 3);
  return pixels.map((value) => blend(mean, value, factor));
}

function saturate(pixels: Float32Array, factor: number): Float32Array {
  return pixels.map((value, i) => blend(grey(pixels, i - (i % 3)), value, factor));
}

function hueOf(red: number, green: number, blue: number, high: number, spread: number): number {
  if (spread === 0) return 0;
  const part = (value: number): number => (high - value) / spread;
  if (red === high) return ((part(blue) - part(green)) / 6 + 1) % 1;
  const sector = green === high ? 2 + part(red) - part(blue) : 4 + part(green) - part(red);
  return (sector / 6 + 1) % 1;
}

function putHsv(out: Float32Array, at: number, hue: number, saturation: number, value: number): void {
  const sector = Math.floor(hue * 6);
  const rest = hue * 6 - sector;
  const p = clip(value * (1 - saturation));
  const q = clip(value * (1 - saturation * rest));
  const t = clip(value * (1 - saturation * (1 - rest)));
  const choices = [value, p, q, t];
  SECTORS[sector % 6]!.forEach((choice, c) => (out[at + c] = choices[choice]!));
}

function turnHue(pixels: Float32Array, shift: number): Float32Array {
  const out = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    const red = pixels[i]!;
    const green = pixels[i + 1]!;
    const blue = pixels[i + 2]!;
    const high = Math.max(red, green, blue);
    const spread = high - Math.min(red, green, blue);
    const hue = hueOf(red, green, blue, high, spread) + shift;
    putHsv(out, i, hue - Math.floor(hue), high === 0 ? 0 : spread / high, high);
  }
  return out;
}

const ADJUST: Record<Adjustment, (pixels: Float32Array, amount: number) => Float32Array> = {
  brightness: (pixels, factor) => pixels.map((value) => blend(0, value, factor)),
  contrast: changeContrast,
  saturation: saturate,
  hue: turnHue,
};

/** One adjustment of RGB floats `[H, W, 3]` in [0, 1] as torchvision makes it on tensors: clipped, never rounded. */
export function adjustFloats(pixels: Float32Array, adjustment: Adjustment, amount: number): Float32Array {
  return ADJUST[adjustment](pixels, amount);
}
