import type { RandomStream } from '@reidkit/core-tensor/base';
import { CLOTH, CLOTH_GROUPS, blend, dim, linear, type Rgb } from './colour.ts';
import { cloud, grain } from './grain.ts';

/** Colour of a place on a plane, in metres: x to the right, y upwards on walls and away on the ground. */
export type Surface = (x: number, y: number) => Rgb;

/** Draws the numbers of one surface and gives its paint. */
export type SurfaceKind = (draws: RandomStream) => Surface;

const cell = (value: number, size: number): number => value / size - Math.floor(value / size);

const bright = (colour: Rgb, x: number, y: number, seed: number, amount: number): Rgb =>
  dim(colour, 1 + amount * (cloud(x * 2.3, y * 2.3, seed) + 0.5 * cloud(x * 9, y * 9, seed + 1) - 0.75));

const slabs =
  (colours: readonly Rgb[], low: number, high: number): SurfaceKind =>
  (draws) => {
    const base = draws.choice(colours);
    const size = draws.uniform(low, high);
    const seed = draws.integer(2 ** 30);
    const gap = dim(base, 0.62);
    return (x, y) => {
      const row = Math.floor(y / size);
      const shift = x + (row & 1) * size * 0.5;
      if (cell(shift, size * 1.4) < 0.035 || cell(y, size) < 0.05) return gap;
      return bright(dim(base, 0.88 + 0.24 * grain(Math.floor(shift / (size * 1.4)), row, seed)), x, y, seed, 0.18);
    };
  };

const asphalt: SurfaceKind = (draws) => {
  const base = dim(linear(108, 108, 112), draws.uniform(0.6, 1.3));
  const paint = draws.choice([linear(222, 222, 216), CLOTH.yellow.rgb, CLOTH.yellow.rgb]);
  const lane = draws.uniform(2.5, 7);
  const seed = draws.integer(2 ** 30);
  const isCrossing = draws.chance(0.5);
  return (x, y) => {
    const isPaint = isCrossing
      ? cell(x, 0.95) < 0.5 && y > lane && y < lane + 3.2
      : Math.abs(y - lane) < 0.09 || Math.abs(x - lane * 0.5) < 0.08;
    return bright(isPaint ? paint : base, x, y, seed, isPaint ? 0.35 : 0.25);
  };
};

const grass: SurfaceKind = (draws) => {
  const base = linear(84 + draws.integer(40), 124 + draws.integer(24), 58);
  const path = linear(176, 160, 132);
  const seed = draws.integer(2 ** 30);
  const middle = draws.uniform(-2, 2);
  const half = draws.uniform(0.8, 1.8);
  return (x, y) => {
    const edge = Math.abs(x - middle - 0.15 * y + 0.3 * cloud(y, 0, seed)) - half;
    if (edge < 0) return bright(path, x, y, seed, 0.3);
    return dim(base, 0.6 + 0.55 * cloud(x * 4, y * 4, seed) + 0.3 * grain(Math.floor(x * 30), Math.floor(y * 30), seed));
  };
};

const parquet: SurfaceKind = (draws) => {
  const light = draws.choice([linear(226, 222, 214), linear(206, 190, 168), linear(180, 186, 192)]);
  const dark = dim(light, draws.uniform(0.45, 0.85));
  const size = draws.uniform(0.5, 1.1);
  const seed = draws.integer(2 ** 30);
  return (x, y) => bright(cell(x, size * 2) < 0.5 === cell(y, size * 2) < 0.5 ? light : dark, x, y, seed, 0.06);
};

/** Ground by name. */
export const GROUNDS = {
  pavement: slabs([linear(150, 146, 140), linear(128, 128, 130), linear(168, 152, 132), linear(140, 120, 108)], 0.45, 0.8),
  cobbles: slabs([linear(110, 106, 104), linear(130, 112, 96)], 0.14, 0.2),
  asphalt,
  grass,
  parquet,
} as const satisfies Record<string, SurfaceKind>;

const isWithin = (value: number, low: number, high: number): boolean => value > low && value < high;

const DARK_PANE = linear(58, 72, 86);
const LIT_PANE = linear(232, 206, 140);

/** Mortar between bricks. */
const isMortar = (x: number, y: number): boolean => cell(y, 0.16) < 0.16 || cell(x + (Math.floor(y / 0.16) & 1) * 0.2, 0.4) < 0.07;

function facade(draws: RandomStream, walls: readonly Rgb[], isBrick: boolean): Surface {
  const base = draws.choice(walls);
  const other = draws.choice(walls);
  const trim = draws.choice([linear(226, 222, 212), dim(base, 0.5), linear(60, 62, 66)]);
  const [across, up] = [draws.uniform(1.5, 2.6), draws.uniform(2.6, 3.3)];
  const house = draws.uniform(5, 9);
  const seed = draws.integer(2 ** 30);
  const pane = (x: number, y: number): Rgb =>
    grain(Math.floor(x / across), Math.floor(y / up), seed) > 0.8 ? LIT_PANE : bright(DARK_PANE, x, y, seed, 0.5);
  return (x, y) => {
    const wall = grain(Math.floor(x / house), 5, seed) < 0.5 ? base : other;
    const [u, v] = [cell(x, across), cell(y, up)];
    if (y < 0.35) return dim(wall, 0.55);
    if (isWithin(u, 0.28, 0.72) && isWithin(v, 0.32, 0.8)) return pane(x, y);
    if (isWithin(u, 0.24, 0.76) && isWithin(v, 0.28, 0.84)) return trim;
    return isBrick && isMortar(x, y) ? dim(wall, 0.75) : bright(wall, x, y, seed, 0.14);
  };
}

const houses: SurfaceKind = (draws) =>
  facade(draws, [linear(206, 190, 160), linear(190, 150, 120), linear(214, 206, 190), linear(170, 178, 184), linear(210, 170, 150)], false);
const bricks: SurfaceKind = (draws) => facade(draws, [linear(146, 78, 60), linear(160, 104, 78), linear(120, 84, 70)], true);

const GLOW = linear(214, 200, 170);
const DEEP = linear(90, 96, 100);
const LETTERS = linear(232, 232, 228);
const SIGN_COLOURS: readonly Rgb[] = Object.values(CLOTH_GROUPS)
  .flat()
  .map((name) => CLOTH[name].rgb);

/** A cloth colour chosen by the cell of a grid. */
function colourAt(column: number, row: number, seed: number): Rgb {
  return SIGN_COLOURS[Math.floor(grain(column, row, seed) * SIGN_COLOURS.length)]!;
}

const shops: SurfaceKind = (draws) => {
  const width = draws.uniform(2.6, 4.2);
  const seed = draws.integer(2 ** 30);
  const above = facade(draws, [linear(206, 196, 176), linear(170, 160, 150), linear(150, 96, 76)], false);
  const board = (sign: Rgb, x: number, y: number): Rgb => {
    const u = cell(x, width);
    if (!isWithin(u, 0.03, 0.97)) return dim(sign, 0.5);
    return cell(x, 0.35) < 0.4 && isWithin(y, 2.85, 3.05) && isWithin(u, 0.2, 0.8) ? LETTERS : sign;
  };
  const display = (x: number, y: number): Rgb => {
    if (cell(x, 0.5) >= 0.6 || cell(y, 0.6) >= 0.65 || y >= 1.8) return blend(GLOW, DEEP, y / 2.6);
    return blend(colourAt(Math.floor(x / 0.5), Math.floor(y / 0.6), seed), GLOW, 0.35);
  };
  return (x, y) => {
    if (y > 3.3) return above(x, y);
    const sign = colourAt(Math.floor(x / width), 1, seed);
    if (y > 2.6) return board(sign, x, y);
    return isWithin(cell(x, width), 0.05, 0.95) && y >= 0.3 ? display(x, y) : dim(sign, 0.35);
  };
};

const hedge: SurfaceKind = (draws) => {
  const base = linear(58, 96 + draws.integer(30), 48);
  const seed = draws.integer(2 ** 30);
  return (x, y) => dim(base, 0.35 + 1.1 * cloud(x * 3, y * 3, seed) * (0.5 + cloud(x * 11, y * 11, seed + 1)));
};

const glass: SurfaceKind = (draws) => {
  const frame = draws.choice([linear(70, 74, 80), linear(200, 202, 204)]);
  const pane = draws.choice([linear(150, 184, 200), linear(120, 140, 150), linear(196, 206, 206)]);
  const size = draws.uniform(1.1, 1.8);
  const seed = draws.integer(2 ** 30);
  return (x, y) => {
    if (cell(x, size) < 0.06 || cell(y, size * 1.4) < 0.045) return frame;
    return bright(dim(pane, 0.75 + 0.4 * grain(Math.floor(x / size), Math.floor(y / size / 1.4), seed)), x + y, y, seed, 0.4);
  };
};

const tiles: SurfaceKind = (draws) => {
  const base = draws.choice([linear(222, 224, 220), linear(170, 196, 190), linear(206, 196, 160)]);
  const stripe = CLOTH[draws.choice([...CLOTH_GROUPS.warm, ...CLOTH_GROUPS.cool])].rgb;
  const seed = draws.integer(2 ** 30);
  return (x, y) => {
    if (cell(x, 0.4) < 0.06 || cell(y, 0.4) < 0.06) return dim(base, 0.7);
    return bright(y > 1.2 && y < 1.6 ? stripe : base, x, y, seed, 0.08);
  };
};

/** Walls behind the ground by name. */
export const WALLS = { houses, bricks, shops, hedge, glass, tiles } as const satisfies Record<string, SurfaceKind>;

/** Name of a ground. */
export type GroundName = keyof typeof GROUNDS;

/** Name of a wall. */
export type WallName = keyof typeof WALLS;
