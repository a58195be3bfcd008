import { ReidError, hostTensor, type HostTensor, type Tokenizer } from '@reidkit/core-tensor';
import { IGNORED } from '../next-word-loss.ts';
import type { ChatStyle } from './chat-style.ts';

/** A question and, unless it is to be answered now, its answer. */
export interface ChatTurn {
  readonly question: string;
  /** Absent in the last turn: the text ends where the answer begins. */
  readonly answer?: string;
}

/** A conversation and how it is written. */
export interface Chat {
  readonly style: ChatStyle;
  /** What the model is told about itself in front of everything. */
  readonly system: string;
  readonly turns: readonly ChatTurn[];
}

/** Texts that stand for pictures, and the ids below zero that they become; no such id is ever embedded. */
export type Placeholders = Readonly<Record<string, number>>;

/** LLaVA's placeholder of a picture. */
export const LLAVA_PLACEHOLDERS: Placeholders = { '<image>': -200 };

/** A conversation as words. */
export interface EncodedChat {
  readonly text: string;
  /** Placeholders are below zero. */
  readonly ids: readonly number[];
  /** The ids of answers and their end marks, {@link IGNORED} elsewhere. */
  readonly labels: readonly number[];
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Pieces of a text, with the placeholders between them in odd places. */
function piecesOf(text: string, placeholders: Placeholders): string[] {
  const names = Object.keys(placeholders);
  return names.length === 0 ? [text] : text.split(new RegExp(`(${names.map(escaped).join('|')})`));
}

/**
 * Ids of a text with placeholders: each piece between them by itself, the begin mark in front of the first one alone. A piece behind a
 * placeholder therefore begins a word.
 */
export function encodeWithPlaceholders(tokenizer: Tokenizer, text: string, placeholders: Placeholders = LLAVA_PLACEHOLDERS): number[] {
  const begin = tokenizer.ids('').length;
  return piecesOf(text, placeholders).flatMap((piece, i) => {
    if (i % 2 === 1) return [placeholders[piece]!];
    const ids = tokenizer.ids(piece);
    return i === 0 ? ids : ids.slice(begin);
  });
}

/** Throws INVALID_ARGUMENT for a conversation that cannot be written down. */
function checkTurns({ turns, style }: Chat): void {
  const open = turns.findIndex(({ answer }) => answer === undefined);
  if (turns.length === 0 || (open >= 0 && open < turns.length - 1)) {
    throw new ReidError('INVALID_ARGUMENT', `A chat expected turns of which the last one alone may be open, got ${turns.length}, turn ${open + 1} open.`); // prettier-ignore
  }
  const closing = turns.findIndex(({ question, answer = '' }) => `${question}${answer}`.includes(style.end));
  if (closing < 0) return;
  throw new ReidError('INVALID_ARGUMENT', `Turn ${closing + 1} of a chat contains the end mark "${style.end}".`, {
    hint: 'leave it out; the style writes it.',
  });
}

/**
 * Labels of a conversation by the count that LLaVA makes: of each round's words all that stand in front of its answer are taken away but
 * two, because the begin mark is not written again and the space behind the question's mark belongs to the answer's first word. An
 * answer that begins with a mark of its own therefore has the lone space in front of it as a target too.
 */
function labelsOf(ids: readonly number[], rounds: readonly { readonly asked: number; readonly whole: number }[]): number[] {
  const labels = ids.map(() => IGNORED);
  let at = 1;
  for (const { asked, whole } of rounds) {
    for (let i = at + asked - 2; i < Math.min(at + whole, ids.length); i++) labels[i] = ids[i]! < 0 ? IGNORED : ids[i]!;
    at += whole;
  }
  return labels;
}

/**
 * Writes a conversation down and cuts it into words; answers are labelled. Throws INVALID_ARGUMENT for turns that cannot be written, for a
 * tokenizer without exactly one begin mark, and for texts whose rounds make other words alone than together.
 * @see LLaVA's `preprocess_v1` and `preprocess_llama_2` for which words count.
 */
export function encodeChat(tokenizer: Tokenizer, chat: Chat, placeholders: Placeholders = LLAVA_PLACEHOLDERS): EncodedChat {
  checkTurns(chat);
  const { style, system, turns } = chat;
  if (tokenizer.ids('').length !== 1) {
    throw new ReidError('INVALID_ARGUMENT', `A chat needs a tokenizer with one begin mark, this one has ${tokenizer.ids('').length}.`);
  }
  const encode = (text: string): number[] => encodeWithPlaceholders(tokenizer, text, placeholders);
  let text = '';
  const rounds: { asked: number; whole: number }[] = [];
  turns.forEach(({ question, answer }, round) => {
    const asked = style.ask(question, round, system);
    text += asked;
    if (answer === undefined) return;
    const whole = `${asked} ${answer}${style.afterAnswer}`;
    rounds.push({ asked: encode(`${asked} `).length, whole: encode(whole).length });
    text += ` ${answer}${style.afterAnswer}${style.end}`;
  });
  const ids = encode(text);
  const counted = rounds.reduce((total, { whole }) => total + whole, 1);
  if (rounds.length === turns.length && counted !== ids.length) {
    throw new ReidError(
      'INVALID_ARGUMENT',
      `A chat has ${ids.length} words, its rounds alone ${counted}: its answers cannot be told apart.`,
      {
        hint: `its tokenizer must take "${style.end}" for one word.`,
      },
    );
  }
  return { text, ids, labels: labelsOf(ids, rounds) };
}

/** Conversations as rows of equal length. */
export interface ChatRows {
  /** `[B, N]` int32; placeholders are below zero. */
  readonly ids: HostTensor;
  /** `[B, N]` int32 */
  readonly labels: HostTensor;
  /** 1 for a word, 0 for padding: `[B, N]` float32. */
  readonly mask: HostTensor;
}

/** Pads conversations on the right to the longest one, or to `length`. Throws INVALID_ARGUMENT for a longer one. */
export function padChats(
  chats: readonly EncodedChat[],
  { pad = 0, length }: { readonly pad?: number; readonly length?: number } = {},
): ChatRows {
  const longest = chats.reduce((most, { ids }) => Math.max(most, ids.length), 1);
  const N = length ?? longest;
  if (longest > N) throw new ReidError('INVALID_ARGUMENT', `A chat has ${longest} words, rows have ${N}.`, { hint: 'shorten its texts.' });
  const ids = new Int32Array(chats.length * N).fill(pad);
  const labels = new Int32Array(ids.length).fill(IGNORED);
  const mask = new Float32Array(ids.length);
  chats.forEach((chat, row) => {
    ids.set(chat.ids, row * N);
    labels.set(chat.labels, row * N);
    mask.fill(1, row * N, row * N + chat.ids.length);
  });
  const shape = [chats.length, N];
  return { ids: hostTensor(ids, shape, 'int32'), labels: hostTensor(labels, shape, 'int32'), mask: hostTensor(mask, shape) };
}
