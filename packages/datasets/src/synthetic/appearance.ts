import type { Random, RandomStream } from '@reidkit/core-tensor/base';
import { CLOTH, HAIR, SKIN, type ClothName, type Colour } from './colour.ts';
import type { Pattern } from './fabric.ts';
import type { Build } from './skeleton.ts';

/** Garments of the upper body. A dress covers both. */
export const UPPER_GARMENTS = ['t-shirt', 'shirt', 'sweater', 'hoodie', 'jacket', 'coat', 'tank top', 'dress'] as const;
/** Garments of the lower body. */
export const LOWER_GARMENTS = ['trousers', 'jeans', 'wide trousers', 'leggings', 'shorts', 'skirt'] as const;
/** Things to carry. */
export const BAGS = ['none', 'backpack', 'shoulder bag', 'handbag', 'suitcase'] as const;
/** Things on the head. */
export const HATS = ['none', 'cap', 'beanie', 'sun hat'] as const;
/** Shoes. */
export const SHOES = ['sneakers', 'shoes', 'boots', 'sandals'] as const;
/** Ways to wear hair. */
export const HAIR_STYLES = ['short', 'bald', 'curly', 'bob', 'long', 'ponytail', 'bun'] as const;

/** Colour, cloth and cut of one garment. */
export interface Garment<Kind extends string> {
  readonly kind: Kind;
  readonly colour: Colour;
  readonly pattern: Pattern;
  /** Second colour of the pattern; also the sleeves of a two-tone garment. */
  readonly accent: Colour;
  /** Width of one repeat of the pattern in metres. */
  readonly period: number;
}

/** How far sleeves reach. */
export type Sleeves = 'none' | 'short' | 'long';

/** What a person wears: changes from outfit to outfit. */
export interface Outfit {
  readonly upper: Garment<(typeof UPPER_GARMENTS)[number]> & { readonly sleeves: Sleeves };
  readonly lower: Garment<(typeof LOWER_GARMENTS)[number]>;
  readonly scarf: Colour | null;
}

/** Everything that is drawn of a person and does not depend on the moment. */
export interface Appearance {
  readonly gender: 'man' | 'woman';
  readonly age: 'young' | 'adult' | 'elderly';
  readonly build: Build;
  readonly skin: Colour;
  readonly hair: { readonly style: (typeof HAIR_STYLES)[number]; readonly colour: Colour };
  readonly hasBeard: boolean;
  readonly hasGlasses: boolean;
  readonly hat: { readonly kind: (typeof HATS)[number]; readonly colour: Colour };
  readonly bag: { readonly kind: (typeof BAGS)[number]; readonly colour: Colour; readonly side: 'left' | 'right' };
  readonly shoes: { readonly kind: (typeof SHOES)[number]; readonly colour: Colour };
  /** One or more; the first is worn where nothing else is said. */
  readonly outfits: readonly Outfit[];
}

/** Four colours that a person's things are dealt from. Look-alikes share them and wear them in another order. */
export type Wardrobe = readonly [ClothName, ClothName, ClothName, ClothName];

/** A value drawn with weights. */
function weighted<T>(draws: RandomStream, table: readonly (readonly [T, number])[]): T {
  let left = draws.uniform() * table.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of table) {
    left -= weight;
    if (left < 0) return value;
  }
  return table[table.length - 1]![0];
}

const UPPER_OF = {
  man: [
    ['t-shirt', 3],
    ['shirt', 2],
    ['sweater', 2],
    ['hoodie', 2],
    ['jacket', 2],
    ['coat', 1.5],
    ['tank top', 0.7],
  ],
  woman: [
    ['t-shirt', 3],
    ['shirt', 1.5],
    ['sweater', 2],
    ['hoodie', 1],
    ['jacket', 1.5],
    ['coat', 2],
    ['tank top', 1],
    ['dress', 2],
  ],
} as const;

const LOWER_OF = {
  man: [
    ['trousers', 3],
    ['jeans', 2.5],
    ['wide trousers', 1.5],
    ['shorts', 2.5],
  ],
  woman: [
    ['trousers', 2],
    ['jeans', 2],
    ['wide trousers', 1.5],
    ['leggings', 1.5],
    ['shorts', 1.5],
    ['skirt', 3],
  ],
} as const;

const UPPER_PATTERNS: readonly (readonly [Pattern, number])[] = [
  ['plain', 2.5],
  ['striped', 2],
  ['pinstriped', 1],
  ['checked', 1.5],
  ['dotted', 1],
  ['two-tone', 2],
  ['printed', 1.5],
  ['diagonal', 1],
  ['camouflage', 0.7],
];

const LOWER_PATTERNS: readonly (readonly [Pattern, number])[] = [
  ['plain', 7],
  ['striped', 0.7],
  ['checked', 1],
  ['pinstriped', 1],
  ['dotted', 0.6],
  ['camouflage', 0.7],
];

function sleevesOf(draws: RandomStream, kind: Outfit['upper']['kind']): Sleeves {
  if (kind === 't-shirt') return 'short';
  if (kind === 'tank top') return 'none';
  if (kind === 'shirt') return draws.chance(0.6) ? 'long' : 'short';
  return kind === 'dress' ? draws.choice(['none', 'short', 'long'] as const) : 'long';
}

/** Draws the clothes of one outfit from a wardrobe in a given order. */
function drawOutfit(draws: RandomStream, gender: 'man' | 'woman', colours: readonly Colour[]): Outfit {
  const kind = weighted<Outfit['upper']['kind']>(draws, UPPER_OF[gender]);
  const [upper, lower, accent, last] = colours as [Colour, Colour, Colour, Colour];
  return {
    upper: {
      kind,
      colour: upper,
      pattern: weighted(draws, UPPER_PATTERNS),
      accent,
      period: draws.uniform(0.12, 0.2),
      sleeves: sleevesOf(draws, kind),
    },
    lower: {
      kind: weighted<Outfit['lower']['kind']>(draws, LOWER_OF[gender]),
      colour: lower,
      pattern: weighted(draws, LOWER_PATTERNS),
      accent: draws.chance(0.5) ? last : accent,
      period: draws.uniform(0.13, 0.2),
    },
    scarf: draws.chance(0.12) ? last : null,
  };
}

function drawBuild(draws: RandomStream, gender: 'man' | 'woman'): Build {
  const isMan = gender === 'man';
  return {
    height: draws.normal(isMan ? 1.77 : 1.65, 0.06),
    girth: Math.max(0.92, Math.min(1.5, draws.normal(isMan ? 1.18 : 1.1, 0.14))),
    shoulders: isMan ? draws.uniform(1, 1.12) : draws.uniform(0.86, 0.96),
    legs: draws.uniform(0.475, 0.515),
  };
}

function drawHair(draws: RandomStream, gender: 'man' | 'woman', age: Appearance['age']): Appearance['hair'] {
  const style = weighted<(typeof HAIR_STYLES)[number]>(
    draws,
    gender === 'man'
      ? [
          ['short', 6],
          ['bald', 1.5],
          ['curly', 1.5],
          ['bob', 0.5],
          ['ponytail', 0.3],
        ]
      : [
          ['short', 1],
          ['curly', 1],
          ['bob', 2],
          ['long', 3.5],
          ['ponytail', 2],
          ['bun', 1.5],
        ],
  );
  const natural = draws.choice(HAIR.slice(0, 5));
  return { style, colour: age === 'elderly' ? HAIR[5]! : natural };
}

function drawBag(draws: RandomStream, gender: 'man' | 'woman', colour: Colour): Appearance['bag'] {
  const kind = weighted<(typeof BAGS)[number]>(draws, [
    ['none', 2.6],
    ['backpack', 2.4],
    ['shoulder bag', 2],
    ['handbag', gender === 'woman' ? 2.2 : 0.8],
    ['suitcase', 0.8],
  ]);
  return { kind, colour, side: draws.choice(['left', 'right'] as const) };
}

/** How a person is drawn: the place of its random numbers, its wardrobe, and in which of the 24 orders it wears it. */
export interface PersonDraw {
  readonly random: Random;
  readonly wardrobe: Wardrobe;
  readonly order: number;
  readonly outfits: number;
  /** Orders of the wardrobe for outfits after the first; drawn where missing. */
  readonly spareWardrobes?: readonly Wardrobe[];
}

/** The `order`-th of the 24 orders of four things. */
function arrange<T>(things: readonly T[], order: number): T[] {
  const left = [...things];
  const result: T[] = [];
  let code = order % 24;
  for (const radix of [6, 2, 1]) {
    result.push(...left.splice(Math.floor(code / radix), 1));
    code %= radix;
  }
  return [...result, ...left];
}

/** Draws a person: body, hair, things and outfits. The same random place gives the same person. */
export function drawAppearance({ random, wardrobe, order, outfits, spareWardrobes = [] }: PersonDraw): Appearance {
  const draws = random.fork('body').stream();
  const things = random.fork('things').stream();
  const gender = draws.choice(['man', 'woman'] as const);
  const age = weighted<Appearance['age']>(draws, [
    ['young', 3],
    ['adult', 5],
    ['elderly', 1.5],
  ]);
  const colours = arrange(wardrobe, order).map((name) => CLOTH[name]);
  const hair = drawHair(draws, gender, age);
  return {
    gender,
    age,
    build: drawBuild(draws, gender),
    skin: draws.choice(SKIN),
    hair,
    hasBeard: gender === 'man' && draws.chance(0.3),
    hasGlasses: draws.chance(0.22),
    hat: {
      kind: weighted(things, [
        ['none', 5],
        ['cap', 1.6],
        ['beanie', 1.2],
        ['sun hat', 0.8],
      ] as const),
      colour: colours[2]!,
    },
    bag: drawBag(things, gender, colours[3]!),
    shoes: {
      kind: weighted(things, [
        ['sneakers', 4],
        ['shoes', 2],
        ['boots', 1.5],
        ['sandals', 0.8],
      ] as const),
      colour: colours[3]!,
    },
    outfits: Array.from({ length: outfits }, (_, k) => {
      const cloth = random.fork('outfit', k).stream();
      const spare = spareWardrobes[k - 1] ?? wardrobe;
      return drawOutfit(cloth, gender, k === 0 ? colours : arrange(spare, cloth.integer(24)).map((name) => CLOTH[name]));
    }),
  };
}
