import { linear, type Rgb } from './colour.ts';
import type { PropName } from './props.ts';
import type { GroundName, WallName } from './scenery.ts';

/** A kind of place: what stands there, and how its cameras differ from those of other places. Ranges are low and high. */
export interface Domain {
  readonly grounds: readonly GroundName[];
  readonly walls: readonly WallName[];
  readonly props: readonly PropName[];
  /** Number of things in a background. */
  readonly crowding: readonly [number, number];
  /** Height of the wall in metres: above it is sky. */
  readonly wallHeight: readonly [number, number];
  readonly sky: Rgb;
  /** Colour of all light there. */
  readonly tint: Rgb;
  /** Exposure, 1 is normal. */
  readonly exposure: readonly [number, number];
  /** Slope of the tone curve, 1 is normal. */
  readonly contrast: readonly [number, number];
  /** Share of the crop's height that a person fills. */
  readonly fill: readonly [number, number];
  /** Share of direct light, 0 (overcast, indoors) to 1. */
  readonly sun: readonly [number, number];
}

/** Places by name. */
export const DOMAINS = {
  street: {
    grounds: ['pavement', 'asphalt', 'cobbles'],
    walls: ['houses', 'bricks', 'shops'],
    props: ['car', 'pole', 'sign', 'tree', 'bin', 'bicycle', 'bollard', 'planter'],
    crowding: [5, 10],
    wallHeight: [7, 12],
    sky: linear(186, 206, 228),
    tint: [1, 1, 1],
    exposure: [0.85, 1.2],
    contrast: [0.9, 1.15],
    fill: [0.9, 1],
    sun: [0.2, 0.9],
  },
  campus: {
    grounds: ['grass', 'pavement', 'grass'],
    walls: ['hedge', 'bricks', 'hedge', 'glass'],
    props: ['tree', 'bush', 'bench', 'bicycle', 'bin', 'pole', 'planter'],
    crowding: [6, 11],
    wallHeight: [2.5, 6],
    sky: linear(170, 204, 240),
    tint: [1.02, 1.06, 0.9],
    exposure: [1, 1.35],
    contrast: [1, 1.25],
    fill: [0.82, 0.93],
    sun: [0.6, 1],
  },
  mall: {
    grounds: ['parquet', 'parquet', 'pavement'],
    walls: ['shops', 'glass', 'tiles'],
    props: ['pillar', 'planter', 'bench', 'crates', 'sign', 'bin'],
    crowding: [3, 7],
    wallHeight: [9, 14],
    sky: linear(230, 228, 220),
    tint: [1.12, 1, 0.82],
    exposure: [0.95, 1.25],
    contrast: [0.75, 0.95],
    fill: [0.92, 1.02],
    sun: [0, 0.25],
  },
  night: {
    grounds: ['asphalt', 'pavement'],
    walls: ['shops', 'houses', 'bricks'],
    props: ['car', 'pole', 'sign', 'bin', 'bollard', 'tree'],
    crowding: [4, 8],
    wallHeight: [6, 10],
    sky: linear(18, 22, 38),
    tint: [1.05, 0.9, 0.72],
    exposure: [0.42, 0.62],
    contrast: [0.95, 1.2],
    fill: [0.88, 0.98],
    sun: [0.3, 0.7],
  },
} as const satisfies Record<string, Domain>;

/** Name of a place. */
export type DomainName = keyof typeof DOMAINS;

/** Names of all places. */
export const DOMAIN_NAMES = Object.keys(DOMAINS) as [DomainName, ...DomainName[]];
