import {
  Module,
  ReidError,
  add,
  buffer,
  concat,
  gather,
  hostTensor,
  matchShape,
  normalInit,
  parameter,
  reshape,
  sizeOf,
  slice,
  stack,
  tensor,
  zeros,
  type HostTensor,
  type HostTensors,
  type Initializer,
  type Parameter,
  type Tensor,
  type TextInput,
} from '@reidkit/core-tensor';
import { z } from 'zod';

const place = z.number().int().min(0);

/** A text with places for learned vectors. */
export const promptText = z
  .strictObject({
    ids: z.array(place).min(2).describe('Words as the tokenizer numbers them, marks of beginning and end included.'),
    learned: z.array(place).default([]).describe('Places in `ids` where learned vectors stand, ascending; the ids there decide nothing.'),
  })
  .refine(({ ids, learned }) => learned.every((at, i) => at > (learned[i - 1] ?? 0) && at < ids.length - 1), {
    error: 'expected ascending places between the first word and the last',
    path: ['learned'],
  });

/** Options of {@link promptBank}. */
export const promptBankOptions = z
  .strictObject({
    texts: z.array(promptText).min(1).describe('The texts of one set; all have the same number of learned vectors.'),
    scope: z
      .enum(['shared', 'perText', 'perIdentity'])
      .default('shared')
      .describe('Who has learned vectors of its own: nobody, every text, or every identity (and of these every text).'),
    identities: place.default(0).describe('Number of identities, for the scope "perIdentity".'),
    width: place.default(512).describe("Width of the text encoder's word vectors."),
    length: place.default(77).describe('Words that a text is padded to, by id 0, as the text encoder was trained.'),
    deviation: z.number().min(0).default(0.02).describe('Standard deviation of the first learned vectors.'),
    words: z
      .enum(['kept', 'given'])
      .default('kept')
      .describe(
        'Whether the vectors of fixed words are kept here, so that the table of all words is not needed, or given with every call.',
      ),
    name: z.string().regex(/^[a-z]\w*$/).default('ctx').describe("Name of the learned vectors among the parameters: the checkpoint's."), // prettier-ignore
  })
  .refine(({ texts }) => texts.every(({ learned }) => learned.length === texts[0]!.learned.length), {
    error: 'expected the same number of learned vectors in every text',
    path: ['texts'],
  })
  .refine(({ texts, length }) => texts.every(({ ids }) => ids.length <= length), {
    error: 'expected at least the longest text',
    path: ['length'],
  })
  .refine(({ scope, identities }) => (scope === 'perIdentity') === identities > 0, {
    error: 'expected their number with the scope "perIdentity", and only then',
    path: ['identities'],
  });

/** Options of {@link promptBank} as people write them. */
export type PromptBankOptions = z.input<typeof promptBankOptions>;

/** What {@link PromptBank.forward} needs. */
export interface PromptCall {
  /** Identities `[B]` int32, for the scope `perIdentity`. */
  readonly labels?: Tensor;
  /** Vectors of all words `[P, N, D]`, where the bank does not keep them: `encoder.embed(bank.ids())`. */
  readonly words?: Tensor;
  /** Whether to give all words of the padding too. Default: what follows the longest text is left out; no CLIP looks there. */
  readonly whole?: boolean;
}

/** Neighbouring places of one sort. */
interface Run {
  readonly learned: boolean;
  readonly from: number;
  readonly count: number;
  /** Number of learned places before it. */
  readonly before: number;
}

/** The places of a text as runs of fixed words and of learned vectors. */
function runsOf(learned: readonly number[], length: number): Run[] {
  const isLearned = Array.from({ length }, (_, at) => learned.includes(at));
  const starts = isLearned.flatMap((value, at) => (at === 0 || isLearned[at - 1] !== value ? [at] : []));
  return starts.map((from, i) => ({
    learned: isLearned[from]!,
    from,
    count: (starts[i + 1] ?? length) - from,
    before: learned.filter((at) => at < from).length,
  }));
}

/** The same vector for the same word, wherever it stands. */
const wordsInit =
  (rows: readonly (readonly number[])[], width: number): Initializer =>
  (random) => {
    const vectors = rows.flat().map((id) => random.fork('word', id).normal(width, 0.02));
    const data = new Float32Array(vectors.length * width);
    vectors.forEach((vector, at) => data.set(vector, at * width));
    return data;
  };

/**
 * Texts with learned vectors in the place of some words: fixed words around a context that all texts share, or that every text, or every
 * identity, has of its own. Where the context is one run at the same place in all texts, the vectors of fixed words are kept as CoOp and
 * CLIP-ReID name them (`token_prefix`, `token_suffix`), else as `token_words`.
 * @see Zhou et al., "Learning to Prompt for Vision-Language Models" (2022), Eq. 2; Li et al., "CLIP-ReID" (2023), section 3.3.
 */
export class PromptBank extends Module {
  /** `[P, before the context, D]` */
  readonly token_prefix: Parameter | undefined;
  /** `[P, behind the context, D]` */
  readonly token_suffix: Parameter | undefined;
  /** `[P, length, D]` */
  readonly token_words: Parameter | undefined;
  /** Number of texts in a set, P. */
  readonly texts: number;
  /** Words of the longest text. */
  readonly longest: number;
  readonly #options: z.output<typeof promptBankOptions>;
  readonly #context: Parameter | undefined;
  /** Start of the context, where it is one run at the same place in all texts. */
  readonly #start: number | undefined;

  constructor(options: z.output<typeof promptBankOptions>) {
    super();
    const { texts, scope, identities, width, length, deviation, words, name } = options;
    this.#options = options;
    this.texts = texts.length;
    this.longest = Math.max(...texts.map(({ ids }) => ids.length));
    const vectors = texts[0]!.learned.length;
    const own = { shared: [], perText: [texts.length], perIdentity: [identities, ...(texts.length > 1 ? [texts.length] : [])] }[scope];
    this.#context = vectors > 0 ? parameter([...own, vectors, width], normalInit(deviation)) : undefined;
    this.#start = this.#commonStart();
    Object.assign(this, { [name]: this.#context }); // the tree of parameters sees it under the checkpoint's name
    const kept = (from: number, to: number): Parameter | undefined => {
      const rows = this.#paddedIds(length).map((ids) => ids.slice(from, to));
      return words === 'kept' ? buffer([texts.length, to - from, width], wordsInit(rows, width)) : undefined;
    };
    const start = this.#start;
    this.token_prefix = start === undefined ? undefined : kept(0, start);
    this.token_suffix = start === undefined ? undefined : kept(start + vectors, length);
    this.token_words = start === undefined ? kept(0, length) : undefined;
  }

  #commonStart(): number | undefined {
    const { texts } = this.#options;
    const [{ learned } = { learned: [] }] = texts;
    const isOneRun = learned.every((at, i) => at === learned[0]! + i);
    return isOneRun && texts.every((text) => text.learned.join() === learned.join()) ? learned[0] : undefined;
  }

  #paddedIds(length: number): number[][] {
    return this.#options.texts.map(({ ids }) => Array.from({ length }, (_, at) => ids[at] ?? 0));
  }

  /** Ids of all texts, padded: `[P, length]` int32. */
  ids(): HostTensor<'int32'> {
    const { length } = this.#options;
    return hostTensor(this.#paddedIds(length).flat(), [this.texts, length], 'int32');
  }

  /** Texts of the given identities, or the one set that all share: `labels [B]` → ids `[B · P, N]`, embeddings `[B · P, N, D]`. */
  forward({ labels, words, whole = false }: PromptCall = {}): TextInput {
    const { texts, length, width, scope } = this.#options;
    const N = whole ? length : this.longest;
    this.#refuseMissing(labels, words);
    const batch = scope === 'perIdentity' ? labels!.shape[0]! : 1;
    const repeat = (x: Tensor): Tensor => (x.shape[0] === batch ? x : add(x, zeros([batch, 1, 1])));
    const rows = texts.map(({ learned }, text) => {
      const context = learned.length > 0 ? this.#contextOf(text, batch, labels) : undefined;
      const pieces = runsOf(learned, N).map((run) =>
        run.learned ? slice(context!, [0, run.before, 0], [batch, run.count, width]) : repeat(this.#wordsOf(text, run, words)),
      );
      return pieces.length > 1 ? concat(pieces, 1) : pieces[0]!;
    });
    const ids = Array.from({ length: batch }, () => this.#paddedIds(N)).flat(2);
    return {
      ids: tensor(ids, [batch * texts.length, N], 'int32'),
      embeddings: rows.length > 1 ? reshape(stack(rows, 1), [batch * texts.length, N, width]) : rows[0]!,
    };
  }

  /** Learned vectors of one text: `[B, K, D]`. */
  #contextOf(text: number, batch: number, labels: Tensor | undefined): Tensor {
    const { texts, scope, width } = this.#options;
    const { value } = this.#context!;
    const vectors = texts[0]!.learned.length;
    if (scope === 'shared') return reshape(value, [1, vectors, width]);
    if (scope === 'perText') return slice(value, [text, 0, 0], [1, vectors, width]);
    const own = reshape(value, [value.shape[0]!, texts.length, vectors * width]);
    const rows = reshape(slice(own, [0, text, 0], [value.shape[0]!, 1, vectors * width]), [value.shape[0]!, vectors * width]);
    return reshape(gather(rows, labels!), [batch, vectors, width]);
  }

  /** Vectors of neighbouring fixed words of one text: `[1, count, D]`. */
  #wordsOf(text: number, { from, count }: Run, words: Tensor | undefined): Tensor {
    const { width } = this.#options;
    const start = this.#start ?? 0;
    const behind = start + this.#options.texts[0]!.learned.length;
    const cut = (table: Tensor, at: number): Tensor => slice(table, [text, at, 0], [1, count, width]);
    if (words) return cut(words, from);
    if (this.token_words) return cut(this.token_words.value, from);
    return from < start ? cut(this.token_prefix!.value, from) : cut(this.token_suffix!.value, from - behind);
  }

  #refuseMissing(labels: Tensor | undefined, words: Tensor | undefined): void {
    const { scope, words: from, length, width } = this.#options;
    const wants = { labels: scope === 'perIdentity', words: from === 'given' };
    for (const [name, value] of Object.entries({ labels, words }) as ['labels' | 'words', Tensor | undefined][]) {
      if ((value !== undefined) === wants[name]) continue;
      const message = `PromptBank ${value ? `got "${name}", and has no use for them` : `needs "${name}" in its call`}.`;
      throw new ReidError('INVALID_ARGUMENT', message, {
        hint: `its scope is "${scope}", and vectors of fixed words are ${from === 'kept' ? 'kept in it' : 'given by the caller'}.`,
      });
    }
    if (words) matchShape('PromptBank (words)', words.shape, [this.texts, length, width]);
    if (labels) matchShape('PromptBank (labels)', labels.shape, ['B']);
  }

  /**
   * What the bank keeps of fixed words, from a text encoder's table of all words `[vocabulary, D]`. With `learned`, the learned vectors too
   * start as the words in their places. Throws CHECKPOINT_MISMATCH for a table that is too small or of another width.
   */
  numbersFrom(table: HostTensor, { learned = false }: { readonly learned?: boolean } = {}): HostTensors {
    const { length, width, texts, name } = this.#options;
    const rows = this.#paddedIds(length);
    const largest = Math.max(...rows.flat());
    if (table.shape[1] !== width || table.shape[0]! <= largest) {
      throw new ReidError('CHECKPOINT_MISMATCH', `A table of words [${table.shape.join(', ')}] does not fit prompts of width ${width} with ids up to ${largest}.`); // prettier-ignore
    }
    const take = (ids: readonly (readonly number[])[], shape: readonly number[]): HostTensor => {
      const data = new Float32Array(sizeOf(shape));
      const all = ids.flat();
      for (let at = 0; at * width < data.length; at++) {
        const from = all[at % all.length]! * width;
        data.set((table.data as Float32Array).subarray(from, from + width), at * width);
      }
      return hostTensor(data, shape);
    };
    const start = this.#start ?? 0;
    const behind = start + texts[0]!.learned.length;
    const cut = (from: number, to: number): number[][] => rows.map((ids) => ids.slice(from, to));
    const learnedIds = texts.map((text) => text.learned.map((at) => text.ids[at]!));
    return {
      ...(this.token_prefix ? { token_prefix: take(cut(0, start), this.token_prefix.shape) } : {}),
      ...(this.token_suffix ? { token_suffix: take(cut(behind, length), this.token_suffix.shape) } : {}),
      ...(this.token_words ? { token_words: take(rows, this.token_words.shape) } : {}),
      ...(learned && this.#context ? { [name]: take(learnedIds, this.#context.shape) } : {}),
    };
  }
}

/** Texts with learned vectors in the place of some words. Throws ZodError for options that do not fit. */
export function promptBank(options: PromptBankOptions): PromptBank {
  return new PromptBank(promptBankOptions.parse(options));
}
