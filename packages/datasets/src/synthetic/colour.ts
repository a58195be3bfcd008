/** Linear light, red, green and blue, 0 … about 1. */
export type Rgb = readonly [number, number, number];

/** A colour that people have a name for. */
export interface Colour {
  readonly name: string;
  readonly rgb: Rgb;
  /** Share of near infrared light that cloth of this colour throws back: it has little to do with the colour that people see. */
  readonly infrared: number;
}

/** `base` to the power `exponent` for `base >= 0`, by exp and log, which give the same bits on every machine. */
export const power = (base: number, exponent: number): number => (base > 0 ? Math.exp(exponent * Math.log(base)) : 0);

/** Linear light from an sRGB triple of bytes. */
export function linear(red: number, green: number, blue: number): Rgb {
  const decode = (byte: number): number => (byte <= 10 ? byte / 3294.6 : power((byte / 255 + 0.055) / 1.055, 2.4));
  return [decode(red), decode(green), decode(blue)];
}

/** Colour with less or more light. */
export const dim = (rgb: Rgb, factor: number): Rgb => [rgb[0] * factor, rgb[1] * factor, rgb[2] * factor];

/** A colour between two. */
export const blend = (a: Rgb, b: Rgb, share: number): Rgb => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
];

/** Brightness that people see. */
export const luminance = (rgb: Rgb): number => 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];

const colour = (name: string, red: number, green: number, blue: number, infrared: number): Colour => ({
  name,
  rgb: linear(red, green, blue),
  infrared,
});

/** Colours of clothes, bags and shoes by name. */
export const CLOTH = {
  black: colour('black', 38, 37, 42, 0.16),
  navy: colour('navy', 35, 45, 92, 0.3),
  brown: colour('brown', 104, 66, 42, 0.34),
  green: colour('dark green', 34, 84, 56, 0.42),
  white: colour('white', 236, 236, 234, 0.85),
  beige: colour('beige', 216, 190, 148, 0.7),
  grey: colour('grey', 148, 150, 154, 0.5),
  red: colour('red', 204, 36, 40, 0.55),
  orange: colour('orange', 236, 124, 30, 0.62),
  yellow: colour('yellow', 240, 202, 36, 0.74),
  lime: colour('light green', 136, 184, 84, 0.66),
  teal: colour('teal', 22, 146, 146, 0.46),
  sky: colour('light blue', 108, 176, 232, 0.6),
  blue: colour('blue', 36, 84, 196, 0.38),
  purple: colour('purple', 122, 60, 160, 0.44),
  pink: colour('pink', 240, 132, 172, 0.72),
} as const satisfies Record<string, Colour>;

/** Name of a cloth colour in the table. */
export type ClothName = keyof typeof CLOTH;

/** Cloth colours by how light they are: every wardrobe takes some of each. */
export const CLOTH_GROUPS = {
  dark: ['black', 'navy', 'brown', 'green'],
  light: ['white', 'beige', 'grey'],
  warm: ['red', 'orange', 'yellow', 'pink'],
  cool: ['lime', 'teal', 'sky', 'blue', 'purple'],
} as const satisfies Record<string, readonly ClothName[]>;

/** Skin tones. */
export const SKIN: readonly Colour[] = [
  colour('fair', 240, 204, 180, 0.62),
  colour('light', 226, 178, 146, 0.6),
  colour('tan', 194, 142, 106, 0.58),
  colour('brown', 146, 98, 70, 0.54),
  colour('dark', 98, 64, 48, 0.5),
];

/** Hair colours. */
export const HAIR: readonly Colour[] = [
  colour('black', 30, 26, 26, 0.14),
  colour('dark brown', 62, 42, 30, 0.2),
  colour('brown', 110, 72, 44, 0.3),
  colour('blond', 206, 168, 96, 0.5),
  colour('red', 156, 70, 34, 0.36),
  colour('grey', 170, 170, 172, 0.46),
];
