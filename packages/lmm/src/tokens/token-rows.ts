import type { Module } from '@reidkit/core-tensor';
import { Parameter, ReidError, cast, clipByValue, concat, defineComponent, dequantizeRows, expandDims, gather, greaterEqual, hostTensor, linear, minimum, modulePlaces, normalInit, parameter, sub, where, type Adapter, type HostTensor, type HostTensors, type ModulePlace } from '@reidkit/core-tensor'; // prettier-ignore
import { attachLayers, type FixedLinear, type LayerAttachment } from '@reidkit/encoders';
import { z } from 'zod';
import { QuantizedLinear } from '../quantized-linear.ts';

const tokenRowsOptions = z.strictObject({
  count: z.number().int().positive().max(65536).describe('Number of words that are added behind those of the model.'),
});

/** Options of {@link tokenRows}. */
export type TokenRowsOptions = z.input<typeof tokenRowsOptions>;

/** Name of what is added at the table of words and at the head. */
const ADDED = 'added_rows';
const TABLES = ['embed_tokens', 'lm_head'] as const;

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** The place of a table in a model. Throws UNKNOWN_NAME unless there is exactly one. */
function tablePlace(model: Module, name: (typeof TABLES)[number]): ModulePlace {
  const found = [...modulePlaces(model)].filter(({ path }) => lastOf(path) === name);
  if (found.length === 1) return found[0]!;
  throw new ReidError('UNKNOWN_NAME', `adapter/token-rows expected one "${name}" in the model, found ${found.length}.`, {
    hint: 'attach it to one language model.',
  });
}

/** Rows and width of a table, `[V, D]`. */
function tableShape({ module }: ModulePlace): readonly number[] {
  const { weight, linearShape } = module as unknown as { readonly weight?: unknown } & Partial<FixedLinear>;
  return Parameter.is(weight) ? weight.shape : linearShape!;
}

/** Words from V on are looked up in the added rows. */
function atWords(place: ModulePlace, count: number): LayerAttachment {
  const [size, width] = tableShape(place) as [number, number];
  const rows = parameter([count, width], normalInit(0.02));
  return {
    place,
    added: { [ADDED]: rows },
    run: (next, ids) => {
      const fresh = gather(rows.value, cast(clipByValue(sub(ids, size), 0, count - 1), 'int32'));
      return where(expandDims(greaterEqual(ids, size), -1), fresh, next(cast(minimum(ids, size - 1), 'int32')));
    },
  };
}

/** Scores of added words stand behind those of the others. */
function atHead(place: ModulePlace, count: number): LayerAttachment {
  const rows = parameter([count, tableShape(place)[1]!], normalInit(0.02));
  return { place, added: { [ADDED]: rows }, run: (next, x) => concat([next(x), linear(x, rows.value)], -1) };
}

/**
 * Words more than a language model has, each with a trained row in the table of words and in the head; all other rows stay as they are. The
 * rows are `model.embed_tokens.added_rows [C, D]` and `lm_head.added_rows [C, D]`; {@link meanTokenRows} gives their first values,
 * {@link joinTokenRows} puts them into the tables. Attaching throws UNKNOWN_NAME for what is no language model.
 */
export function tokenRows(options: TokenRowsOptions): Adapter {
  const { count } = tokenRowsOptions.parse(options);
  return {
    attach: (model) =>
      attachLayers(model, [atWords(tablePlace(model, 'embed_tokens'), count), atHead(tablePlace(model, 'lm_head'), count)]),
  };
}

/** `adapter/token-rows`. */
export const tokenRowsComponent = defineComponent({
  summary: 'Words more than a language model has, with trained rows in the table of words and in the head.',
  options: tokenRowsOptions,
  build: (options): Adapter => tokenRows(options),
});

/** One row, the mean of a table's rows, some times: `[V, D] → [count, D]`. */
function meanRows({ data, shape }: HostTensor, count: number): HostTensor<'float32'> {
  const [rows, width] = shape as [number, number];
  const mean = new Float64Array(width);
  for (let i = 0; i < data.length; i++) mean[i % width]! += data[i]! / rows;
  return hostTensor(
    Float32Array.from({ length: count * width }, (_, i) => mean[i % width]!),
    [count, width],
  );
}

/** The numbers of a table: its parameter's, or those that whole numbers stand for. */
function tableNumbers(model: Module, path: string, numbers: HostTensors): HostTensor {
  const own = numbers[`${path}.weight`];
  if (own) return own;
  for (const place of modulePlaces(model)) {
    if (place.path === path && place.module instanceof QuantizedLinear) return dequantizeRows(place.module.matrix);
  }
  throw new ReidError('UNKNOWN_NAME', `The first rows of added words need the numbers of "${path}.weight".`);
}

/**
 * First values of added rows by path: the mean of the rows that were there before, so that a new word begins as an average one. Call it before
 * the rows are attached. Throws UNKNOWN_NAME when `numbers` are not those of the model.
 */
export function meanTokenRows(model: Module, numbers: HostTensors, count: number): HostTensors {
  return Object.fromEntries(
    TABLES.map((name) => {
      const { path } = tablePlace(model, name);
      return [`${path}.${ADDED}`, meanRows(tableNumbers(model, path, numbers), count)];
    }),
  );
}

function below(first: HostTensor, second: HostTensor): HostTensor {
  const [rows, width] = first.shape as [number, number];
  const data = new Float32Array(first.data.length + second.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  return hostTensor(data, [rows + second.shape[0]!, width]);
}

/** Numbers with added rows put below the tables that they belong to: what another program takes for a model with more words. */
export function joinTokenRows(numbers: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(numbers).flatMap(([path, value]): [string, HostTensor][] => {
      if (lastOf(path) === ADDED) return [];
      const rows = path.endsWith('.weight') ? numbers[`${path.slice(0, -'weight'.length)}${ADDED}`] : undefined;
      return [[path, rows ? below(value, rows) : value]];
    }),
  );
}
