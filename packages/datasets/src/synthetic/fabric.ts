import type { Rgb } from './colour.ts';
import { cloud } from './grain.ts';

/**
 * Colour of a place on a cloth. `around` is metres around the body from the middle of the front, `along` metres from the beginning of the
 * garment; a pattern so moves with the limb and looks the same from every camera.
 */
export type Paint = (around: number, along: number) => Rgb;

/** What a solid is covered with. */
export interface Fabric {
  readonly paint: Paint;
  /** Strength of folds, 0 to 1. */
  readonly folds: number;
  /** Where the folds lie. */
  readonly phase: number;
}

/** Patterns of cloth. */
export const PATTERNS = ['plain', 'striped', 'pinstriped', 'checked', 'dotted', 'two-tone', 'printed', 'diagonal', 'camouflage'] as const;

/** Name of a pattern. */
export type Pattern = (typeof PATTERNS)[number];

/** Two colours and a size: what a pattern is made from. */
export interface Weave {
  readonly base: Rgb;
  readonly accent: Rgb;
  /** Width of one repeat in metres. */
  readonly period: number;
  /** Place along the garment where a two-tone changes and a print sits, in metres. */
  readonly middle: number;
  readonly seed: number;
}

const repeat = (value: number, period: number): number => value / period - Math.floor(value / period);

const PAINTERS: Record<Pattern, (weave: Weave) => Paint> = {
  plain:
    ({ base }) =>
    () =>
      base,
  striped:
    ({ base, accent, period }) =>
    (_, along) =>
      repeat(along, period) < 0.5 ? base : accent,
  pinstriped:
    ({ base, accent, period }) =>
    (around) =>
      repeat(around + period * 0.2, period * 0.9) < 0.58 ? base : accent,
  checked:
    ({ base, accent, period }) =>
    (around, along) =>
      repeat(around, period * 1.1) < 0.5 === repeat(along, period * 1.1) < 0.5 ? base : accent,
  dotted:
    ({ base, accent, period }) =>
    (around, along) => {
      const row = Math.floor(along / period);
      const x = repeat(around + (row & 1) * period * 0.5, period) - 0.5;
      const y = repeat(along, period) - 0.5;
      return x * x + y * y < 0.09 ? accent : base;
    },
  'two-tone':
    ({ base, accent, middle }) =>
    (_, along) =>
      along > middle ? accent : base,
  printed:
    ({ base, accent, middle }) =>
    (around, along) => {
      const x = Math.abs(around) / 0.095;
      const y = (along - middle - 0.02) / 0.095;
      return x * x + y * y < 1 ? accent : base;
    },
  diagonal:
    ({ base, accent, period }) =>
    (around, along) =>
      repeat(along + Math.abs(around) * 0.9, period * 1.15) < 0.5 ? base : accent,
  camouflage:
    ({ base, accent, period, seed }) =>
    (around, along) =>
      cloud((around / period) * 1.5 + 9, (along / period) * 1.5 + 9, seed) < 0.52 ? base : accent,
};

/** The paint of a pattern. */
export const weave = (pattern: Pattern, from: Weave): Paint => PAINTERS[pattern](from);

/** One colour all over. */
export const plain =
  (colour: Rgb): Paint =>
  () =>
    colour;

/** A second paint wherever `where` says so, by place on the cloth. */
export const over =
  (under: Paint, colour: Rgb, where: (around: number, along: number) => boolean): Paint =>
  (around, along) =>
    where(around, along) ? colour : under(around, along);
