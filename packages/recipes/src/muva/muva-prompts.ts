import type { PromptText } from '@reidkit/encoders';
import { MUVA_PLACES, type MuvaPlace } from './muva-places.ts';

/** The body parts that MUVA describes beside the whole person, from the top. */
export const MUVA_PARTS = ['head', 'upper', 'legs'] as const;

/** One of {@link MUVA_PARTS}. */
export type MuvaPart = (typeof MUVA_PARTS)[number];

/** How the sentences are written. */
export type MuvaPromptStyle = 'parts' | 'part-agnostic' | 'bare' | MuvaPlace | readonly number[];

const [START, END] = [49406, 49407];
/** "a photo of a", and the place holder four times. */
const OPENING = [320, 1125, 539, 320];
const HOLDERS = [265, 265, 265, 265];
const LEARNED = [5, 6, 7, 8];
const PERSON = [2533];

/** What stands between the learned words and "person", in the numbers of CLIP's vocabulary. */
const WORDS: Readonly<Record<MuvaPart, readonly number[]>> = {
  head: [1375, 539, 320],
  upper: [7067, 1774, 539, 320],
  legs: [7072, 539, 320],
};

/**
 * "A photo of a X X X X person", "… X X X X head of a person" and so on, whole person first. Styles: `parts`; `part-agnostic`, the first sentence
 * for all; `bare`, without "person" too, as the released code has it; or words that describe a place behind each sentence: a name of MUVA_PLACES, or their numbers.
 * @see "Multi-Grained Vision-Language Alignment for Domain Generalized Person Re-Identification", section 3.2.1 and Table 7.
 */
export function muvaPrompts(parts: readonly MuvaPart[], style: MuvaPromptStyle = 'parts'): PromptText[] {
  const names = style === 'part-agnostic' || style === 'bare' ? parts.map((): readonly number[] => []) : parts.map((part) => WORDS[part]);
  const last = style === 'bare' ? [] : PERSON;
  const place = typeof style !== 'string' ? style : style in MUVA_PLACES ? MUVA_PLACES[style as MuvaPlace].ids : [];
  return [[], ...names].map((words) => ({ ids: [START, ...OPENING, ...HOLDERS, ...words, ...last, ...place, END], learned: [...LEARNED] }));
}
