import { ReidError } from '@reidkit/core-tensor';
import type { PromptText } from '@reidkit/encoders';

/** Words in the numbers of CLIP's vocabulary; names of regions and templates are made of them. */
const WORDS: Readonly<Record<string, number>> = {
  a: 320,
  of: 539,
  photo: 1125,
  part: 1551,
  person: 2533,
  '.': 269, // prettier-ignore
  head: 1375,
  hair: 2225,
  hat: 3801,
  body: 1774,
  upper: 7067,
  lower: 4909,
  arms: 5706,
  legs: 7072,
  foot: 4738,
  feet: 4804,
  shoes: 4079,
  bag: 3365,
  bags: 6136, // prettier-ignore
};
const [START, END, PLACEHOLDER] = [49406, 49407, 343];

/** Where the name of a region stands in a template. */
const NAME = '[CLASS]';

/** A sentence for every region. */
export interface RegionPrompts {
  readonly names: readonly string[];
  /** Words with `[CLASS]` in the place of the region's name. */
  readonly template: string;
  /** Number of learned vectors in front of the sentence. */
  readonly contexts: number;
}

function idsOf(text: string): number[] {
  return (text.toLowerCase().match(/[a-z]+|\S/g) ?? []).map((word) => {
    const id = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (id !== undefined) return id;
    throw new ReidError('INVALID_OPTIONS', `model/rganet knows no number of the word "${word}" in "${text}".`, {
      hint: `it knows ${Object.keys(WORDS).join(', ')}; give "texts" with ids of clipTokenizer for others.`,
    });
  });
}

/**
 * Texts for a prompt bank: the start mark, learned vectors, the template with the region's name, the end mark. Throws INVALID_OPTIONS for a word
 * without a number and for a template without a place for the name.
 */
export function regionPrompts({ names, template, contexts }: RegionPrompts): PromptText[] {
  if (!template.includes(NAME)) {
    throw new ReidError('INVALID_OPTIONS', `model/rganet expected "${NAME}" in the template, got "${template}".`, {
      hint: `write "a ${NAME} part of a person." or "${NAME}" alone.`,
    });
  }
  const learned = Array.from({ length: contexts }, (_, at) => at + 1);
  return names.map((name) => ({
    ids: [START, ...learned.map(() => PLACEHOLDER), ...idsOf(template.replaceAll(NAME, name)), END],
    learned,
  }));
}
