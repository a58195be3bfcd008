import {
  EVALUATION,
  ReidError,
  formatShape,
  gather,
  hostTensor,
  withParameters,
  type HostTensor,
  type HostTensors,
  type MakeProgram,
  type Program,
  type Step,
} from '@reidkit/core-tensor';
import type { CausalLM } from './causal-lm.ts';
import { emptyMemory, rememberWords } from './word-memory.ts';

/** How a {@link Reader} is set up. */
export interface ReaderOptions {
  /** How steps run: `backend.makeProgram` of an engine. */
  readonly makeProgram: MakeProgram;
  /** Numbers of the model by path; they belong to the reader from now on. */
  readonly parameters: HostTensors;
  /** Most words of a text, what is generated included. */
  readonly length: number;
  /** Number of texts that are read side by side. Default: 1. */
  readonly rows?: number;
  /** Lengths in which texts are read: a step is compiled once for each that occurs. Default: 1, 16, 64 and 256. */
  readonly chunks?: readonly number[];
}

/** Words to read: rows of equal length. */
export interface ReaderInput {
  /** `[B, N]` int32; needed unless `embeddings` are given. */
  readonly ids?: HostTensor | undefined;
  /** Vectors in place of ids, such as a splicer's: `[B, N, D]`. */
  readonly embeddings?: HostTensor | undefined;
  /** 1 for a word, 0 for padding: `[B, N]`. Default: all ones. */
  readonly mask?: HostTensor | undefined;
}

/** What a {@link Reader} gives. */
export interface ReaderOutput {
  /** Scores of all words to come after the last one, `[B, V]`. */
  readonly logits: HostTensor;
  /** States of all words that were read, `[B, N, D]`. */
  readonly states: HostTensor;
}

/** Numbers `[B, N, ...]` from `from` to `to` of axis 1, filled with zeros up to `length`. */
function cutRows({ data, shape, dtype }: HostTensor, from: number, to: number, length: number): HostTensor {
  const [B, N, ...rest] = shape as [number, number];
  const width = rest.reduce((product, size) => product * size, 1);
  const cut = dtype === 'int32' ? new Int32Array(B * length * width) : new Float32Array(B * length * width);
  for (let row = 0; row < B; row++) {
    cut.set(data.subarray((row * N + from) * width, (row * N + to) * width), row * length * width);
  }
  return hostTensor(cut, [B, length, ...rest], dtype);
}

/** The chunk lengths in which a text of `count` words is read: the last one may be longer than what is left. */
export function planChunks(count: number, chunks: readonly number[]): number[] {
  const sizes = [...chunks].sort((a, b) => a - b);
  const largest = sizes.at(-1)!;
  const plan: number[] = [];
  let left = count;
  for (; left > largest; left -= largest) plan.push(largest);
  if (left > 0) plan.push(sizes.find((size) => size >= left)!);
  return plan;
}

/** Rows of states of several chunks behind each other: `[B, N1, D]`, `[B, N2, D]` → `[B, N1 + N2, D]`. */
function joinStates(parts: readonly HostTensor[]): HostTensor {
  const [B, , D] = parts[0]!.shape as [number, number, number];
  const N = parts.reduce((total, { shape }) => total + shape[1]!, 0);
  const data = new Float32Array(B * N * D);
  let at = 0;
  for (const { data: numbers, shape } of parts) {
    const size = shape[1]! * D;
    for (let row = 0; row < B; row++) data.set(numbers.subarray(row * size, (row + 1) * size), row * N * D + at);
    at += size;
  }
  return hostTensor(data, [B, N, D]);
}

/** The step of a reader: a chunk of words behind those that were read. */
function readingStep(model: CausalLM): Step {
  return ({ parameters, state, batch }) =>
    withParameters(model, parameters, () => {
      const { ids, embeddings, mask, start, last } = batch;
      const { positions, remembering, memory } = rememberWords(state, start!, mask!, model.sizes);
      const { states } = model.forward({ ids, embeddings, mask, positions }, EVALUATION, remembering);
      return { state: memory, outputs: { states, logits: model.logits(gather(states, last!, 1), EVALUATION) } };
    });
}

const whole = (value: number): HostTensor => hostTensor(Int32Array.of(value), [], 'int32');

/**
 * Reads texts word by word or in chunks and remembers keys and values of what it read, so that nothing is computed twice. All of it is one
 * step with static shapes: an engine compiles it once for each length of chunks, never for a word. `rewind` goes back to any earlier
 * place at no cost, so that several texts can share a beginning.
 */
export class Reader {
  readonly model: CausalLM;
  readonly #program: Program;
  readonly #rows: number;
  readonly #length: number;
  readonly #chunks: readonly number[];
  #start = 0;

  constructor(model: CausalLM, { makeProgram, parameters, length, rows = 1, chunks = [1, 16, 64, 256] }: ReaderOptions) {
    if (![length, rows, ...chunks].every((size) => Number.isInteger(size) && size > 0) || chunks.length === 0) {
      throw new ReidError('INVALID_ARGUMENT', `A reader expected positive whole numbers, got length ${length}, rows ${rows}, chunks ${chunks.join(', ')}.`); // prettier-ignore
    }
    this.model = model;
    this.#rows = rows;
    this.#length = length;
    this.#chunks = chunks;
    const state = emptyMemory(model.sizes, rows, length);
    this.#program = makeProgram(readingStep(model), { parameters, state, isGivenAway: true });
  }

  /** How many places are taken: padding counts too. */
  get place(): number {
    return this.#start;
  }

  /** How many places are left. */
  get free(): number {
    return this.#length - this.#start;
  }

  /** Forgets what was read at this place and behind. Throws INVALID_ARGUMENT for a place that was not reached yet. */
  rewind(place = 0): void {
    if (!(Number.isInteger(place) && place >= 0 && place <= this.#start)) {
      throw new ReidError('INVALID_ARGUMENT', `A reader at place ${this.#start} cannot go back to ${place}.`);
    }
    this.#start = place;
  }

  /** Reads words behind those before. Throws SHAPE_MISMATCH for other rows than its own, INVALID_ARGUMENT for more words than there is room. */
  async read({ ids, embeddings, mask }: ReaderInput): Promise<ReaderOutput> {
    const words = this.#checked(embeddings ?? ids);
    const [rows, count] = words.shape as [number, number];
    const known = mask ?? hostTensor(new Float32Array(rows * count).fill(1), [rows, count]);
    const states: HostTensor[] = [];
    let logits: HostTensor | undefined;
    let from = 0;
    for (const chunk of planChunks(count, this.#chunks)) {
      const to = Math.min(count, from + chunk);
      const { outputs } = await this.#program.run({
        batch: {
          [embeddings ? 'embeddings' : 'ids']: cutRows(words, from, to, chunk),
          mask: cutRows(known, from, to, chunk),
          start: whole(this.#start),
          last: whole(to - from - 1),
        },
      });
      states.push(to - from === chunk ? outputs.states! : cutRows(outputs.states!, 0, to - from, to - from));
      logits = outputs.logits;
      this.#start += to - from;
      from = to;
    }
    return { logits: logits!, states: joinStates(states) };
  }

  #checked(words: HostTensor | undefined): HostTensor {
    const [rows, count] = words?.shape ?? [];
    if (!words || !count || rows !== this.#rows) {
      throw new ReidError(
        'SHAPE_MISMATCH',
        `A reader expected [${this.#rows}, N] words, got ${words ? formatShape(words.shape) : 'none'}.`,
      );
    }
    if (count <= this.free) return words;
    throw new ReidError('INVALID_ARGUMENT', `A reader of ${this.#length} words has ${this.free} places left, got ${count} words.`, {
      hint: 'give it a larger { length }, or rewind() it.',
    });
  }

  /** Keys and values of all places by name, `keys.0 [B, K, L, d]` …, and `words [B, L]`; what lies at its place and behind means nothing. */
  async memory(): Promise<HostTensors> {
    return (await this.#program.read()).state;
  }

  /** Frees what it holds. */
  dispose(): void {
    this.#program.dispose();
  }
}
