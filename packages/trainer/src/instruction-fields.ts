import { type CropRecord, type HostTensor, type HostTensors, type Node, Random, ReidError, type Recipe, type Registry, type Sampler, type Tokenizer, type TokenizerSource } from '@reidkit/core-tensor'; // prettier-ignore
import { createLoader, type LabelMap } from '@reidkit/datasets';
import type { BatchSource, SourceBatch } from './batch-source.ts';

/** What records say beside their image, as recipes ask for it. */
type Fields = Recipe['streams'][string]['fields'];

/** Makes a sentence for a record: any of those that are possible, or the first. */
export interface RecordSentences {
  /** Words of the records at these positions; those below 0 are padding. `random` draws one of several sentences; without it the first is taken. */
  rows(index: ArrayLike<number>, random?: Random): { readonly textIds: HostTensor; readonly textMask: HostTensor };
}

function captionsOf({ captions = [], file }: CropRecord): readonly string[] {
  if (captions.length > 0) return captions;
  throw new ReidError('DATASET_INVALID', `A recipe takes captions as instructions, but "${file}" has none.`, {
    hint: 'write captions by `reidkit annotate`, take a data set that has them, or instructions "from" sentences.',
  });
}

/** Sentences that are possible for a record. */
function sentencesOf(record: CropRecord, { from, sentences }: NonNullable<Fields['texts']>): readonly string[] {
  if (from === 'sentences') return sentences;
  const frames = sentences.length > 0 ? sentences : ['{c}'];
  return captionsOf(record).flatMap((caption) => frames.map((frame) => frame.replace('{c}', caption)));
}

/** What is drawn from for every record, cut into words once. Throws DATASET_INVALID where a record has no caption though one is asked for. */
function recordSentences(records: readonly CropRecord[], texts: NonNullable<Fields['texts']>, tokenizer: Tokenizer): RecordSentences {
  const { length } = texts;
  const known = new Map<string, { readonly ids: HostTensor; readonly mask: HostTensor }>();
  const possible = records.map((record) => sentencesOf(record, texts));
  const empty = possible.findIndex((list) => list.length === 0);
  if (empty >= 0) throw new ReidError('RECIPE_INVALID', 'A recipe asks for instructions from sentences, but lists none.', { hint: 'list them under "sentences".' }); // prettier-ignore
  const words = (text: string): { readonly ids: HostTensor; readonly mask: HostTensor } => {
    const found = known.get(text) ?? tokenizer.encode([text], { length, tooLong: 'truncate' });
    known.set(text, found);
    return found;
  };
  return {
    rows(index, random) {
      const draws = random?.stream();
      const ids = new Int32Array(index.length * length);
      const mask = new Float32Array(index.length * length);
      for (let place = 0; place < index.length; place++) {
        const list = possible[Math.max(0, index[place]!)]!;
        const row = words(draws ? draws.choice(list) : list[0]!);
        ids.set(row.ids.data as Int32Array, place * length);
        mask.set(row.mask.data as Float32Array, place * length);
      }
      const shape = [index.length, length];
      return { textIds: { dtype: 'int32', shape, data: ids }, textMask: { dtype: 'float32', shape, data: mask } };
    },
  };
}

/** Makes the sentences of any records: what evaluation needs of an instruction. */
export type SentencesOf = (records: readonly CropRecord[]) => RecordSentences;

/** What an evaluation tells its model in words; nothing where it tells none. Throws what reading the vocabulary throws. */
export async function readSentences({ texts }: Fields, registry: Registry): Promise<{ readonly sentences?: SentencesOf }> {
  if (!texts) return {};
  const tokenizer = await registry.use<TokenizerSource>(texts.tokenizer).read();
  return { sentences: (records) => recordSentences(records, texts, tokenizer) };
}

/** What {@link withFields} adds to. */
export interface FieldSite {
  readonly fields: Fields;
  readonly records: readonly CropRecord[];
  readonly labels?: LabelMap;
  readonly registry: Registry;
  readonly sampler: Sampler;
  readonly root: string;
  readonly seed: number;
  readonly workers: number;
  readonly plugins: readonly string[];
  /** Whether sentences are drawn, as in training. */
  readonly draws: boolean;
}

/** Records whose image is the picture of their garment. Throws DATASET_INVALID for one without. */
function garmentRecords(records: readonly CropRecord[]): CropRecord[] {
  return records.map((record) => {
    if (record.garment !== undefined) return { ...record, file: record.garment };
    throw new ReidError('DATASET_INVALID', `A recipe takes pictures of garments as instructions, but "${record.file}" has none.`, {
      hint: 'the data set\'s sidecar "garments.jsonl" names them.',
    });
  });
}

/** Pictures of garments by batches that are drawn like those of the images: the same sampler and seed give the same records. */
async function pictureSource(site: FieldSite, transforms: readonly Node[]): Promise<BatchSource> {
  const { records, labels, sampler, root, seed, workers, plugins } = site;
  const loader = await createLoader({
    root, records: garmentRecords(records), transforms, sampler, workers, seed, onError: 'stop', plugins: [...plugins], ...(labels ? { labels } : {}),
  }); // prettier-ignore
  return {
    batchSize: loader.batchSize,
    batchCount: (epoch) => loader.batchCount(epoch),
    async *epoch(epoch, from) {
      for await (const batch of loader.epoch(epoch, from)) {
        yield { tensors: batch.tensors as unknown as HostTensors, release: () => loader.recycle(batch) };
      }
    },
    close: () => loader.close(),
  };
}

/** Batches with the words and pictures that a recipe asks for, beside what they have. */
export async function withFields(source: BatchSource, site: FieldSite): Promise<BatchSource> {
  const { fields: { texts, pictures }, records, registry, seed } = site; // prettier-ignore
  if (!texts && !pictures) return source;
  const sentences = texts && recordSentences(records, texts, await registry.use<TokenizerSource>(texts.tokenizer).read());
  const second = pictures && (await pictureSource(site, pictures.transforms));
  const draws = Random.seed(seed).fork('sentences');
  return {
    ...source,
    async *epoch(epoch, from = 0) {
      const others = second?.epoch(epoch, from)[Symbol.asyncIterator]();
      let number = from;
      try {
        for await (const batch of source.epoch(epoch, from)) {
          const random = site.draws ? draws.fork(epoch, number++) : undefined;
          const words = sentences?.rows(batch.tensors.index!.data, random) ?? {};
          const picture = others && ((await others.next()).value as SourceBatch);
          yield {
            tensors: { ...batch.tensors, ...words, ...(picture ? { pictures: picture.tensors.images! } : {}) },
            release: () => [batch, picture].forEach((one) => one?.release()),
          };
        }
      } finally {
        await others?.return?.(undefined);
      }
    },
    close: async () => {
      await Promise.all([source.close(), second?.close()]);
    },
  };
}
