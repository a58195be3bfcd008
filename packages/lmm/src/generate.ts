import { ReidError, hostTensor, type HostTensor, type Random } from '@reidkit/core-tensor';
import type { Reader, ReaderInput } from './reader.ts';
import { bestWord, sampleWord, type SamplingOptions } from './sample-word.ts';

/** How {@link generate} goes on. */
export interface GenerateOptions {
  /** Most words to write. */
  readonly most: number;
  /** Words behind which a row ends; they are kept. Default: none. */
  readonly stop?: readonly number[];
  /** What rows that have ended are filled with. Default: 0. */
  readonly pad?: number;
  /** Draws words by their scores instead of taking the best: `random` is where the draws come from. */
  readonly sampling?: SamplingOptions & { readonly random: Random };
  /** Told of each step: scores `[B, V]`, and the words that were taken. */
  readonly onWord?: (step: { readonly logits: HostTensor; readonly words: readonly number[] }) => void;
}

/** What {@link generate} wrote. */
export interface Generated {
  /** Words of each row, its stop word included, without filling. */
  readonly rows: readonly (readonly number[])[];
  /** The same as one tensor, filled up: `[B, N]`. */
  readonly ids: HostTensor;
}

function takeWords({ shape, data }: HostTensor, step: number, sampling: GenerateOptions['sampling']): number[] {
  const [rows, width] = shape as [number, number];
  return Array.from({ length: rows }, (_, row) => {
    const scores = (data as Float32Array).subarray(row * width, (row + 1) * width);
    return sampling ? sampleWord(scores, sampling.random.fork(step, row).stream(), sampling) : bestWord(scores);
  });
}

/** Throws INVALID_ARGUMENT unless the words fit behind the beginning. */
function checkRoom(count: number, most: number, free: number): void {
  if (Number.isInteger(most) && most > 0 && count + most - 1 <= free) return;
  const room = Math.max(0, free - count + 1);
  throw new ReidError('INVALID_ARGUMENT', `There is room for ${room} words behind these ${count}, ${most} were asked for.`, {
    hint: 'give the reader a larger { length }.',
  });
}

/**
 * Reads a beginning and writes on, word after word: the best one, or drawn. A row's draws depend on its number and the step alone. The reader
 * stands behind the last word that it read; the last word written is not read. Throws INVALID_ARGUMENT when there is no room.
 */
export async function generate(reader: Reader, input: ReaderInput, options: GenerateOptions): Promise<Generated> {
  const { most, stop = [], pad = 0, sampling, onWord } = options;
  checkRoom((input.embeddings ?? input.ids)?.shape[1] ?? 0, most, reader.free);
  const rows: number[][] = [];
  const steps: number[][] = [];
  const hasEnded = (row: number): boolean => stop.includes(rows[row]?.at(-1) ?? -1);
  let { logits } = await reader.read(input);
  for (let step = 0; ; step++) {
    const words = takeWords(logits, step, sampling).map((word, row) => (hasEnded(row) ? pad : word));
    words.forEach((word, row) => {
      if (!hasEnded(row)) (rows[row] ??= []).push(word);
    });
    steps.push(words);
    onWord?.({ logits, words });
    if (step + 1 === most || rows.every((_, row) => hasEnded(row))) break;
    ({ logits } = await reader.read({ ids: hostTensor(Int32Array.from(words), [words.length, 1], 'int32') }));
  }
  const ids = Int32Array.from(rows.flatMap((_, row) => steps.map((words) => words[row]!)));
  return { rows, ids: hostTensor(ids, [rows.length, steps.length], 'int32') };
}
