import { CLOTH, blend, dim } from './colour.ts';
import { over, plain, weave, type Paint } from './fabric.ts';
import type { Side } from './skeleton.ts';
import { cone, ellipsoid, limb, type Make, type Solid } from './solid.ts';
import { make, skin, type Tailor } from './tailor.ts';
import { add, mix, scale, type Vector } from './vector.ts';

/** Radii of a leg garment in metres: at the hip, knee and ankle, for an average body. */
const CUTS: Record<string, readonly [hip: number, knee: number, ankle: number]> = {
  trousers: [0.098, 0.074, 0.062],
  jeans: [0.096, 0.07, 0.056],
  'wide trousers': [0.104, 0.095, 0.108],
  leggings: [0.086, 0.058, 0.04],
  shorts: [0.106, 0.1, 0.1],
};

function legPaint(tailor: Tailor): Paint {
  const { lower } = tailor.outfit;
  const { tone } = tailor;
  const base = lower.kind === 'jeans' ? blend(tone(lower.colour), tone(CLOTH.navy), 0.25) : tone(lower.colour);
  return weave(lower.pattern, { base, accent: tone(lower.accent), period: lower.period, middle: 0.4, seed: 11 });
}

function bareLeg(tailor: Tailor, side: Side): Solid[] {
  const g = Math.sqrt(tailor.person.build.girth) * tailor.size;
  const bare = skin(tailor, 'lower');
  return [
    ...limb(side.hip, side.knee, { from: 0.082 * g, to: 0.056 * g }, bare),
    ...limb(side.knee, side.ankle, { from: 0.055 * g, to: 0.036 * g }, bare),
  ];
}

function legSolids(tailor: Tailor, side: Side, cloth: Make): Solid[] {
  const { person, outfit, size } = tailor;
  const { kind } = outfit.lower;
  if (outfit.upper.kind === 'dress' || kind === 'skirt') return bareLeg(tailor, side);
  const g = Math.sqrt(person.build.girth) * size;
  const [hip, knee, ankle] = CUTS[kind]!;
  if (kind === 'shorts') {
    const end = mix(side.hip, side.knee, 0.84);
    return [...bareLeg(tailor, side), ...limb(side.hip, end, { from: hip * g, to: knee * g }, cloth).slice(0, 2)];
  }
  const long = person.build.height * person.build.legs * 0.475;
  const end = mix(side.knee, side.ankle, kind === 'leggings' ? 0.9 : 0.97);
  return [
    ...limb(side.hip, side.knee, { from: hip * g, to: knee * g }, cloth),
    ...limb(side.knee, end, { from: knee * g, to: ankle * g }, { ...cloth, start: long }).slice(0, 2),
    ...bareLeg(tailor, side).slice(3),
  ];
}

function skirtSolids(tailor: Tailor, cloth: Make, width: number): Solid[] {
  const { joints, outfit, size, person } = tailor;
  if (outfit.lower.kind !== 'skirt' || outfit.upper.kind === 'dress') return [];
  const long = 0.42 * person.build.legs * 2 * size;
  const reach = Math.max(Math.abs(joints.left.knee[2]), Math.abs(joints.right.knee[2])) + 0.09;
  const from = width * 1.4;
  const hem = add(joints.pelvis, [0, -long, 0]);
  return [cone(hem, joints.waist, { from, to: width * 0.92, depth: Math.max(0.76, reach / from) }, cloth)];
}

function footSolids(tailor: Tailor, side: Side): Solid[] {
  const { person, size, tone } = tailor;
  const { kind, colour } = person.shoes;
  const base = tone(colour);
  const sole = kind === 'sneakers' ? tone(CLOTH.white) : dim(base, 0.45);
  const paint: Paint =
    kind === 'sandals'
      ? over(plain(tone(person.skin)), base, (_, along) => along < -0.008 || Math.abs(along - 0.012) < 0.009)
      : over(plain(base), sole, (_, along) => along < -0.014);
  const leather = make(tailor, 'shoes', 'foot', paint, 0.1);
  const c = Math.cos(side.footPitch);
  const s = Math.sin(side.footPitch);
  const up: Vector = [0, c, s];
  const ahead: Vector = [0, -s, c];
  const middle = add(add(side.ankle, ahead, 0.062 * size), up, -0.026 * size);
  const shoe = ellipsoid(middle, scale([0.052, 0.047, 0.138], size), leather, up);
  const heel = ellipsoid(add(side.ankle, up, -0.005), scale([0.047, 0.05, 0.052], size), {
    ...leather,
    fabric: { ...leather.fabric, paint: plain(base) },
  });
  if (kind === 'sandals') return [shoe, ellipsoid(side.ankle, scale([0.04, 0.045, 0.045], size), skin(tailor, 'foot'))];
  if (kind !== 'boots') return [shoe, heel];
  const shaft = make(tailor, 'shoes', 'foot', plain(base), 0.4);
  return [shoe, heel, cone(side.ankle, mix(side.ankle, side.knee, 0.5), { from: 0.056 * size, to: 0.068 * size }, shaft)];
}

/** Hips, legs, skirt and shoes. */
export function lowerSolids(tailor: Tailor): Solid[] {
  const { joints, person, outfit, size } = tailor;
  const cloth = make(tailor, 'lower', 'lower', legPaint(tailor), 0.7);
  const width = 0.15 * person.build.girth * size;
  const covered = outfit.upper.kind === 'dress' ? make(tailor, 'upper', 'lower', plain(tailor.tone(outfit.upper.colour))) : cloth;
  const hips = ellipsoid(add(joints.pelvis, [0, -0.015, 0]), [width * 0.97, 0.105 * size, width * 0.74], covered);
  return [
    { ...hips, wrap: { around: 0.12, start: 0.02, along: -0.11 } },
    ...skirtSolids(tailor, cloth, width),
    ...legSolids(tailor, joints.left, cloth),
    ...legSolids(tailor, joints.right, cloth),
    ...footSolids(tailor, joints.left),
    ...footSolids(tailor, joints.right),
  ];
}
