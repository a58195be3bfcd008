import { Random, type Box } from '@reidkit/core-tensor/base';
import { describe, expect, it } from 'vitest';
import { coverByBox } from '../loader/part-grid.ts';
import { BODY_PARTS, PART_STRIPES, type BodyPart } from './body-parts.ts';
import { calibratePartBoxes } from './calibrate-part-boxes.ts';

const [WIDTH, HEIGHT] = [64, 128];
const REGION: Box = [0, 0, WIDTH, HEIGHT];
const grid = { height: 16, width: 8 };

type Parts = Readonly<Record<BodyPart, Box>>;

/** Boxes of a person who stands somewhere in the picture, a little smaller or larger. */
function person(seed: number): Parts {
  const draws = Random.seed(seed).stream();
  const between = (low: number, high: number): number => low + draws.uniform() * (high - low);
  const [scale, shift, middle] = [between(0.85, 1.05), between(-0.05, 0.1), between(0.4, 0.6)];
  const wide = { head: between(0.15, 0.3), upper: between(0.4, 0.7), legs: between(0.3, 0.6) };
  const boxes = BODY_PARTS.map((part): [BodyPart, Box] => {
    const [from, to] = PART_STRIPES[part].map((share) => Math.min(1, Math.max(0, share * scale + shift)));
    return [part, [(middle - wide[part] / 2) * WIDTH, from! * HEIGHT, (middle + wide[part] / 2) * WIDTH, to! * HEIGHT]];
  });
  return Object.fromEntries(boxes) as Parts;
}

const mask = (box: Box): Float32Array => {
  const out = new Float32Array(grid.height * grid.width);
  coverByBox(box, { width: WIDTH, height: HEIGHT }, grid, out, 'centre');
  return out;
};

function overlap(a: Float32Array, b: Float32Array): number {
  let [both, either] = [0, 0];
  a.forEach((value, at) => {
    both += Math.min(value, b[at]!);
    either += Math.max(value, b[at]!);
  });
  return either === 0 ? 1 : both / either;
}

describe('calibration of part boxes', () => {
  const people = Array.from({ length: 200 }, (_, seed) => person(seed + 1));
  const wrong: readonly Box[] = [REGION, [10, 20, 54, 21], [30, 0, 31, HEIGHT]];

  it('brings masks of people nearer to the truth where one box in five is wrong', () => {
    const draws = Random.seed(7).stream();
    const scores = { raw: 0, calibrated: 0, count: 0 };
    for (const truth of people) {
      const found = Object.fromEntries(
        BODY_PARTS.map((part) => [part, draws.uniform() < 0.2 ? wrong[draws.integer(wrong.length)]! : truth[part]]),
      ) as Parts;
      const { boxes } = calibratePartBoxes(found, REGION);
      for (const part of BODY_PARTS) {
        scores.raw += overlap(mask(found[part]), mask(truth[part]));
        scores.calibrated += overlap(mask(boxes[part]), mask(truth[part]));
        scores.count += 1;
      }
    }
    expect(scores.calibrated / scores.count).toBeGreaterThan(scores.raw / scores.count + 0.02);
  });

  it('leaves true boxes as they are: fewer than one in fifty changes', () => {
    const changed = people.flatMap((truth) => Object.keys(calibratePartBoxes(truth, REGION).replaced));
    expect(changed.length / (3 * people.length)).toBeLessThan(0.02);
  });
});
