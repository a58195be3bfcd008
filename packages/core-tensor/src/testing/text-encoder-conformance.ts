import { EVALUATION } from '../context.ts';
import { ReidError } from '../errors.ts';
import { hostTensor, type HostTensor, type HostTensors } from '../host-tensor.ts';
import type { TextCall, TextEncoder, TextInput, TextTokens } from '../kinds/text-encoder.ts';
import { Random } from '../random.ts';
import { disposeAll, readTensors, scoped, tensor, toTensor, zeros, type Tensors } from '../tensor.ts';
import { demand, demandEqual, demandNumbers, demandRefusal, largestDifference, type ConformanceCheck } from './conformance-check.ts';
import { moduleChecks, numbersOf, withModel, type ModuleTrial } from './module-checks.ts';

/** What the encoder is tried on. */
export interface TextEncoderConformanceOptions {
  /** Number of words that it knows. */
  readonly vocabulary: number;
  /** Words of the longest text that is tried, marks included. Default: the encoder's `length`, at most 8. */
  readonly words?: number;
  /** Ids of the marks and of padding. Default: start and end are the last two of the vocabulary, padding is 0. */
  readonly marks?: { readonly start: number; readonly end: number; readonly pad: number };
  /** Trainable parameters whose gradient may be zero everywhere. */
  readonly zeroGradients?: (path: string) => boolean;
  /** Largest difference between a text encoded in two ways that must be the same, as a share of the largest number. Default: 1e-4. */
  readonly tolerance?: number;
}

/** Texts of unlike length: ids and mask, each `[texts, columns]`. */
interface Rows {
  readonly ids: HostTensor;
  readonly mask: HostTensor;
}

const flatten = ({ tokens, mask, summary }: TextTokens): Tensors => ({ tokens, mask, summary });
const inputOf = ({ ids, mask }: Rows): TextInput => ({ ids: toTensor(ids), mask: toTensor(mask) });

/** Rows that end with their marks, the first as long as can be, padded to `columns`. */
function rowsOf(lengths: readonly number[], columns: number, { vocabulary, marks }: TextEncoderConformanceOptions): Rows {
  const { start, end, pad } = marks ?? { start: vocabulary - 2, end: vocabulary - 1, pad: 0 };
  const ids = lengths.flatMap((length, row) => {
    const draws = Random.seed(17).fork('text', row).uniform(columns);
    const word = (at: number): number => 1 + Math.floor(draws[at]! * (Math.min(start, end, vocabulary) - 1));
    return Array.from({ length: columns }, (_, at) => (at === 0 ? start : at === length - 1 ? end : at < length ? word(at) : pad));
  });
  const mask = lengths.flatMap((length) => Array.from({ length: columns }, (_, at) => Number(at < length)));
  return { ids: hostTensor(ids, [lengths.length, columns], 'int32'), mask: hostTensor(mask, [lengths.length, columns]) };
}

/** Encodes rows and gives the numbers. */
async function encode(encoder: TextEncoder, rows: Rows, { embeds = false }: { readonly embeds?: boolean } = {}): Promise<HostTensors> {
  const outputs = scoped(() => {
    const input = inputOf(rows);
    return flatten(encoder.forward(embeds ? { ...input, embeddings: encoder.embed(input.ids) } : input, EVALUATION));
  });
  const numbers = await readTensors(outputs);
  disposeAll(outputs);
  return numbers;
}

const SIDE = (width: number, batch: number): TextCall => ({
  side: { tokens: tensor(Random.seed(4).normal(batch * 3 * width), [batch, 3, width]) },
});

async function demandSideNoticed(
  encoder: TextEncoder,
  trial: (call?: () => TextCall) => ModuleTrial<TextEncoder>,
  batch: number,
): Promise<void> {
  const without = await numbersOf(trial(), encoder, EVALUATION);
  let given: HostTensors;
  try {
    given = await numbersOf(
      trial(() => SIDE(encoder.width, batch)),
      encoder,
      EVALUATION,
    );
  } catch (error) {
    demand(ReidError.is(error), () => `It refuses "side" by an error that is no ReidError: ${(error as Error).message}`);
    return;
  }
  demand(largestDifference(without.summary!.data, given.summary!.data) > 0, 'It neither uses "side" nor refuses it.');
}

/** What every text encoder keeps to. `make` builds it without numbers; the suite fills it. */
export function textEncoderConformance(make: () => TextEncoder, options: TextEncoderConformanceOptions): ConformanceCheck[] {
  const { zeroGradients, tolerance = 1e-4 } = options;
  const columns = options.words ?? Math.min(8, make().length);
  const lengths = [columns, Math.max(2, columns - 2), 3];
  const rows = rowsOf(lengths, columns, options);
  const trial = (call?: () => TextCall): ModuleTrial<TextEncoder> => ({
    make,
    ...(zeroGradients ? { zeroGradients } : {}),
    run(encoder, ctx) {
      const { tokens, summary } = encoder.forward(inputOf(rows), ctx, call?.());
      return { tokens, summary };
    },
  });
  const onEncoder = (f: (encoder: TextEncoder) => Promise<void> | void) => () => withModel(make, f);
  return [
    {
      title: 'gives tokens, a mask and one summary per text, of the widths that it states',
      check: onEncoder(async (encoder) => {
        const numbers = await encode(encoder, rows);
        demandNumbers('the tokens', numbers.tokens!, [lengths.length, columns, encoder.width]);
        demandNumbers('the summary', numbers.summary!, [lengths.length, encoder.summaryWidth]);
        demandEqual('The mask that comes out', { mask: numbers.mask! }, { mask: rows.mask });
      }),
    },
    ...moduleChecks(trial()),
    {
      title: 'sees each text by itself',
      check: onEncoder(async (encoder) => {
        const together = await encode(encoder, rows);
        for (const [row, length] of lengths.entries()) {
          const cut = ({ data, shape, dtype }: HostTensor): HostTensor =>
            hostTensor(
              Array.from(data.slice((row * data.length) / shape[0]!, ((row + 1) * data.length) / shape[0]!)),
              [1, ...shape.slice(1)],
              dtype,
            );
          const alone = await encode(encoder, { ids: cut(rows.ids), mask: cut(rows.mask) });
          demandEqual(
            `A text of ${length} words alone and in a batch`,
            { summary: alone.summary! },
            { summary: cut(together.summary!) },
            tolerance,
          );
        }
      }),
    },
    {
      title: 'gives a text the same summary however much padding follows it',
      check: onEncoder(async (encoder) => {
        const short = lengths.slice(1).map(() => 3);
        const [tight, wide] = [rowsOf(short, 3, options), rowsOf(short, columns, options)];
        const [a, b] = [await encode(encoder, tight), await encode(encoder, wide)];
        demandEqual('A text with padding', { summary: b.summary! }, { summary: a.summary! }, tolerance);
      }),
    },
    {
      title: 'takes vectors in the place of its own words',
      check: onEncoder(async (encoder) => {
        const [own, given] = [await encode(encoder, rows), await encode(encoder, rows, { embeds: true })];
        demandEqual('Its own word vectors passed as "embeddings"', given, own, tolerance);
        const embedded = scoped(() => encoder.embed(toTensor(rows.ids)));
        const { shape } = embedded;
        embedded.dispose();
        demand(shape.join() === [...rows.ids.shape, encoder.width].join(), `embed() gives the shape [${shape.join(', ')}] for ids [${rows.ids.shape.join(', ')}].`); // prettier-ignore
      }),
    },
    {
      title: 'refuses texts that are too long, and vectors that do not fit them',
      check: onEncoder(async (encoder) => {
        const long = rowsOf([3], encoder.length + 1, options);
        await demandRefusal('a text of one word too many', () => scoped(() => flatten(encoder.forward(inputOf(long), EVALUATION))), [
          'SHAPE_MISMATCH',
        ]);
        const wrong = (): unknown =>
          scoped(() =>
            flatten(encoder.forward({ ...inputOf(rows), embeddings: zeros([lengths.length, columns, encoder.width + 1]) }, EVALUATION)),
          );
        await demandRefusal('vectors of another width', wrong, ['SHAPE_MISMATCH']);
      }),
    },
    { title: 'uses "side" or refuses it', check: onEncoder((encoder) => demandSideNoticed(encoder, trial, lengths.length)) },
  ];
}
