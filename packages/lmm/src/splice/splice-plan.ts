import { ReidError, hostTensor, type HostTensor } from '@reidkit/core-tensor';
import { IGNORED } from '../next-word-loss.ts';

/** A text with placeholders, and the pictures that they stand for. */
export interface SpliceRow {
  /** Ids of its words without padding; placeholders are below zero. */
  readonly ids: readonly number[];
  /** Labels of its words. Default: none. */
  readonly labels?: readonly number[];
  /** Which picture each placeholder stands for, in the order of placeholders. */
  readonly pictures: readonly number[];
}

/** How {@link planSplice} makes rows of equal length. */
export interface SpliceOptions {
  /** Tokens of a picture, Np. */
  readonly tokens: number;
  /** On which side rows are padded. Default: right. */
  readonly side?: 'right' | 'left';
  /** Length of the rows, S; longer ones are cut. Default: as long as the longest. */
  readonly length?: number;
  /** Rows are cut to this many places at most, but not padded to it. Default: never. */
  readonly most?: number;
}

/** Where everything of a batch of texts with pictures goes. All tensors are `[B, S]`. */
export interface SplicePlan {
  /** Ids of words, 0 where there is none. */
  readonly ids: HostTensor<'int32'>;
  /** Row among the tokens of all pictures `[P Np, D]`, −1 where there is a word or padding. */
  readonly source: HostTensor<'int32'>;
  /** 1 for a word or a picture's token, 0 for padding. */
  readonly mask: HostTensor<'float32'>;
  readonly labels: HostTensor<'int32'>;
  /** Number of the place in its text, 0 for padding. */
  readonly positions: HostTensor<'int32'>;
  /** For each text the place of each of its ids: for a placeholder that of the picture's first token; −1 for what was cut away. */
  readonly places: readonly Int32Array[];
}

interface LongRow {
  readonly ids: number[];
  readonly source: number[];
  readonly labels: number[];
  readonly places: Int32Array;
}

function refuse(row: number, sentence: string): never {
  throw new ReidError('INVALID_ARGUMENT', `Text ${row + 1} ${sentence}`, { hint: 'each placeholder of a text stands for one picture.' });
}

/** A text with its pictures in their places, as long as it gets. */
function spliceRow({ ids, labels, pictures }: SpliceRow, row: number, tokens: number): LongRow {
  const placeholders = ids.filter((id) => id < 0).length;
  if (placeholders !== pictures.length) refuse(row, `has ${placeholders} placeholders, ${pictures.length} pictures were given for it.`);
  if (labels && labels.length !== ids.length) refuse(row, `has ${ids.length} words and ${labels.length} labels.`);
  const long: LongRow = { ids: [], source: [], labels: [], places: new Int32Array(ids.length) };
  let picture = 0;
  ids.forEach((id, i) => {
    long.places[i] = long.ids.length;
    const isWord = id >= 0;
    const first = isWord ? -1 : pictures[picture++]! * tokens;
    for (let token = 0; token < (isWord ? 1 : tokens); token++) {
      long.ids.push(isWord ? id : 0);
      long.source.push(isWord ? -1 : first + token);
      long.labels.push(isWord ? (labels?.[i] ?? IGNORED) : IGNORED);
    }
  });
  return long;
}

/**
 * Puts the tokens of pictures in the places of placeholders, any number of them in any order, and says where every id went. Throws
 * INVALID_ARGUMENT for a text whose placeholders are not as many as its pictures.
 * @see Liu et al., "Visual Instruction Tuning" (2023), section 4.1.
 */
export function planSplice(rows: readonly SpliceRow[], { tokens, side = 'right', length, most = Infinity }: SpliceOptions): SplicePlan {
  const long = rows.map((row, i) => spliceRow(row, i, tokens));
  const limit = Math.min(most, length ?? Infinity);
  const counts = long.map(({ ids }) => Math.min(ids.length, limit));
  const S = length ?? Math.max(1, ...counts);
  const filled = (value: number): Int32Array => new Int32Array(rows.length * S).fill(value);
  const [ids, source, labels, positions] = [filled(0), filled(-1), filled(IGNORED), filled(0)];
  const mask = new Float32Array(rows.length * S);
  const places = long.map((row, i) => {
    const count = counts[i]!;
    const shift = side === 'left' ? S - count : 0;
    const at = i * S + shift;
    ids.set(row.ids.slice(0, count), at);
    source.set(row.source.slice(0, count), at);
    labels.set(row.labels.slice(0, count), at);
    mask.fill(1, at, at + count);
    for (let place = 0; place < count; place++) positions[at + place] = place;
    return row.places.map((place) => (place < count ? place + shift : -1));
  });
  const whole = (data: Int32Array): HostTensor<'int32'> => hostTensor(data, [rows.length, S], 'int32');
  return {
    ids: whole(ids),
    source: whole(source),
    mask: hostTensor(mask, [rows.length, S]),
    labels: whole(labels),
    positions: whole(positions),
    places,
  };
}

/** Pictures by LLaVA's count: in the order of the texts; a text without placeholder still uses one up. */
export function picturesInTurn(texts: readonly (readonly number[])[]): number[][] {
  let next = 0;
  return texts.map((ids) => {
    const pictures = ids.flatMap((id) => (id < 0 ? [next++] : []));
    if (pictures.length === 0) next++;
    return pictures;
  });
}

/** Pictures of a text by the ids of their placeholders, each of which must stand there exactly once. Throws INVALID_ARGUMENT. */
export function picturesByName(ids: readonly number[], pictures: ReadonlyMap<number, number>): number[] {
  const found = ids.filter((id) => id < 0);
  const isOnce = [...pictures.keys()].every((name) => found.filter((id) => id === name).length === 1);
  if (isOnce && found.length === pictures.size) return found.map((id) => pictures.get(id)!);
  throw new ReidError('INVALID_ARGUMENT', `A text expected the placeholders ${[...pictures.keys()].join(', ')} once each, got ${found.join(', ') || 'none'}.`, {
    hint: 'write each picture into the text exactly once.',
  }); // prettier-ignore
}
