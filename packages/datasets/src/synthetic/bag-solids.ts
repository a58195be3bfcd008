import { dim } from './colour.ts';
import { over, plain, type Paint } from './fabric.ts';
import { box, cone, ellipsoid, limb, type Solid } from './solid.ts';
import { make, type Tailor } from './tailor.ts';
import { add, mix, scale, type Vector } from './vector.ts';

function backpack(tailor: Tailor, paint: Paint): Solid[] {
  const { joints, size, person } = tailor;
  const cloth = make(tailor, 'bag', 'upper', paint, 0.3);
  const back = add(mix(joints.waist, joints.chest, 0.62), [0, 0, -(0.16 + 0.06 * (person.build.girth - 1))], size);
  const pocket = make(tailor, 'bag', 'upper', plain(dim(tailor.tone(person.bag.colour), 0.6)), 0.2);
  return [
    box(back, scale([0.135, 0.16, 0.075], size), cloth, joints.spine),
    ellipsoid(add(back, joints.spine, 0.15 * size), scale([0.135, 0.075, 0.075], size), cloth, joints.spine),
    ellipsoid(add(back, joints.spine, -0.15 * size), scale([0.135, 0.05, 0.08], size), cloth, joints.spine),
    box(add(back, [0, -0.06, -0.075], size), scale([0.1, 0.075, 0.025], size), pocket, joints.spine),
  ];
}

function shoulderBag(tailor: Tailor, paint: Paint, sign: number): Solid[] {
  const { joints, size, person } = tailor;
  const cloth = make(tailor, 'bag', 'upper', paint, 0.3);
  const at = add(joints.pelvis, [sign * (0.165 * person.build.girth + 0.04), -0.01, 0.02], size);
  return [box(at, scale([0.05, 0.105, 0.145], size), cloth), ellipsoid(add(at, [0, 0.1, 0]), scale([0.05, 0.04, 0.145], size), cloth)];
}

function handbag(tailor: Tailor, paint: Paint, sign: number): Solid[] {
  const { joints, size } = tailor;
  const { wrist } = sign > 0 ? joints.left : joints.right;
  const cloth = make(tailor, 'bag', 'upper', paint, 0.3);
  const hand: Vector = add(wrist, [0, -0.07, 0.01], size);
  const at = add(hand, [sign * 0.1, -0.24, 0], size);
  const rope = (z: number): Solid => cone(hand, add(at, [0, 0.09, z], size), { from: 0.011, to: 0.011 }, cloth);
  return [box(at, scale([0.055, 0.11, 0.15], size), cloth), rope(0.09), rope(-0.09)];
}

function suitcase(tailor: Tailor, paint: Paint, sign: number): Solid[] {
  const { joints, size } = tailor;
  const { wrist } = sign > 0 ? joints.left : joints.right;
  const shell = make(tailor, 'bag', 'lower', paint, 0.1);
  const at: Vector = [wrist[0] + sign * 0.1, 0.34 * size, wrist[2] - 0.16];
  const top = add(at, [0, 0.27 * size, 0]);
  return [box(at, scale([0.12, 0.27, 0.17], size), shell), ...limb(top, wrist, { from: 0.014, to: 0.014 }, shell)];
}

/** The bag that a person carries, if any. Straps across the trunk are part of the garment's paint. */
export function bagSolids(tailor: Tailor): Solid[] {
  const { bag } = tailor.person;
  const sign = bag.side === 'left' ? 1 : -1;
  const colour = tailor.tone(bag.colour);
  const paint = over(plain(colour), dim(colour, 0.55), (_, along) => Math.abs(along - 0.045) < 0.012);
  switch (bag.kind) {
    case 'backpack':
      return backpack(tailor, paint);
    case 'shoulder bag':
      return shoulderBag(tailor, paint, sign);
    case 'handbag':
      return handbag(tailor, paint, sign);
    case 'suitcase':
      return suitcase(tailor, paint, sign);
    default:
      return [];
  }
}
