import { ReidError } from '../errors.ts';
import type { Tokenizer } from '../kinds/tokenizer.ts';
import { demand, demandRefusal, type ConformanceCheck } from './conformance-check.ts';

/** What the tokenizer is tried on. */
export interface TokenizerConformanceOptions {
  /** Texts whose words it knows, in the form in which it gives them back. Default: three English ones in small letters. */
  readonly texts?: readonly string[];
}

const TEXTS = ['a person', 'the person walks along the street', 'the red coat'];

const listed = (ids: ArrayLike<number>): string => Array.from(ids).join(', ');

function demandIds(what: string, got: ArrayLike<number>, want: ArrayLike<number>): void {
  demand(listed(got) === listed(want), () => `${what}: ${listed(got)} instead of ${listed(want)}.`);
}

/** What every tokenizer keeps to. */
export function tokenizerConformance(
  make: () => Tokenizer | Promise<Tokenizer>,
  { texts = TEXTS }: TokenizerConformanceOptions = {},
): ConformanceCheck[] {
  const on = (f: (tokenizer: Tokenizer) => Promise<void> | void) => async () => f(await make());
  return [
    {
      title: 'gives ids of its vocabulary',
      check: on((tokenizer) => {
        for (const text of texts) {
          const odd = tokenizer.ids(text).find((id) => !(Number.isInteger(id) && id >= 0 && id < tokenizer.vocabulary));
          demand(odd === undefined, () => `"${text}" has the id ${odd}; the vocabulary has ${tokenizer.vocabulary} words.`);
        }
      }),
    },
    {
      title: 'gives the same ids every time, whatever came before',
      check: on((tokenizer) => {
        const first = texts.map((text) => tokenizer.ids(text));
        [...texts]
          .reverse()
          .forEach((text, i) => demandIds(`"${text}" the second time`, tokenizer.ids(text), first[texts.length - 1 - i]!));
      }),
    },
    {
      title: 'gives back the text of ids, marks left out',
      check: on((tokenizer) => {
        for (const text of texts) {
          const back = tokenizer.decode(tokenizer.ids(text));
          demand(back === text, () => `"${text}" comes back as "${back}".`);
        }
        demand(tokenizer.decode([]) === '', () => `No ids give the text "${tokenizer.decode([])}".`);
      }),
    },
    {
      title: 'pads rows on the right and says so in the mask',
      check: on((tokenizer) => {
        const lists = texts.map((text) => tokenizer.ids(text));
        const length = Math.max(...lists.map((ids) => ids.length)) + 2;
        const { ids, mask } = tokenizer.encode(texts, { length });
        demand(
          ids.dtype === 'int32' && mask.dtype === 'float32',
          () => `Ids are ${ids.dtype} and the mask ${mask.dtype}; int32 and float32 belong there.`,
        );
        for (const { shape } of [ids, mask]) demand(shape.join() === `${texts.length},${length}`, () => `The shape is [${shape.join(', ')}] instead of [${texts.length}, ${length}].`); // prettier-ignore
        lists.forEach((list, row) => {
          const at = row * length;
          demandIds(`Row ${row}`, ids.data.subarray(at, at + list.length), list);
          const wanted = Array.from({ length }, (_, i) => Number(i < list.length));
          demandIds(`The mask of row ${row}`, mask.data.subarray(at, at + length), wanted);
        });
        demand(tokenizer.encode([]).ids.shape[0] === 0, 'No texts do not give no rows.');
      }),
    },
    {
      title: 'has rows of one length of its own',
      check: on((tokenizer) => {
        const [a, b] = texts.map((text) => tokenizer.encode([text]).ids.shape[1]);
        demand(a === b, () => `Rows have ${a} and ${b} words; by default all have the tokenizer's own length.`);
      }),
    },
    {
      title: 'refuses a text that is too long, or cuts it where told so and keeps its closing mark',
      check: on(async (tokenizer) => {
        const [text] = [...texts].sort((a, b) => tokenizer.ids(b).length - tokenizer.ids(a).length) as [string];
        const whole = tokenizer.ids(text);
        const length = whole.length - 1;
        await demandRefusal('a text that is too long', () => tokenizer.encode([text], { length }), ['INVALID_ARGUMENT']);
        const message = refusalOf(() => tokenizer.encode([text], { length }));
        demand(message.includes(text.slice(0, 8)), () => `The refusal does not name the text: ${message}`);
        const cut = tokenizer.encode([text], { length, tooLong: 'truncate' }).ids.data;
        const marks = tokenizer.ids('');
        const closing = marks.length > 1 ? [marks.at(-1)!] : [];
        demandIds('A text that is cut', cut, [...whole.slice(0, length - closing.length), ...closing]);
      }),
    },
  ];
}

function refusalOf(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    if (ReidError.is(error)) return error.message;
  }
  return '';
}
