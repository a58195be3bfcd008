import type { RandomStream } from '@reidkit/core-tensor/base';
import type { Brush } from './brush.ts';
import { CLOTH, CLOTH_GROUPS, dim, linear, type Rgb } from './colour.ts';

/** How a thing is drawn: with what, from which random numbers, and how the light changes a colour. */
export interface PropDraw {
  readonly brush: Brush;
  readonly draws: RandomStream;
  readonly tone: (colour: Rgb) => Rgb;
}

/** A thing that stands on the ground. */
export interface Prop {
  /** Width in metres, about. */
  readonly width: number;
  /** Height in metres, about. */
  readonly height: number;
  readonly draw: (how: PropDraw) => void;
}

const STEEL = linear(122, 126, 130);
const RUBBER = linear(30, 30, 32);
const GLASS = linear(72, 92, 108);
const BARK = linear(92, 70, 52);
const PAINTS: readonly Rgb[] = [...Object.values(CLOTH_GROUPS).flat(), 'white', 'grey', 'black'].map(
  (name) => CLOTH[name as keyof typeof CLOTH].rgb,
);

const seedOf = (draws: RandomStream): number => draws.integer(2 ** 30);

function leaves({ brush, draws, tone }: PropDraw, area: readonly [x: number, y: number, rx: number, ry: number], count: number): void {
  const [x, y, rx, ry] = area;
  const hue = draws.uniform();
  for (let k = 0; k < count; k++) {
    const bright = 0.55 + 0.65 * (k / count);
    const green = dim(linear(60 + 60 * hue, 110 + 30 * hue, 48), bright);
    const turn = draws.uniform(0, 2 * Math.PI);
    const far = Math.sqrt(draws.uniform()) * 0.62;
    const place = [x + rx * far * Math.cos(turn), y + ry * far * Math.sin(turn)] as const;
    brush.ellipse(place, [rx * 0.55, ry * 0.5], { colour: tone(green), rough: 0.9, ragged: 0.07, seed: seedOf(draws) });
  }
}

const pole: Prop = {
  width: 0.16,
  height: 4,
  draw: ({ brush, draws, tone }) => {
    const half = draws.uniform(0.055, 0.1);
    const colour = tone(draws.choice([STEEL, linear(64, 70, 66), linear(36, 52, 44), linear(160, 150, 130)]));
    brush.rectangle([-half * 1.5, 0], [half * 1.5, 0.35], { colour, isRound: true });
    brush.rectangle([-half, 0], [half, 4.5], { colour, isRound: true, rough: 0.1 });
  },
};

const sign: Prop = {
  width: 0.7,
  height: 2.4,
  draw: ({ brush, draws, tone }) => {
    brush.rectangle([-0.035, 0], [0.035, 2.5], { colour: tone(STEEL), isRound: true });
    const board = tone(draws.choice(PAINTS));
    const low = draws.uniform(1.15, 1.6);
    brush.rectangle([-0.32, low], [0.32, low + 0.62], { colour: tone([0.85, 0.85, 0.85]), corner: 0.06 });
    brush.rectangle([-0.28, low + 0.04], [0.28, low + 0.58], { colour: board, corner: 0.05 });
    brush.rectangle([-0.18, low + 0.24], [0.18, low + 0.36], { colour: tone([0.85, 0.85, 0.85]) });
  },
};

const tree: Prop = {
  width: 0.5,
  height: 5,
  draw: (how) => {
    const { brush, draws, tone } = how;
    const half = draws.uniform(0.11, 0.2);
    brush.rectangle([-half, 0], [half, 3.4], { colour: tone(BARK), isRound: true, rough: 0.5, ragged: 0.02, seed: seedOf(draws) });
    leaves(how, [0, 3.9, 1.7, 1.5], 14);
  },
};

const bush: Prop = {
  width: 1.8,
  height: 1.1,
  draw: (how) => leaves(how, [0, 0.45, 1, how.draws.uniform(0.55, 0.75)], 14),
};

const planter: Prop = {
  width: 1.3,
  height: 1,
  draw: (how) => {
    leaves(how, [0, 0.75, 0.62, 0.4], 9);
    const colour = how.tone(how.draws.choice([linear(120, 116, 110), linear(130, 76, 56), linear(70, 74, 78)]));
    how.brush.rectangle([-0.6, 0], [0.6, 0.5], { colour, rough: 0.25, corner: 0.03 });
    how.brush.rectangle([-0.65, 0.44], [0.65, 0.55], { colour: dim(colour, 1.15), rough: 0.2 });
  },
};

const car: Prop = {
  width: 4.2,
  height: 1.45,
  draw: ({ brush, draws, tone }) => {
    const colour = tone(draws.choice(PAINTS));
    const d = draws.chance(0.5) ? 1 : -1;
    const flip = (points: [number, number][]): [number, number][] =>
      d > 0 ? points : points.map(([x, y]): [number, number] => [-x, y]).reverse();
    brush.ellipse([0, 0.08], [2.15, 0.12], { colour: [0.01, 0.01, 0.01], opacity: 0.6 });
    brush.polygon(
      flip([
        [-1.55, 0.75],
        [1.2, 0.75],
        [0.55, 1.42],
        [-1.05, 1.42],
      ]),
      { colour },
    );
    brush.polygon(
      flip([
        [-1.38, 0.82],
        [-0.3, 0.82],
        [-0.3, 1.34],
        [-1, 1.34],
      ]),
      { colour: tone(GLASS) },
    );
    brush.polygon(
      flip([
        [-0.18, 0.82],
        [0.98, 0.82],
        [0.48, 1.34],
        [-0.18, 1.34],
      ]),
      { colour: tone(GLASS) },
    );
    brush.rectangle([-2.1, 0.24], [2.1, 0.82], { colour, corner: 0.2, rough: 0.06 });
    brush.rectangle([-2.08, 0.24], [2.08, 0.38], { colour: dim(colour, 0.5), corner: 0.06 });
    brush.rectangle([d * 2.0 - 0.09, 0.58], [d * 2.0 + 0.09, 0.7], { colour: [0.9, 0.85, 0.6] });
    for (const x of [-1.3, 1.3]) {
      brush.ellipse([x, 0.31], [0.33, 0.33], { colour: tone(RUBBER) });
      brush.ellipse([x, 0.31], [0.18, 0.18], { colour: tone(STEEL) });
    }
  },
};

const bin: Prop = {
  width: 0.55,
  height: 1,
  draw: ({ brush, draws, tone }) => {
    const colour = tone(draws.choice([CLOTH.green.rgb, CLOTH.blue.rgb, linear(66, 70, 74), CLOTH.yellow.rgb]));
    brush.polygon(
      [
        [-0.24, 0.04],
        [0.24, 0.04],
        [0.3, 0.92],
        [-0.3, 0.92],
      ],
      { colour, rough: 0.15 },
    );
    brush.rectangle([-0.33, 0.9], [0.33, 1.03], { colour: dim(colour, 0.7), corner: 0.05 });
  },
};

const barrier: Prop = {
  width: 2.4,
  height: 1.05,
  draw: ({ brush, draws, tone }) => {
    const colour = tone(draws.choice([STEEL, CLOTH.yellow.rgb, CLOTH.red.rgb, linear(60, 64, 68)]));
    for (const x of [-1.15, 1.15]) brush.rectangle([x - 0.03, 0], [x + 0.03, 1.05], { colour });
    for (const y of [0.22, 1.02]) brush.rectangle([-1.2, y], [1.2, y + 0.06], { colour });
    for (let x = -1; x <= 1; x += 0.16) brush.rectangle([x - 0.018, 0.22], [x + 0.018, 1.04], { colour });
  },
};

const crates: Prop = {
  width: 1.2,
  height: 1,
  draw: ({ brush, draws, tone }) => {
    for (const [x, y] of [
      [-0.55, 0],
      [0.05, 0],
      [-0.3, 0.46],
    ] as const) {
      const colour = tone(draws.choice([linear(172, 132, 86), linear(150, 110, 70), CLOTH.blue.rgb, CLOTH.red.rgb]));
      brush.rectangle([x, y], [x + 0.57, y + 0.45], { colour, rough: 0.25 });
      brush.rectangle([x + 0.04, y + 0.2], [x + 0.53, y + 0.26], { colour: dim(colour, 0.6) });
    }
  },
};

const bollard: Prop = {
  width: 0.25,
  height: 0.95,
  draw: ({ brush, draws, tone }) => {
    const colour = tone(draws.choice([linear(58, 60, 62), STEEL, CLOTH.yellow.rgb]));
    brush.rectangle([-0.11, 0], [0.11, 0.95], { colour, isRound: true, corner: 0.05 });
    brush.rectangle([-0.11, 0.7], [0.11, 0.8], { colour: tone([0.8, 0.8, 0.78]), isRound: true });
  },
};

const bench: Prop = {
  width: 1.8,
  height: 0.85,
  draw: ({ brush, draws, tone }) => {
    const wood = tone(draws.choice([linear(140, 98, 60), linear(104, 74, 50), CLOTH.green.rgb]));
    for (const x of [-0.75, 0.75]) brush.rectangle([x - 0.04, 0], [x + 0.04, 0.8], { colour: tone(RUBBER) });
    for (const y of [0.4, 0.58, 0.74]) brush.rectangle([-0.9, y], [0.9, y + 0.1], { colour: wood, rough: 0.25 });
  },
};

const bicycle: Prop = {
  width: 1.7,
  height: 1.05,
  draw: ({ brush, draws, tone }) => {
    const frame = tone(draws.choice(PAINTS));
    const dark = tone(RUBBER);
    for (const wheel of [-0.52, 0.52]) {
      for (let k = 0; k < 20; k++) {
        const [a, b] = [(k * Math.PI) / 10, ((k + 1) * Math.PI) / 10];
        brush.line([wheel + 0.32 * Math.cos(a), 0.34 + 0.32 * Math.sin(a)], [wheel + 0.32 * Math.cos(b), 0.34 + 0.32 * Math.sin(b)], 0.05, {
          colour: dark,
        });
      }
    }
    for (const [from, to] of [
      [
        [-0.52, 0.34],
        [-0.15, 0.8],
      ],
      [
        [-0.15, 0.8],
        [0.38, 0.82],
      ],
      [
        [0.38, 0.82],
        [-0.02, 0.34],
      ],
      [
        [-0.02, 0.34],
        [-0.52, 0.34],
      ],
      [
        [0.34, 0.95],
        [0.52, 0.34],
      ],
      [
        [-0.2, 0.92],
        [-0.02, 0.34],
      ],
    ] as const)
      brush.line(from, to, 0.055, { colour: frame });
    brush.line([-0.3, 0.94], [-0.08, 0.95], 0.08, { colour: dark });
    brush.line([0.28, 1], [0.44, 1.02], 0.06, { colour: dark });
  },
};

const pillar: Prop = {
  width: 0.6,
  height: 5,
  draw: ({ brush, draws, tone }) => {
    const colour = tone(draws.choice([linear(178, 172, 162), linear(120, 122, 126), linear(196, 190, 176)]));
    brush.rectangle([-0.27, 0], [0.27, 6], { colour, isRound: true, rough: 0.1, seed: seedOf(draws) });
    brush.rectangle([-0.34, 0], [0.34, 0.22], { colour: dim(colour, 0.8), isRound: true });
  },
};

/** Things of the street by name. They stand in backgrounds and in front of people alike. */
export const PROPS = { pole, sign, tree, bush, planter, car, bin, barrier, crates, bollard, bench, bicycle, pillar } as const;

/** Name of a thing. */
export type PropName = keyof typeof PROPS;
