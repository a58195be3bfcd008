import { cast, fill, floor, less, logicalAnd, logicalNot, logicalOr, equal, matchShape, minimum, mul, notEqual, type Tensor, where } from '@reidkit/core-tensor'; // prettier-ignore

/** Numbers of words with a meaning of their own; BERT's vocabulary has 0, 101, 103. */
export interface SpecialWords {
  readonly padding: number;
  /** The word in front of every text. */
  readonly start: number;
  /** What stands for a word that is asked for. */
  readonly mask: number;
}

/** Random numbers in [0, 1) that say which words change and how, each `[B, N]`. */
export interface WordDraws {
  readonly masked: Tensor;
  readonly replaced: Tensor;
  readonly random: Tensor;
  /** Which word is put in. */
  readonly word: Tensor;
}

/** How many words are changed. */
export interface WordChange {
  /** Share of the words that are asked for. */
  readonly share: number;
  readonly vocabulary: number;
  readonly special: SpecialWords;
}

/** A text with words that are asked for. */
export interface ChangedWords {
  /** `[B, N]` int32 */
  readonly ids: Tensor;
  /** The word that was there, −100 where none is asked for: `[B, N]` int32. */
  readonly labels: Tensor;
}

/** Shares of the words asked for that become the mask word, and of the rest that become any word. */
const [MASKED, RANDOM] = [0.8, 0.5];

/**
 * Asks for some words of texts `[B, N]`: of these 80 % become the mask word, 10 % any word, 10 % stay. Neither padding nor the first word is asked
 * for. Throws SHAPE_MISMATCH.
 * @see Devlin et al., "BERT" (2019), section 3.1.
 */
export function maskWords(ids: Tensor, draws: WordDraws, { share, vocabulary, special }: WordChange): ChangedWords {
  matchShape('words to mask', draws.masked.shape, ids.shape);
  const plain = logicalNot(logicalOr(equal(ids, special.padding), equal(ids, special.start)));
  const asked = logicalAnd(less(draws.masked, share), plain);
  const hidden = logicalAnd(asked, less(draws.replaced, MASKED));
  const other = logicalAnd(logicalAnd(asked, logicalNot(hidden)), less(draws.random, RANDOM));
  const any = cast(minimum(floor(mul(draws.word, vocabulary)), vocabulary - 1), 'int32');
  const constant = (value: number): Tensor => cast(fill(ids.shape, value), 'int32');
  return {
    ids: where(hidden, constant(special.mask), where(other, any, ids)),
    labels: where(asked, ids, constant(-100)),
  };
}

/**
 * A text in which a model refilled words, and whether each word was replaced: `drawn, ids [B, N]` → the text with start and padding in their
 * places, labels 1 and 0, −100 where it is start or padding now. Throws SHAPE_MISMATCH.
 * @see Clark et al., "ELECTRA" (2020), section 2.
 */
export function replacedWords(drawn: Tensor, ids: Tensor, { padding, start }: SpecialWords): ChangedWords {
  const { B, N } = matchShape('replaced words', drawn.shape, ['B', 'N']);
  matchShape('words before they were replaced', ids.shape, [B, N]);
  const constant = (value: number): Tensor => cast(fill(ids.shape, value), 'int32');
  const isPadding = equal(ids, padding);
  const isStart = equal(ids, start);
  const text = where(isStart, constant(start), where(isPadding, constant(padding), drawn));
  const idle = logicalOr(equal(text, padding), equal(text, start));
  return { ids: text, labels: where(idle, constant(-100), cast(notEqual(text, ids), 'int32')) };
}
