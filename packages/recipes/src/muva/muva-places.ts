/** What is said of where a data set was recorded, behind each sentence, and its numbers in CLIP's vocabulary. The words are ours: the paper gives none. */
export const MUVA_PLACES = {
  market1501: { words: ', outside a supermarket in summer', ids: [267, 2782, 320, 19897, 530, 1673] },
  'dukemtmc-reid': { words: ', on a university campus in winter', ids: [267, 525, 320, 2182, 4560, 530, 2541] },
  msmt17: { words: ', on a campus, indoors and outdoors', ids: [267, 525, 320, 4560, 267, 22973, 537, 10469] },
  'cuhk03-np': { words: ', on a walkway of a campus', ids: [267, 525, 320, 36614, 539, 320, 4560] },
} as const;

/** A data set of {@link MUVA_PLACES}. */
export type MuvaPlace = keyof typeof MUVA_PLACES;
