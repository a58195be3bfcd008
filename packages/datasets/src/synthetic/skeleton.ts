import { add, type Vector } from './vector.ts';

/** Proportions of a body, in metres where not said otherwise. */
export interface Build {
  readonly height: number;
  /** Width against the average body of this height. */
  readonly girth: number;
  /** Shoulders against hips: above 1 for broad shoulders. */
  readonly shoulders: number;
  /** Share of the height that legs take, about 0.5. */
  readonly legs: number;
}

/** What arms do. */
export type ArmPose = 'swing' | 'phone' | 'pockets' | 'carry' | 'display';

/** How a body is held at one moment. Angles in radians. */
export interface Pose {
  /** Place in the gait cycle, 0 to 1. */
  readonly phase: number;
  /** Largest angle of a thigh from the vertical; 0 stands still. */
  readonly stride: number;
  /** Bend of the trunk to the front. */
  readonly lean: number;
  readonly arms: ArmPose;
  /** Turn of the head to the left. */
  readonly gaze: number;
}

/** Joints of one side. */
export interface Side {
  readonly shoulder: Vector;
  readonly elbow: Vector;
  readonly wrist: Vector;
  readonly hip: Vector;
  readonly knee: Vector;
  readonly ankle: Vector;
  /** Pitch of the foot: positive lifts the heel. */
  readonly footPitch: number;
}

/** Places of joints in the person's space; the lower foot stands at y = 0. */
export interface Skeleton {
  readonly pelvis: Vector;
  readonly waist: Vector;
  readonly chest: Vector;
  readonly neck: Vector;
  readonly head: Vector;
  /** Along the trunk, upwards. */
  readonly spine: Vector;
  readonly left: Side;
  readonly right: Side;
}

const TURN = 2 * Math.PI;

/** A direction that hangs down, swung forward by `swing` and outward (to the side `sign`) by `out`. */
function hanging(swing: number, out: number, sign: number): Vector {
  const down = Math.cos(out);
  return [sign * Math.sin(out), -Math.cos(swing) * down, Math.sin(swing) * down];
}

function leg(hip: Vector, build: Build, angle: number, stride: number): Pick<Side, 'hip' | 'knee' | 'ankle' | 'footPitch'> {
  const long = build.height * build.legs * 0.475;
  const thigh = stride * Math.sin(angle);
  const lift = Math.max(0, Math.cos(angle));
  const bend = stride * (0.12 + 1.35 * lift * lift);
  const knee = add(hip, hanging(thigh, 0, 1), long);
  const ankle = add(knee, hanging(thigh - bend, 0, 1), long);
  return { hip, knee, ankle, footPitch: Math.max(0, bend - thigh) * 0.75 };
}

/** Angles of an arm: upper arm forward and outward, elbow bend. */
function armAngles(pose: Pose, angle: number, isLeft: boolean): readonly [forward: number, out: number, bend: number] {
  const swing = -0.75 * pose.stride * Math.sin(angle);
  switch (pose.arms) {
    case 'phone':
      return isLeft ? [swing, 0.12, 0.25] : [0.55, 0.18, 1.75];
    case 'pockets':
      return [-0.18, 0.26, 0.55];
    case 'carry':
      return isLeft ? [swing, 0.12, 0.25] : [0.05, 0.1, 0.08];
    case 'display':
      return [0, 0.36, 0];
    default:
      return [swing, 0.12, 0.2 + 0.5 * Math.max(0, swing)];
  }
}

function arm(
  shoulder: Vector,
  build: Build,
  angles: readonly [number, number, number],
  sign: number,
): Pick<Side, 'shoulder' | 'elbow' | 'wrist'> {
  const [forward, out, bend] = angles;
  const elbow = add(shoulder, hanging(forward, out, sign), build.height * 0.175);
  const wrist = add(elbow, hanging(forward + bend, out * (bend > 1 ? -1 : 0.4), sign), build.height * 0.145);
  return { shoulder, elbow, wrist };
}

/** Joints of a body in a pose. */
export function skeleton(build: Build, pose: Pose): Skeleton {
  const { height, girth, shoulders } = build;
  const rise = height * build.legs;
  const spine: Vector = [0, Math.cos(pose.lean), Math.sin(pose.lean)];
  const wide = 0.165 * (0.75 + 0.25 * girth) * shoulders * (height / 1.75);
  const side = (sign: number, bottom: number): Side => {
    const angle = TURN * (pose.phase + (sign > 0 ? 0 : 0.5));
    const hip: Vector = [sign * 0.084 * Math.sqrt(girth), bottom, 0];
    const shoulder = add([sign * wide, bottom, 0], spine, height * 0.298);
    return { ...leg(hip, build, angle, pose.stride), ...arm(shoulder, build, armAngles(pose, angle, sign > 0), sign) };
  };
  const trial = [side(1, rise), side(-1, rise)] as const;
  const sole = height * 0.04;
  const bottom = rise - Math.min(trial[0].ankle[1], trial[1].ankle[1]) + sole;
  const pelvis: Vector = [0, bottom, 0];
  const along = (share: number): Vector => add(pelvis, spine, height * share);
  return {
    pelvis,
    waist: along(0.055),
    chest: along(0.27),
    neck: along(0.343),
    head: add(along(0.42), [0, 0, 0.015]),
    spine,
    left: side(1, bottom),
    right: side(-1, bottom),
  };
}
