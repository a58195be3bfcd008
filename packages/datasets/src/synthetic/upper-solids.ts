import { CLOTH, dim, type Rgb } from './colour.ts';
import { over, plain, weave, type Paint } from './fabric.ts';
import type { Side } from './skeleton.ts';
import { cone, ellipsoid, limb, type Make, type Solid } from './solid.ts';
import { make, skin, type Tailor } from './tailor.ts';
import { add, mix, scale, type Vector } from './vector.ts';

/** Extra thickness of a garment against the bare body. */
const THICK: Record<string, number> = {
  't-shirt': 1.06,
  shirt: 1.08,
  sweater: 1.12,
  hoodie: 1.18,
  jacket: 1.2,
  coat: 1.2,
  'tank top': 1.02,
  dress: 1.04,
};
const HIDDEN_HEM = new Set(['dress', 'coat']);

/** Half the way around the trunk in metres: beyond a quarter of the whole, cloth is on the back. */
const HALF_ROUND = 0.43;

/** Distance from the middle line on the front, or on the back. */
const across = (around: number): number =>
  Math.abs(around) < HALF_ROUND / 2 ? around : Math.sign(around) * Math.max(0, HALF_ROUND - Math.abs(around));

function withStraps(tailor: Tailor, paint: Paint): Paint {
  const { bag } = tailor.person;
  const strap: Rgb = dim(tailor.tone(bag.colour), 0.8);
  if (bag.kind === 'backpack') {
    return over(paint, strap, (around, along) => Math.abs(Math.abs(around) - 0.1) < 0.02 && along > 0.26);
  }
  if (bag.kind !== 'shoulder bag') return paint;
  const sign = bag.side === 'left' ? 1 : -1;
  return over(paint, strap, (around, along) => Math.abs(sign * across(around) - (0.17 - 0.52 * along)) < 0.021);
}

/** Paint of the trunk: the pattern, an open front where the garment has one, and straps of a bag. */
function trunkPaint(tailor: Tailor): Paint {
  const { upper } = tailor.outfit;
  const { tone } = tailor;
  const middle = upper.kind === 'dress' ? 0.12 : 0.3;
  const base = weave(upper.pattern, { base: tone(upper.colour), accent: tone(upper.accent), period: upper.period, middle, seed: 7 });
  const isOpen = upper.kind === 'jacket' || (upper.kind === 'coat' && upper.pattern !== 'printed');
  const inner = tone(upper.kind === 'jacket' ? upper.accent : CLOTH.white);
  const front = isOpen
    ? over(base, inner, (around, along) => Math.abs(around) < 0.018 + 0.07 * Math.max(0, along - 0.05) && along > -0.4)
    : base;
  return withStraps(tailor, front);
}

function sleevePaint(tailor: Tailor): Paint {
  const { upper } = tailor.outfit;
  const { tone } = tailor;
  const colour = tone(upper.pattern === 'two-tone' ? upper.accent : upper.colour);
  if (upper.pattern === 'two-tone' || upper.pattern === 'printed') return plain(colour);
  return weave(upper.pattern, { base: colour, accent: tone(upper.accent), period: upper.period, middle: 9, seed: 7 });
}

function armSolids(tailor: Tailor, side: Side): Solid[] {
  const { person, outfit, size } = tailor;
  const g = Math.sqrt(person.build.girth) * size;
  const thick = THICK[outfit.upper.kind]! * (outfit.upper.sleeves === 'none' ? 1 : 1.06);
  const bare = skin(tailor, 'upper');
  const cloth = make(tailor, 'upper', 'upper', sleevePaint(tailor), 0.7);
  const hand = ellipsoid(
    add(side.wrist, scale(add(side.wrist, side.elbow, -1), 0.28)),
    scale([0.035, 0.062, 0.04], size),
    bare,
    add(side.wrist, side.elbow, -1),
  );
  const upperArm = { from: 0.056 * g, to: 0.044 * g };
  const foreArm = { from: 0.044 * g, to: 0.031 * g };
  if (outfit.upper.sleeves === 'long') {
    const cuff = { from: foreArm.from * thick, to: 0.04 * g * thick };
    const above = limb(side.shoulder, side.elbow, { from: upperArm.from * thick, to: upperArm.to * thick }, cloth);
    return [...above, ...limb(side.elbow, side.wrist, cuff, { ...cloth, start: 0.3 }), hand];
  }
  const skinned = [...limb(side.shoulder, side.elbow, upperArm, bare), ...limb(side.elbow, side.wrist, foreArm, bare), hand];
  if (outfit.upper.sleeves === 'none') return skinned;
  const end = mix(side.shoulder, side.elbow, 0.72);
  const sleeve = limb(side.shoulder, end, { from: upperArm.from * thick, to: 0.062 * g * thick }, cloth);
  return [...skinned, ...sleeve.slice(0, 2)];
}

/** The lower edge of the garment, from short hems to the skirts of coats and dresses. */
function hemSolids(tailor: Tailor, paint: Paint, width: number): Solid[] {
  const { joints, outfit, size, person } = tailor;
  const { kind } = outfit.upper;
  const reach = Math.max(Math.abs(joints.left.knee[2]), Math.abs(joints.right.knee[2]));
  const down = (distance: number): Vector => add(joints.pelvis, [0, -distance, 0], size);
  const cloth = { ...make(tailor, 'upper', HIDDEN_HEM.has(kind) ? 'lower' : 'upper', paint, 0.8) };
  if (!HIDDEN_HEM.has(kind)) {
    const long = kind === 'tank top' || kind === 't-shirt' ? 0.05 : 0.09;
    const end = down(long);
    return [cone(end, joints.waist, { from: width * 1.12, to: width, depth: 0.78 }, { ...cloth, start: -long * size })];
  }
  const long = (kind === 'coat' ? 0.36 : 0.4) * person.build.legs * 2 * size;
  const flare = kind === 'coat' ? 1.3 : 1.34;
  const depth = Math.max(0.74, (reach + 0.12) / (width * flare));
  return [cone(down(long), joints.waist, { from: width * flare, to: width * 0.97, depth }, { ...cloth, start: -long })];
}

/** Trunk, arms, hood, scarf and what hangs down from the upper garment. */
export function upperSolids(tailor: Tailor): Solid[] {
  const { joints, person, outfit, size } = tailor;
  const { build } = person;
  const thick = THICK[outfit.upper.kind]!;
  const paint = trunkPaint(tailor);
  const cloth: Make = make(tailor, 'upper', 'upper', paint, 0.7);
  const waist = 0.152 * build.girth * size * thick;
  const chest = 0.162 * (0.6 + 0.4 * build.girth) * build.shoulders * size * thick;
  const depth = 0.62 + 0.12 * Math.max(0, build.girth - 1);
  const low = add(joints.pelvis, joints.spine, -0.01);
  const wide = 0.178 * build.shoulders * (0.75 + 0.25 * build.girth) * size * thick;
  const top = add(joints.chest, joints.spine, 0.012 * size);
  const shoulders = ellipsoid(
    add(joints.chest, joints.spine, 0.022 * size),
    [wide, 0.09 * size, chest * depth * 1.02],
    cloth,
    joints.spine,
  );
  const solids = [
    cone(low, top, { from: waist, to: chest, depth }, { ...cloth, start: -0.01 }),
    { ...shoulders, wrap: { around: 0.14, start: 0.48 * size, along: 0.09 * size } },
    cone(top, add(joints.neck, [0, 0.012, 0]), { from: wide * 0.92, to: 0.062 * size, depth: 0.6 }, { ...cloth, start: 0.48 * size }),
    ...hemSolids(tailor, paint, waist * 1.06),
    ...armSolids(tailor, joints.left),
    ...armSolids(tailor, joints.right),
  ];
  if (build.girth > 1.26) {
    const belly = ellipsoid(add(joints.waist, [0, 0.05, 0.03]), [waist * 0.96, 0.19 * size, waist * 0.8], cloth);
    solids.push({ ...belly, wrap: { around: 0.14, start: 0.055 * build.height + 0.05, along: 0.19 * size } });
  }
  if (outfit.upper.kind === 'hoodie') {
    const hood = make(tailor, 'upper', 'upper', sleevePaint(tailor), 0.5);
    solids.push(ellipsoid(add(joints.neck, [0, 0.0, -0.065], size), scale([0.115, 0.075, 0.075], size), hood));
  }
  if (outfit.scarf) {
    const wool = make(tailor, 'scarf', 'upper', plain(tailor.tone(outfit.scarf)), 1);
    solids.push(ellipsoid(add(joints.neck, [0, 0.0, 0.01], size), scale([0.105, 0.06, 0.1], size), wool));
    const end = add(joints.chest, [0.05, -0.12, 0.15], size);
    solids.push(...limb(add(joints.neck, [0.04, -0.02, 0.08], size), end, { from: 0.04 * size, to: 0.045 * size, depth: 0.5 }, wool));
  }
  return solids;
}
