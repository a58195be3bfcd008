import { Random, type RandomStream } from '@reidkit/core-tensor/base';
import { drawAppearance, type Appearance, type Wardrobe } from './appearance.ts';
import { CLOTH_GROUPS } from './colour.ts';
import type { SyntheticOptions } from './synthetic-options.ts';

/** People who are nobody: they stand in backgrounds and are the distractors of the gallery. */
const STRANGERS = 4096;

/** Everybody who may be drawn, by number. */
export interface Cast {
  /** An identity, from 1: training identities first, then those of the test. */
  identity(identity: number): Appearance;
  /** Somebody without an identity. */
  stranger(number: number): Appearance;
}

function wardrobe(draws: RandomStream): Wardrobe {
  const { dark, light, warm, cool } = CLOTH_GROUPS;
  return [draws.choice(dark), draws.choice(light), draws.choice(warm), draws.choice(cool)];
}

/** Everybody of a data set. Look-alikes have one wardrobe of four colours and each wears it in an order of its own. */
export function createCast(options: SyntheticOptions): Cast {
  const root = Random.seed(options.seed).fork('cast');
  const { trainIdentities, testIdentities, outfits } = options;
  const { lookalikes } = options.difficulty;
  const known = new Map<number, Appearance>();
  const strangers = new Map<number, Appearance>();
  const place = (identity: number): readonly [split: string, at: number] =>
    identity <= trainIdentities ? ['train', identity - 1] : ['test', identity - 1 - trainIdentities];
  const familyWardrobe = (split: string, family: number): Wardrobe => wardrobe(root.fork('family', split, family).stream());
  const families = Math.max(1, Math.ceil(testIdentities / lookalikes));

  const draw = (identity: number): Appearance => {
    const [split, at] = place(identity);
    const family = Math.floor(at / lookalikes);
    const orders = root
      .fork('orders', split, family)
      .stream()
      .shuffle(Array.from({ length: 24 }, (_, k) => k));
    const spare = root.fork('spare', identity).stream();
    return drawAppearance({
      random: root.fork('identity', identity),
      wardrobe: familyWardrobe(split, family),
      order: orders[at % lookalikes]!,
      outfits,
      spareWardrobes: Array.from({ length: outfits - 1 }, () => wardrobe(spare)),
    });
  };
  const drawStranger = (number: number): Appearance => {
    const random = root.fork('stranger', number);
    const draws = random.fork('wardrobe').stream();
    return drawAppearance({ random, wardrobe: familyWardrobe('test', draws.integer(families)), order: draws.integer(24), outfits: 1 });
  };
  const remember = (table: Map<number, Appearance>, key: number, make: (key: number) => Appearance): Appearance => {
    const held = table.get(key) ?? make(key);
    table.set(key, held);
    return held;
  };
  return {
    identity: (identity) => remember(known, identity, draw),
    stranger: (number) => remember(strangers, number % STRANGERS, drawStranger),
  };
}
