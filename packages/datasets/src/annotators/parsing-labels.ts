/** Numbers of parts in part masks: 0 is the background. */
export const MASK_PARTS = ['background', 'head', 'upper', 'legs', 'foot', 'bags'] as const;

/** One of them. */
export type MaskPart = (typeof MASK_PARTS)[number];

const BACK = 'background';
const [HEAD, UPPER, LEGS, FOOT, BAGS] = ['head', 'upper', 'legs', 'foot', 'bags'] as const;

/** The part of each label of three public sets of human parsing, by the label's number. */
export const PARSING_LABELS = {
  /** background, hat, hair, glove, sunglasses, upper clothes, dress, coat, socks, trousers, jumpsuit, scarf, skirt, face, arms, legs, shoes */
  lip: [BACK, HEAD, HEAD, UPPER, HEAD, UPPER, UPPER, UPPER, FOOT, LEGS, UPPER, UPPER, LEGS, HEAD, UPPER, UPPER, LEGS, LEGS, FOOT, FOOT],
  /** background, hat, hair, sunglasses, upper clothes, skirt, trousers, dress, belt, shoes, face, legs, arms, bag, scarf */
  atr: [BACK, HEAD, HEAD, HEAD, UPPER, LEGS, LEGS, UPPER, LEGS, FOOT, FOOT, HEAD, LEGS, LEGS, UPPER, UPPER, BAGS, UPPER],
  /** background, hat, hair, glove, sunglasses, upper clothes, dress, coat, socks, trousers, skin of the torso, scarf, skirt, face, arms, legs, shoes */
  cihp: [BACK, HEAD, HEAD, UPPER, HEAD, UPPER, UPPER, UPPER, FOOT, LEGS, UPPER, UPPER, LEGS, HEAD, UPPER, UPPER, LEGS, LEGS, FOOT, FOOT],
} as const satisfies Record<string, readonly MaskPart[]>;

/** Part numbers in place of a parser's labels; labels that the table does not have become background and are counted. */
export function mapParsing(labels: Uint8Array, table: readonly MaskPart[]): { readonly parts: Uint8Array; readonly unknown: number } {
  const numbers = table.map((part) => MASK_PARTS.indexOf(part));
  let unknown = 0;
  const parts = labels.map((label) => {
    const number = numbers[label];
    if (number === undefined) unknown++;
    return number ?? 0;
  });
  return { parts, unknown };
}
