import {
  type CropRecord, type HostTensors, type MakeProgram, type Model, type ModelPass, ReidError, type ReidRecord, type TextRecord, type Tokenizer,
} from '@reidkit/core-tensor'; // prettier-ignore
import { type Extracted, Rows, throwIfAborted } from './extract.ts';
import { modelPass, passStep } from './model-pass.ts';

/** What {@link extractTexts} works on. */
export interface ExtractTextsOptions {
  readonly model: Model;
  /** Parameters and buffers by path. */
  readonly tensors: HostTensors;
  readonly makeProgram: MakeProgram;
  readonly outputs: readonly string[];
  readonly texts: readonly TextRecord[];
  readonly tokenizer: Tokenizer;
  /** Name of the way through the model. */
  readonly pass: string;
  /** Words per text; by default the tokenizer's own. */
  readonly length?: number;
  readonly batchSize: number;
  /** Called after every batch with texts done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What a batch of texts carries. */
const TEXT_NAMES = ['textIds', 'textMask'];

/**
 * The texts that search: those of the records, or the captions of images, each by itself. Throws DATASET_INVALID when there is none, or for
 * records of another form.
 */
export function queryTexts(records: readonly ReidRecord[]): TextRecord[] {
  const captionsOf = ({ captions = [], split, identity, file }: CropRecord): TextRecord[] =>
    captions.map((text) => ({ form: 'text', split, identity, text, image: file }));
  const texts = records.flatMap((record): readonly TextRecord[] => {
    if (record.form === 'text') return [record];
    return record.form === 'crop' ? captionsOf(record) : [];
  });
  if (texts.length > 0) return texts;
  throw new ReidError('DATASET_INVALID', `The queries (${records.length} records) have no texts and no captions to search with.`, {
    hint: 'take a data set with captions (dataset/cuhk-pedes, dataset/icfg-pedes, dataset/rstpreid), write them by `reidkit annotate --with chat`, or leave "texts" out of the evaluation.',
  });
}

function checkPass({ reads }: ModelPass, name: string): void {
  const missing = reads.find((read) => !TEXT_NAMES.includes(read));
  if (missing === undefined) return;
  throw new ReidError(
    'UNKNOWN_NAME',
    `The pass "${name}" of the model reads "${missing}" of the batch; texts give ${TEXT_NAMES.join(' and ')}.`,
    {
      hint: 'text-to-image needs a model that reads texts, such as "model/clip".',
    },
  );
}

/** Rows of words of a batch, its last one repeated up to the size of the others. */
function tokensOf(texts: readonly string[], { tokenizer, batchSize, length }: ExtractTextsOptions): HostTensors {
  const padded = Array.from({ length: batchSize }, (_, at) => texts[Math.min(at, texts.length - 1)]!);
  const { ids, mask } = tokenizer.encode(padded, { tooLong: 'truncate', ...(length === undefined ? {} : { length }) });
  return { textIds: ids, textMask: mask };
}

/** Runs a model's text pass over texts and gathers its outputs, one row per text in their order. Throws UNKNOWN_NAME for a pass that does not fit. */
export async function extractTexts(options: ExtractTextsOptions): Promise<Extracted & { readonly cut: number }> {
  const { model, tensors, makeProgram, outputs, texts, tokenizer, pass: name, batchSize, onProgress, signal } = options;
  const pass = modelPass(model, name);
  checkPass(pass, name);
  const program = makeProgram(passStep(model, pass, outputs), { parameters: tensors });
  const rows = new Rows(texts.length);
  let words = 0;
  try {
    for (let done = 0; done < texts.length; done += batchSize) {
      throwIfAborted(signal);
      const part = texts.slice(done, done + batchSize).map(({ text }) => text);
      const batch = tokensOf(part, options);
      words = batch.textIds!.shape[1]!;
      const { outputs: given } = await program.run({ batch: Object.fromEntries(pass.reads.map((read) => [read, batch[read]!])) });
      part.forEach((_, at) => rows.put(given, at, done + at));
      onProgress?.(done + part.length, texts.length);
    }
  } finally {
    program.dispose();
  }
  return {
    records: texts,
    skipped: 0,
    cut: texts.filter(({ text }) => tokenizer.ids(text).length > words).length,
    descriptors: rows.descriptors(texts.length),
    facts: {
      identities: Int32Array.from(texts, ({ identity }) => identity),
      cameras: new Int32Array(texts.length).fill(-1),
    },
  };
}
