import { CLOTH, blend, dim, linear, type Rgb } from './colour.ts';
import { over, plain, type Paint } from './fabric.ts';
import { cone, cut, ellipsoid, type Make, type Solid } from './solid.ts';
import { make, skin, type Tailor } from './tailor.ts';
import { add, scale, type Vector } from './vector.ts';

const LIPS = linear(150, 60, 60);

/** Skin with eyes, mouth, and what else is on a face; `around` and `along` in metres from the middle of the face. */
function facePaint(tailor: Tailor): Paint {
  const { person, tone } = tailor;
  const base = tone(person.skin);
  const ink: Rgb = [0.012, 0.01, 0.01];
  const lips = blend(base, tailor.tone === undefined ? base : dim(LIPS, 1), 0.4);
  let face = over(plain(base), lips, (around, along) => Math.abs(around) < 0.022 && Math.abs(along + 0.052) < 0.008);
  face = over(face, ink, (around, along) => Math.abs(Math.abs(around) - 0.031) < 0.011 && Math.abs(along - 0.008) < 0.009);
  if (person.hasBeard) {
    const beard = blend(base, tone(person.hair.colour), 0.8);
    face = over(face, beard, (around, along) => along < -0.026 && Math.abs(around) < 0.11 && !(Math.abs(around) < 0.02 && along > -0.06));
  }
  if (!person.hasGlasses) return face;
  return over(
    face,
    [0.02, 0.02, 0.025],
    (around, along) => Math.abs(along - 0.008) < 0.02 && Math.abs(around) < 0.062 && Math.abs(Math.abs(around) - 0.031) > 0.006,
  );
}

/** Locks that hang or stand beside the cap of hair, by style. Places are metres from the middle of the head. */
function locks(style: string, at: (x: number, y: number, z: number) => Vector, size: number, hair: Make): Solid[] {
  const ball = (place: Vector, radii: Vector, axis?: Vector): Solid => ellipsoid(place, scale(radii, size), hair, axis);
  switch (style) {
    case 'curly':
      return [cut(ball(at(0, 0.035, -0.015), [0.115, 0.125, 0.125]), [0, 0.7, -0.72, -0.02])];
    case 'bob':
      return [cut(ball(at(0, -0.03, -0.015), [0.1, 0.125, 0.1]), [0, 0.2, -0.98, -0.12])];
    case 'long':
      return [cut(ball(at(0, -0.03, -0.015), [0.098, 0.13, 0.1]), [0, 0.2, -0.98, -0.12]), ball(at(0, -0.17, -0.07), [0.1, 0.2, 0.055])];
    case 'ponytail':
      return [ball(at(0, -0.05, -0.135), [0.034, 0.13, 0.036], [0, 1, 0.28]), ball(at(0, 0.05, -0.1), [0.035, 0.035, 0.035])];
    case 'bun':
      return [ball(at(0, 0.075, -0.085), [0.052, 0.052, 0.052])];
    default:
      return [];
  }
}

function hatSolids(tailor: Tailor, at: (x: number, y: number, z: number) => Vector): Solid[] {
  const { hat } = tailor.person;
  if (hat.kind === 'none') return [];
  const { size } = tailor;
  const colour = tailor.tone(hat.colour);
  const cloth = make(tailor, 'hat', 'head', plain(colour), 0.2);
  const shade = make(tailor, 'hat', 'head', plain(dim(colour, 0.72)), 0);
  const ball = (place: Vector, radii: Vector, of: Make): Solid => ellipsoid(place, scale(radii, size), of);
  if (hat.kind === 'cap') {
    return [
      cut(ball(at(0, 0.03, -0.005), [0.09, 0.095, 0.106], cloth), [0, 1, 0, 0.12]),
      ball(at(0, 0.045, 0.115), [0.066, 0.011, 0.062], shade),
    ];
  }
  if (hat.kind === 'beanie') {
    const top = ball(at(0, 0.032, -0.012), [0.091, 0.115, 0.107], cloth);
    return [cut(top, [0, 1, -0.3, 0.05]), ball(at(0, 0.15, -0.015), [0.024, 0.024, 0.024], shade)];
  }
  return [
    cut(ball(at(0, 0.04, -0.005), [0.092, 0.1, 0.105], cloth), [0, 1, 0, 0]),
    ball(at(0, 0.045, 0), [0.19, 0.016, 0.19], cloth),
    cone(
      at(0, 0.045, 0),
      at(0, 0.075, 0),
      { from: 0.1 * size, to: 0.098 * size, depth: 1.14 },
      make(tailor, 'hat', 'head', plain(tailor.tone(CLOTH.black)), 0),
    ),
  ];
}

/** A solid turned about a vertical axis. */
function turned(solid: Solid, pivot: Vector, angle: number): Solid {
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const turn = (v: Vector): Vector => [c * v[0] + s * v[2], v[1], c * v[2] - s * v[0]];
  const arm = add(solid.origin, pivot, -1);
  return { ...solid, origin: add(pivot, turn(arm)), x: turn(solid.x), y: turn(solid.y), z: turn(solid.z) };
}

/** Neck, head, face, hair and hat; `gaze` turns the head to the left, in radians. */
export function headSolids(tailor: Tailor, gaze: number): Solid[] {
  const { joints, person, size } = tailor;
  const at = (x: number, y: number, z: number): Vector => add(joints.head, [x, y, z], size);
  const style = person.hat.kind !== 'none' && person.hair.style === 'curly' ? 'short' : person.hair.style;
  const tone = tailor.tone(person.hair.colour);
  const streaks: Paint = (around) => (Math.sin(around * 260 + tailor.phase) > 0.3 ? dim(tone, 1.25) : tone);
  const hair = make(tailor, 'hair', 'head', streaks, 0.3);
  const head: Solid[] = [ellipsoid(joints.head, scale([0.077, 0.106, 0.092], size), make(tailor, 'body', 'head', facePaint(tailor), 0))];
  if (style !== 'bald') {
    const cap = ellipsoid(at(0, 0.008, -0.008), scale([0.086, 0.116, 0.102], size), hair);
    head.push(cut(cap, [0, 0.74, -0.67, 0]), ...locks(style, at, size, hair));
  }
  head.push(...hatSolids(tailor, at));
  const neck = cone(
    add(joints.neck, [0, -0.04, 0]),
    add(joints.head, [0, -0.06, -0.01]),
    { from: 0.056 * size, to: 0.05 * size },
    skin(tailor, 'head'),
  );
  return [neck, ...head.map((solid) => turned(solid, joints.head, gaze))];
}
