import type { Random, RandomStream } from '@reidkit/core-tensor/base';
import type { Rgb } from './colour.ts';
import { DOMAINS, type DomainName } from './domain.ts';
import type { Light } from './lighting.ts';
import { unit } from './vector.ts';

/** What a camera does to colours: linear light in, linear light out, and then a tone curve. */
export interface ColourResponse {
  /** Rows of a 3 × 3 matrix on linear red, green and blue. */
  readonly matrix: readonly [Rgb, Rgb, Rgb];
  /** Light that is added everywhere, as by haze or a dirty lens. */
  readonly haze: number;
  /** Slope of the tone curve in the middle, 1 is normal. */
  readonly contrast: number;
}

/** A fixed camera of one place. Lengths of the picture are in heights of its frame. */
export interface Camera {
  /** From 0, over all domains. */
  readonly index: number;
  readonly domain: DomainName;
  readonly infrared: boolean;
  /** Metres above the ground. */
  readonly height: number;
  /** Row of the horizon: 0 is the upper edge of the frame, 1 the lower one. */
  readonly horizon: number;
  readonly focal: number;
  /** Way that most people walk: 0 towards the camera, a quarter turn to the left of the picture; radians. */
  readonly heading: number;
  readonly light: Light;
  readonly response: ColourResponse;
  /** Blur in pixels of a crop 128 pixels high. */
  readonly blur: number;
  /** Rows that a crop has before it is scaled up to its size, as a share. */
  readonly resolution: number;
  /** Standard deviation of the noise, of a full scale of 1. */
  readonly noise: number;
  /** Place of the random numbers of its background. */
  readonly scenery: Random;
  /** Place of the random numbers that all cameras of its domain share: one town has one kind of paving. */
  readonly town: Random;
}

/** How much cameras differ, 0 to 1 each. */
export interface CameraSpread {
  readonly cast: number;
  readonly light: number;
  readonly blur: number;
  readonly noise: number;
}

/** What cameras are drawn from. */
export interface CameraPlan {
  readonly random: Random;
  readonly domain: DomainName;
  /** Cameras of this domain, the infrared ones among them last. */
  readonly count: number;
  readonly infrared: number;
  /** Index of the first. */
  readonly from: number;
  readonly spread: CameraSpread;
}

/** `count` shares of [0, 1), one in each of as many equal pieces, in random order: cameras of every seed differ alike. */
function spreadOut(draws: RandomStream, count: number): number[] {
  return draws.shuffle(Array.from({ length: count }, (_, k) => (k + draws.uniform(0.2, 0.8)) / count));
}

const lerp = ([low, high]: readonly [number, number], share: number): number => low + (high - low) * share;

function product(a: readonly Rgb[], b: readonly Rgb[]): readonly [Rgb, Rgb, Rgb] {
  const row = (k: number): Rgb =>
    [0, 1, 2].map((c) => a[k]![0] * b[0]![c]! + a[k]![1] * b[1]![c]! + a[k]![2] * b[2]![c]!) as unknown as Rgb;
  return [row(0), row(1), row(2)];
}

/** Keeps grey grey and turns colours by `hue` radians; `saturation` 1 leaves them as strong as they are. */
function colourTurn(hue: number, saturation: number): readonly Rgb[] {
  const c = saturation * Math.cos(hue);
  const s = (saturation * Math.sin(hue)) / Math.sqrt(3);
  const same = (1 - c) / 3 + c;
  const [left, right] = [(1 - c) / 3 - s, (1 - c) / 3 + s];
  return [
    [same, left, right],
    [right, same, left],
    [left, right, same],
  ];
}

/** A white balance that is off: gains around 1 whose tint lies at an angle of the colour circle. */
function tintGains(angle: number, strength: number): Rgb {
  const at = (offset: number): number => Math.exp(strength * Math.cos(angle + offset));
  const gains: Rgb = [at(0), at((2 * Math.PI) / 3), at((4 * Math.PI) / 3)];
  const level = (gains[0] + gains[1] + gains[2]) / 3;
  return [gains[0] / level, gains[1] / level, gains[2] / level];
}

function drawLight(draws: RandomStream, direct: number, tint: Rgb): Light {
  const side = draws.uniform(-0.9, 0.9);
  const towards = unit([side, -draws.uniform(0.5, 1), -draws.uniform(0.35, 0.9)]);
  const warm: Rgb = [1.06, 1, 0.9];
  const sun = 0.25 + 0.75 * direct;
  const sky = 0.85 - 0.35 * direct;
  return {
    towards,
    sun: [sun * warm[0] * tint[0], sun * warm[1] * tint[1], sun * warm[2] * tint[2]],
    sky: [sky * tint[0], sky * tint[1], sky * 1.06 * tint[2]],
  };
}

/** Draws the cameras of a domain. Their casts, exposures, heights and sharpness are spread evenly, so that no seed gives an easy set. */
export function drawCameras(plan: CameraPlan): Camera[] {
  const { random, count, spread } = plan;
  const place = DOMAINS[plan.domain];
  const shares = (name: string): number[] => spreadOut(random.fork(name).stream(), count);
  const [tint, exposure, contrast, height, horizon] = [
    shares('tint'),
    shares('exposure'),
    shares('contrast'),
    shares('height'),
    shares('horizon'),
  ];
  const [sharp, hue, heading, sun, saturation] = [shares('sharp'), shares('hue'), shares('heading'), shares('sun'), shares('saturation')];
  return Array.from({ length: count }, (_, k) => {
    const draws = random.fork('camera', k).stream();
    const bright = lerp(place.exposure, 0.5 + (exposure[k]! - 0.5) * (1 + spread.light));
    const gains = tintGains(2 * Math.PI * tint[k]!, 0.42 * spread.cast * draws.uniform(0.7, 1.1));
    const turn = colourTurn((hue[k]! - 0.5) * 0.6 * spread.cast, 1 + (saturation[k]! - 0.6) * 0.7 * spread.cast);
    const diagonal: readonly Rgb[] = [
      [gains[0] * bright, 0, 0],
      [0, gains[1] * bright, 0],
      [0, 0, gains[2] * bright],
    ];
    return {
      index: plan.from + k,
      domain: plan.domain,
      infrared: k >= count - plan.infrared,
      height: lerp([2.3, 4], height[k]!),
      horizon: lerp([-0.08, 0.24], horizon[k]!),
      focal: draws.uniform(1.3, 1.9),
      heading: 2 * Math.PI * heading[k]!,
      light: drawLight(draws, lerp(place.sun, sun[k]!), place.tint),
      response: {
        matrix: product(diagonal, turn),
        haze: draws.uniform(0, 0.05) * spread.light,
        contrast: lerp(place.contrast, contrast[k]!),
      },
      blur: lerp([0.1, 1], sharp[k]!) * spread.blur,
      resolution: 1 - 0.5 * spread.blur * lerp([0, 1], 1 - sharp[k]!),
      noise: lerp([0.008, 0.04], draws.uniform()) * spread.noise,
      scenery: random.fork('scenery', k),
      town: random.fork('town'),
    };
  });
}
