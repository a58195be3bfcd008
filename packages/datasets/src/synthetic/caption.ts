import type { RandomStream } from '@reidkit/core-tensor/base';
import type { Appearance, Garment, Outfit } from './appearance.ts';

/** "a" or "an" before a phrase. */
const withArticle = (phrase: string): string => `${/^[aeiou]/.test(phrase) ? 'an' : 'a'} ${phrase}`;

const PATTERN_WORDS: Record<Garment<string>['pattern'], (colour: string, accent: string, kind: string) => string> = {
  plain: (colour, _, kind) => `${colour} ${kind}`,
  striped: (colour, accent, kind) => `${colour} and ${accent} striped ${kind}`,
  pinstriped: (colour, accent, kind) => `${colour} ${kind} with vertical ${accent} stripes`,
  checked: (colour, accent, kind) => `${colour} and ${accent} checked ${kind}`,
  dotted: (colour, accent, kind) => `${colour} ${kind} with ${accent} dots`,
  'two-tone': (colour, accent, kind) => `two-tone ${kind} in ${accent} and ${colour}`,
  printed: (colour, accent, kind) => `${colour} ${kind} with ${withArticle(`${accent} print`)}`,
  diagonal: (colour, accent, kind) => `${colour} and ${accent} chevron ${kind}`,
  camouflage: (colour, accent, kind) => `${colour} and ${accent} patchwork ${kind}`,
};

const PLURAL = new Set(['trousers', 'jeans', 'wide trousers', 'leggings', 'shorts', 'sneakers', 'shoes', 'boots', 'sandals']);

const phrase = (garment: Garment<string>, kind: string): string => {
  const words = PATTERN_WORDS[garment.pattern](garment.colour.name, garment.accent.name, kind);
  return PLURAL.has(garment.kind) ? words : withArticle(words);
};

/** The words for one person in one outfit. */
interface Words {
  readonly who: string;
  readonly subject: string;
  readonly possessive: string;
  readonly upper: string;
  readonly lower: string | null;
  readonly shoes: string;
  readonly hair: string;
  readonly things: readonly string[];
}

const HAIR_WORDS: Record<Appearance['hair']['style'], (colour: string) => string> = {
  short: (colour) => `short ${colour} hair`,
  bald: () => 'a bald head',
  curly: (colour) => `curly ${colour} hair`,
  bob: (colour) => `chin-length ${colour} hair`,
  long: (colour) => `long ${colour} hair`,
  ponytail: (colour) => `${withArticle(colour)} ponytail`,
  bun: (colour) => `${colour} hair in a bun`,
};

/** Everything that a person has on or with it besides clothes, each with its article. */
function thingsOf(person: Appearance, outfit: Outfit): string[] {
  const things: string[] = [];
  const { bag, hat } = person;
  if (bag.kind === 'backpack') things.push(withArticle(`${bag.colour.name} backpack`));
  else if (bag.kind === 'suitcase') things.push(withArticle(`${bag.colour.name} suitcase`));
  else if (bag.kind !== 'none') things.push(`${withArticle(`${bag.colour.name} ${bag.kind}`)} on the ${bag.side} side`);
  if (hat.kind !== 'none') things.push(withArticle(`${hat.colour.name} ${hat.kind}`));
  if (outfit.scarf) things.push(withArticle(`${outfit.scarf.name} scarf`));
  if (person.hasGlasses) things.push('glasses');
  if (person.hasBeard) things.push('a beard');
  return things;
}

const SLEEVE_WORDS = { none: 'sleeveless ', short: 'short-sleeved ', long: 'long-sleeved ' } as const;

function wordsOf(person: Appearance, outfit: Outfit): Words {
  const { upper, lower } = outfit;
  const ages = { young: 'young ', adult: '', elderly: 'elderly ' } as const;
  const sleeves = upper.kind === 'dress' || upper.kind === 'shirt' ? SLEEVE_WORDS[upper.sleeves] : '';
  return {
    who: `${ages[person.age]}${person.gender}`,
    subject: person.gender === 'man' ? 'he' : 'she',
    possessive: person.gender === 'man' ? 'his' : 'her',
    upper: phrase(upper, sleeves + upper.kind),
    lower: upper.kind === 'dress' ? null : phrase(lower, lower.kind),
    shoes: `${person.shoes.colour.name} ${person.shoes.kind}`,
    hair: HAIR_WORDS[person.hair.style](person.hair.colour.name),
    things: thingsOf(person, outfit),
  };
}

const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

/** "a, b and c". */
const series = (parts: readonly (string | null)[]): string => {
  const held = parts.filter((part) => part !== null);
  return held.length < 2 ? (held[0] ?? '') : `${held.slice(0, -1).join(', ')} and ${held[held.length - 1]}`;
};

const carrying = ({ things, subject }: Words): string => (things.length > 0 ? ` ${capital(subject)} has ${series(things)}.` : '');

const TEMPLATES: readonly ((words: Words) => string)[] = [
  (w) => `${capital(withArticle(w.who))} wearing ${series([w.upper, w.lower, w.shoes])}.${carrying(w)}`,
  (w) => `The ${w.who} has ${w.hair} and wears ${series([w.upper, w.lower])}.`,
  (w) => `${capital(withArticle(w.who))} with ${series([w.hair, ...w.things])}, dressed in ${series([w.upper, w.lower])}.`,
  (w) => `This pedestrian is ${withArticle(w.who)} in ${series([w.upper, w.lower])}, with ${w.shoes}.`,
  (w) => `${capital(w.upper)}${w.lower ? `, ${w.lower}` : ''} and ${w.shoes}, worn by ${withArticle(w.who)} with ${w.hair}.`,
  (w) => `Dressed in ${series([w.upper, w.lower])}, the ${w.who} walks by in ${w.shoes}.${carrying(w)}`,
  (w) => `The person is wearing ${series([w.upper, w.lower, w.shoes])} and has ${w.hair}.`,
  (w) =>
    `We see ${withArticle(w.who)} who has ${series([w.hair, ...w.things])}. ${capital(w.possessive)} clothes are ${series([w.upper, w.lower])}.`,
  (w) => `With ${series([w.hair, ...w.things])}, this ${w.who} wears ${series([w.upper, w.lower, w.shoes])}.`,
  (w) => `In ${w.shoes} and ${series([w.upper, w.lower])}, ${withArticle(w.who)} passes the camera.`,
  (w) => `The ${w.who} chose ${series([w.upper, w.lower])} today, and ${w.shoes} to go with ${w.lower ? 'them' : 'it'}.`,
  (w) => `${capital(w.possessive)} outfit is ${series([w.upper, w.lower, w.shoes])}; the ${w.who} has ${w.hair}.`,
  (w) => `Somebody, ${withArticle(w.who)}, stands there in ${series([w.upper, w.lower])}.${carrying(w)}`,
  (w) => `The ${w.who} can be told by ${series([w.upper, w.lower, w.shoes, ...w.things])}.`,
];

/** Number of different sentence forms. */
export const CAPTION_FORMS = TEMPLATES.length;

/** Describes a person in an outfit in `count` English sentences of different form. */
export function writeCaptions(person: Appearance, outfit: Outfit, how: { readonly count: number; readonly draws: RandomStream }): string[] {
  const words = wordsOf(person, outfit);
  return how.draws
    .shuffle(TEMPLATES)
    .slice(0, how.count)
    .map((template) => template(words));
}
