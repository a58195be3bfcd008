import { describe, expect, it } from 'vitest';
import { plain } from './fabric.ts';
import { drawLayer } from './layer.ts';
import type { Light } from './lighting.ts';
import { directions, project } from './projection.ts';
import { rasterise } from './raster.ts';
import { box, cone, cut, ellipsoid, type Make, type Solid } from './solid.ts';
import { dot } from './vector.ts';

const MAKE: Make = { fabric: { paint: plain([0.5, 0.25, 0.125]), folds: 0, phase: 0 }, part: 'upper', piece: 'upper' };
const SKY: Light = { towards: [0, -1, 0], sun: [0, 0, 0], sky: [1, 1, 1] };
const VIEW = { yaw: 0, tilt: 0, scale: 20, x: 30, y: 50 };

const area = (solid: Solid, view = VIEW): number =>
  rasterise([project(solid, view)], 60, 70).first.reduce((sum, number) => sum + (number === 0 ? 1 : 0), 0);

describe('rasterise', () => {
  it('covers the areas that geometry says', () => {
    expect(area(ellipsoid([0, 1, 0], [0.5, 0.75, 0.3], MAKE))).toBeCloseTo(Math.PI * 10 * 15, -1.3);
    expect(area(box([0, 1, 0], [0.5, 0.75, 0.3], MAKE))).toBe(20 * 30);
    const trapezium = area(cone([0, 0.5, 0], [0, 1.5, 0], { from: 0.5, to: 0.25 }, MAKE));
    expect(trapezium).toBeGreaterThan(20 * 15 - 20);
    expect(trapezium).toBeLessThan(20 * 15 + 20);
  });

  it('turns and tilts: a deep ellipsoid is wide from the side and high from above', () => {
    const solid = ellipsoid([0, 1, 0], [0.2, 0.2, 0.8], MAKE);
    const front = area(solid);
    expect(area(solid, { ...VIEW, yaw: Math.PI / 2 })).toBeGreaterThan(front * 3);
    expect(area(solid, { ...VIEW, tilt: 1.2 })).toBeGreaterThan(front * 2);
  });

  it('shows what is nearer, and the inside of an open cone through a cut', () => {
    const [near, far] = [ellipsoid([0, 1, 0.5], [0.3, 0.3, 0.1], MAKE), ellipsoid([0, 1, -0.5], [0.6, 0.6, 0.1], MAKE)];
    const seen = rasterise(
      [far, near].map((solid) => project(solid, VIEW)),
      60,
      70,
    );
    expect(seen.first[30 * 60 + 30]).toBe(1);
    expect(seen.first[30 * 60 + 20]).toBe(0);
    const half = cut(ellipsoid([0, 1, 0], [0.5, 0.5, 0.5], MAKE), [0, 0, -1, 0]);
    const whole = rasterise([project(half, VIEW)], 60, 70);
    expect(whole.first[30 * 60 + 30]).toBe(0);
    expect(whole.depth[30 * 60 + 30]).toBeGreaterThan(8);
  });

  it('shows the left side of a person after a quarter turn', () => {
    const sides = [ellipsoid([-1, 1, 0], [0.2, 0.5, 0.5], MAKE), ellipsoid([1, 1, 0], [0.2, 0.5, 0.5], MAKE)];
    const view = { ...VIEW, yaw: Math.PI / 2 };
    const seen = rasterise(
      sides.map((solid) => project(solid, view)),
      60,
      70,
    );
    expect(seen.first[30 * 60 + 30]).toBe(1);
  });

  it('has directions that are orthogonal and of length 1', () => {
    const { right, down, away } = directions({ yaw: 0.7, tilt: 0.3 });
    for (const axis of [right, down, away]) expect(dot(axis, axis)).toBeCloseTo(1, 12);
    for (const [a, b] of [
      [right, down],
      [right, away],
      [down, away],
    ] as const)
      expect(dot(a, b)).toBeCloseTo(0, 12);
    expect(down[1]).toBeLessThan(0);
  });
});

describe('drawLayer', () => {
  it('gives the paint in the light, with soft edges, and parts where it covers', () => {
    const layer = drawLayer([box([0, 1, 0], [0.5, 0.5, 0.1], MAKE)], VIEW, SKY, { width: 60, height: 70 });
    const at = Math.floor(layer.height / 2) * layer.width + Math.floor(layer.width / 2);
    expect(layer.cover[at]).toBe(1);
    expect(layer.part[at]).toBe(2);
    expect(layer.rgb[at * 3]! / layer.rgb[at * 3 + 1]!).toBeCloseTo(2, 5);
    expect(layer.rgb[at * 3]).toBeCloseTo(0.5 * 0.62, 5);
  });

  it('is empty beside the picture', () => {
    const layer = drawLayer([box([0, 1, 0], [0.5, 0.5, 0.1], MAKE)], { ...VIEW, x: 500 }, SKY, { width: 60, height: 70 });
    expect(layer.cover.length).toBe(0);
  });
});
